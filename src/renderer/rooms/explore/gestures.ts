/** Pointer gestures on a surface, told apart: a click, a drag of something, a drag of the ground, a pinch, the wheel. */
export interface Gestures {
  /** Whether a press at this place takes hold of something; then `drag` follows instead of `pan`. */
  grab(x: number, y: number): boolean
  click(x: number, y: number): void
  drag(x: number, y: number): void
  /** The thing that was grabbed is let go. */
  drop(): void
  pan(dx: number, dy: number): void
  /** Around a place; above 1 comes closer. */
  zoom(x: number, y: number, factor: number): void
  hover(x: number, y: number): void
  leave(): void
}

/** Movement below this is still a click: hands are not still. */
const SLIP = 4

/** Listens on `element`; the answer ends it. Places are in pixels from the element's corner. */
export function listen(element: HTMLElement, on: Gestures): () => void {
  const pointers = new Map<number, { x: number; y: number }>()
  let start: { x: number; y: number } | null = null
  let moved = false
  let held = false

  const placeOf = (event: MouseEvent): { x: number; y: number } => {
    const box = element.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }

  function down(event: PointerEvent): void {
    if (event.button !== 0) return
    const place = placeOf(event)
    pointers.set(event.pointerId, place)
    element.setPointerCapture(event.pointerId)
    if (pointers.size === 1) {
      start = place
      moved = false
      held = on.grab(place.x, place.y)
    } else if (held) {
      held = false
      on.drop()
    }
  }

  function move(event: PointerEvent): void {
    const place = placeOf(event)
    const before = pointers.get(event.pointerId)
    if (!before) return on.hover(place.x, place.y)
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)![1]
      const apart = (a: { x: number; y: number }): number => Math.hypot(a.x - other.x, a.y - other.y) || 1
      on.zoom((place.x + other.x) / 2, (place.y + other.y) / 2, apart(place) / apart(before))
      on.pan((place.x - before.x) / 2, (place.y - before.y) / 2)
      moved = true
    } else if (start && (moved || Math.hypot(place.x - start.x, place.y - start.y) > SLIP)) {
      if (held) on.drag(place.x, place.y)
      else on.pan(place.x - (moved ? before.x : start.x), place.y - (moved ? before.y : start.y))
      moved = true
    } else return
    pointers.set(event.pointerId, place)
  }

  function up(event: PointerEvent): void {
    if (!pointers.delete(event.pointerId)) return
    const place = placeOf(event)
    if (held && moved) on.drop()
    else if (!moved && event.type === 'pointerup' && pointers.size === 0) on.click(place.x, place.y)
    held = false
    if (pointers.size === 0) start = null
  }

  function wheel(event: WheelEvent): void {
    event.preventDefault()
    const place = placeOf(event)
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 400 : 1
    // A pinch on a trackpad comes as a wheel with Ctrl and small steps.
    const speed = event.ctrlKey ? 0.01 : 0.0018
    on.zoom(place.x, place.y, Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) * speed))
  }

  const listeners: [string, (event: never) => void, AddEventListenerOptions?][] = [
    ['pointerdown', down],
    ['pointermove', move],
    ['pointerup', up],
    ['pointercancel', up],
    ['pointerleave', () => pointers.size || on.leave()],
    ['wheel', wheel, { passive: false }],
  ]
  for (const [type, listener, options] of listeners) element.addEventListener(type, listener as EventListener, options)
  return () => {
    for (const [type, listener] of listeners) element.removeEventListener(type, listener as EventListener)
  }
}
