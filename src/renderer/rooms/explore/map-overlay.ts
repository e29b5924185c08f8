/** What lies over the points: some pictures, the way of a morph, where the made picture is, the keyboard's cursor. */
import type { Palette } from '../../charts/palette'
import type { Size, View } from './viewport'
import { toScreen } from './viewport'

export type Place = readonly [x: number, y: number]
export interface Overlay {
  /** Pictures of items at their places. */
  pictures: { image: HTMLImageElement; place: Place }[]
  /** The ends of a morph, and how far along it is. */
  ends: { letter: string; image: HTMLImageElement | null; place: Place }[]
  /** Where the made picture is, with itself. */
  made: { image: CanvasImageSource | null; place: Place; held: boolean } | null
  /** The keyboard's cursor, in screen pixels. */
  cursor: Place | null
}

/** Sides in screen pixels. */
export const PICTURE = 34
export const MADE = 64
const END = 44

export function drawOverlay(
  context: CanvasRenderingContext2D,
  overlay: Overlay,
  view: View,
  size: Size,
  ratio: number,
  palette: Palette,
): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, size.width, size.height)
  context.imageSmoothingQuality = 'medium'
  const at = (place: Place): Place => toScreen(view, size, place[0], place[1])
  for (const { image, place } of overlay.pictures) framed(context, image, at(place), PICTURE, null, palette, 5)
  if (overlay.ends.length === 2) way(context, at(overlay.ends[0]!.place), at(overlay.ends[1]!.place), palette)
  for (const { image, place, letter } of overlay.ends) {
    const middle = at(place)
    framed(context, image, middle, END, palette.real, palette, 8)
    badge(context, letter, middle, palette)
  }
  if (overlay.made) {
    framed(context, overlay.made.image, at(overlay.made.place), overlay.made.held ? MADE + 8 : MADE, palette.made, palette, 10)
  }
  if (overlay.cursor) cross(context, overlay.cursor, palette)
}

function framed(
  context: CanvasRenderingContext2D,
  image: CanvasImageSource | null,
  [x, y]: Place,
  side: number,
  frame: string | null,
  palette: Palette,
  radius: number,
): void {
  const [left, top] = [x - side / 2, y - side / 2]
  context.save()
  if (frame) {
    // A dark edge under the frame keeps it readable over any picture.
    context.beginPath()
    context.roundRect(left - 3.5, top - 3.5, side + 7, side + 7, radius + 3.5)
    context.fillStyle = palette.bg
    context.fill()
  }
  context.beginPath()
  context.roundRect(left, top, side, side, radius)
  context.fillStyle = palette.panel
  context.fill()
  context.save()
  context.clip()
  if (image) context.drawImage(image, left, top, side, side)
  context.restore()
  if (frame) {
    context.beginPath()
    context.roundRect(left - 1, top - 1, side + 2, side + 2, radius + 1)
    context.lineWidth = 2
    context.strokeStyle = frame
    context.stroke()
  }
  context.restore()
}

function way(context: CanvasRenderingContext2D, from: Place, to: Place, palette: Palette): void {
  for (const [width, colour] of [
    [5, palette.bg],
    [2, palette.made],
  ] as const) {
    context.beginPath()
    context.moveTo(...(from as [number, number]))
    context.lineTo(...(to as [number, number]))
    context.lineWidth = width
    context.strokeStyle = colour
    context.lineCap = 'round'
    context.stroke()
  }
}

function badge(context: CanvasRenderingContext2D, letter: string, [x, y]: Place, palette: Palette): void {
  const [bx, by] = [x + END / 2 - 2, y - END / 2 + 2]
  context.beginPath()
  context.arc(bx, by, 9, 0, 2 * Math.PI)
  context.fillStyle = palette.real
  context.fill()
  context.fillStyle = palette.bg
  context.font = '700 11px "Inter Variable", sans-serif'
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(letter, bx, by + 0.5)
}

function cross(context: CanvasRenderingContext2D, [x, y]: Place, palette: Palette): void {
  for (const [width, colour] of [
    [4, palette.bg],
    [1.5, palette.ink],
  ] as const) {
    context.beginPath()
    context.arc(x, y, 9, 0, 2 * Math.PI)
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      context.moveTo(x + dx * 5, y + dy * 5)
      context.lineTo(x + dx * 16, y + dy * 16)
    }
    context.lineWidth = width
    context.strokeStyle = colour
    context.stroke()
  }
}
