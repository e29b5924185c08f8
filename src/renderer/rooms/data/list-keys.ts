/** The keys of a list of items, in one column or several: arrows move, space selects, Enter looks closer, Delete sets aside. */
import type { Selection } from './selection'

interface List {
  selection: Selection
  total(): number
  columns(): number
  /** Rows in sight. */
  rows(): number
  reveal(): void
  open(place: number): void
  aside(): void
}

export function onListKey(event: KeyboardEvent, { selection, total, columns, rows, reveal, open, aside }: List): void {
  const { active } = selection
  const page = Math.max(1, rows()) * columns()
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns(),
    ArrowDown: columns(),
    PageUp: -page,
    PageDown: page,
    Home: -active.value,
    End: total() - 1 - active.value,
  }
  const step = steps[event.key]
  if (step !== undefined) {
    // Up and down keep the column: beyond the edge they stay.
    const to = active.value + step
    const stays = (event.key === 'ArrowUp' && to < 0) || (event.key === 'ArrowDown' && to >= total())
    if (!stays) {
      selection.go(to, event.shiftKey ? 'extend' : 'only')
      reveal()
    }
  } else if (event.key === ' ') selection.go(active.value, 'toggle')
  else if (event.key === 'Enter') open(active.value)
  else if (event.key === 'Delete' || event.key === 'Backspace') {
    if (selection.count.value === 0) selection.go(active.value)
    aside()
  } else if (event.key === 'Escape' && selection.count.value > 0) selection.clear()
  else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) selection.all()
  else return
  event.preventDefault()
}

/** What a click on a place does: it is chosen alone, besides the others, or with all up to it. */
export function onListClick(event: MouseEvent, selection: Selection, place: number): void {
  selection.go(place, event.shiftKey ? 'extend' : event.ctrlKey || event.metaKey ? 'toggle' : 'only')
}
