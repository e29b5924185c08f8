/** What part of the plane the map shows: pure arithmetic between world and screen. y points up in the world, down on the screen. */
import type { Box } from './grid-index'

export interface View {
  /** World point in the middle. */
  x: number
  y: number
  /** Screen pixels a world unit. */
  scale: number
}
export interface Size {
  width: number
  height: number
}

/** The whole box in the middle of the screen with some room around it. */
export function fit(box: Box, size: Size, margin = 0.08): View {
  const [wide, high] = [box.right - box.left || 1, box.bottom - box.top || 1]
  const room = 1 - 2 * margin
  return {
    x: (box.left + box.right) / 2,
    y: (box.top + box.bottom) / 2,
    scale: Math.max(1e-6, Math.min((size.width * room) / wide, (size.height * room) / high)),
  }
}

export function toScreen(view: View, size: Size, x: number, y: number): [number, number] {
  return [size.width / 2 + (x - view.x) * view.scale, size.height / 2 - (y - view.y) * view.scale]
}

export function toWorld(view: View, size: Size, sx: number, sy: number): [number, number] {
  return [view.x + (sx - size.width / 2) / view.scale, view.y - (sy - size.height / 2) / view.scale]
}

export function panned(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x - dx / view.scale, y: view.y + dy / view.scale }
}

/** Zoomed by `factor` with the world point under (sx, sy) staying where it is; never out of sight of the data. */
export function zoomed(view: View, size: Size, sx: number, sy: number, factor: number, whole: View): View {
  const scale = Math.min(whole.scale * 400, Math.max(whole.scale * 0.5, view.scale * factor))
  const [x, y] = toWorld(view, size, sx, sy)
  return { scale, x: x - (sx - size.width / 2) / scale, y: y + (sy - size.height / 2) / scale }
}

/** The rectangle of the world that is seen. */
export function seen(view: View, size: Size): Box {
  const [halfWide, halfHigh] = [size.width / 2 / view.scale, size.height / 2 / view.scale]
  return { left: view.x - halfWide, right: view.x + halfWide, top: view.y - halfHigh, bottom: view.y + halfHigh }
}
