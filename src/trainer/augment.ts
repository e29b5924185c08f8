/**
 * Pictures varied each time they are seen: mirrored, moved, turned, resized, lit otherwise. What a picture becomes is a function of
 * the numbers drawn for it, and of nothing else. What comes in from beyond the edge is the edge's own colour.
 */
import type { Augmentation } from '../contract/nouns'
import { fillUniform } from '../nn/random'

/** [height, width, channels]; with four channels the last is how much of the colour is seen. */
export interface Shape {
  height: number
  width: number
  channels: number
}

/** What happens to one picture: mirrored, then resized and turned about its middle, then moved; and its light. */
export interface Variation {
  flip: boolean
  /** Pixels to the right and down, whole ones: moving alone blurs nothing. */
  right: number
  down: number
  /** Radians, clockwise as seen. */
  angle: number
  /** Above 1 enlarges. */
  zoom: number
  /** Added to every colour, after its distance from the picture's mean is multiplied by `contrast`. */
  brightness: number
  contrast: number
}

/** The most of each, both ways. */
const SHIFT = 0.1
const ANGLE = Math.PI / 18
const ZOOM = 1.15
const BRIGHTNESS = 0.15
const CONTRAST = 1.3

/** Numbers drawn for a picture, whatever is asked for: so that one more way leaves the others as they are. */
export const DRAWS = 7

/** From numbers in [0, 1). */
export function variationOf(ways: readonly Augmentation[], { height, width }: Shape, draws: ArrayLike<number>): Variation {
  /** In [−1, 1), or 0 where the way is not asked for. */
  const both = (way: Augmentation, draw: number) => (ways.includes(way) ? 2 * draws[draw]! - 1 : 0)
  return {
    flip: ways.includes('flip') && draws[0]! < 0.5,
    right: Math.round(both('shift', 1) * SHIFT * width),
    down: Math.round(both('shift', 2) * SHIFT * height),
    angle: both('rotate', 3) * ANGLE,
    zoom: ZOOM ** both('zoom', 4),
    brightness: both('light', 5) * BRIGHTNESS,
    contrast: CONTRAST ** both('light', 6),
  }
}

/** Varies pictures that lie one after the other, each by numbers of its own from (seed, stream, index). In place, in [0, 1]. */
export type Vary = (pictures: Float32Array, stream: string, index: number) => void

export function createVary(ways: readonly Augmentation[], shape: Shape, seed: number): Vary {
  const each = shape.height * shape.width * shape.channels
  const scratch = new Float32Array(each)
  let draws = new Float32Array(0)
  return (pictures, stream, index) => {
    const count = pictures.length / each
    if (draws.length !== count * DRAWS) draws = new Float32Array(count * DRAWS)
    fillUniform(draws, seed, stream, index)
    for (let i = 0; i < count; i++) {
      const picture = pictures.subarray(i * each, (i + 1) * each)
      const variation = variationOf(ways, shape, draws.subarray(i * DRAWS, (i + 1) * DRAWS))
      move(picture, shape, variation, scratch)
      light(picture, shape, variation)
    }
  }
}

/** Where it is and how it stands: each new pixel is read where it comes from, between four old ones. */
export function move(
  picture: Float32Array,
  shape: Shape,
  variation: Variation,
  scratch = new Float32Array(picture.length),
): void {
  const { flip, right, down, angle, zoom } = variation
  if (!flip && right === 0 && down === 0 && angle === 0 && zoom === 1) return
  const { height, width, channels } = shape
  scratch.set(picture)
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2]
  const [cos, sin] = [Math.cos(angle) / zoom, Math.sin(angle) / zoom]
  const mirror = flip ? -1 : 1
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [x - middleX - right, y - middleY - down]
      const fromX = clamp(mirror * (cos * dx + sin * dy) + middleX, width - 1)
      const fromY = clamp(cos * dy - sin * dx + middleY, height - 1)
      const [left, top] = [Math.min(Math.floor(fromX), width - 2), Math.min(Math.floor(fromY), height - 2)]
      const at = (top * width + left) * channels
      blend(scratch, at, width * channels, channels, fromX - left, fromY - top, picture, (y * width + x) * channels)
    }
}

/** Bilinear; colour counts for as much as is seen of it, so that the hidden darkness around a cut-out figure stays hidden. */
function blend(
  from: Float32Array,
  at: number,
  row: number,
  channels: number,
  shareX: number,
  shareY: number,
  to: Float32Array,
  place: number,
): void {
  let a = (1 - shareX) * (1 - shareY)
  let b = shareX * (1 - shareY)
  let c = (1 - shareX) * shareY
  let d = shareX * shareY
  let seen = 1
  if (channels === 4) {
    a *= from[at + 3]!
    b *= from[at + 7]!
    c *= from[at + row + 3]!
    d *= from[at + row + 7]!
    seen = a + b + c + d
    to[place + 3] = seen
  }
  const colours = channels === 4 ? 3 : channels
  for (let channel = 0; channel < colours; channel++) {
    const i = at + channel
    const sum = a * from[i]! + b * from[i + channels]! + c * from[i + row]! + d * from[i + row + channels]!
    to[place + channel] = seen > 0 ? sum / seen : 0
  }
}

/** How bright it is and how strong its contrasts are; what is not seen stays as it is. */
export function light(picture: Float32Array, { channels }: Shape, { brightness, contrast }: Variation): void {
  if (brightness === 0 && contrast === 1) return
  const colours = channels === 4 ? 3 : channels
  const hidden = (at: number): boolean => channels === 4 && picture[at + 3] === 0
  let sum = 0
  let count = 0
  for (let at = 0; at < picture.length; at += channels) {
    if (hidden(at)) continue
    for (let channel = 0; channel < colours; channel++) sum += picture[at + channel]!
    count += colours
  }
  const offset = brightness + (1 - contrast) * (count > 0 ? sum / count : 0)
  for (let at = 0; at < picture.length; at += channels) {
    if (hidden(at)) continue
    for (let channel = 0; channel < colours; channel++) {
      const value = picture[at + channel]! * contrast + offset
      picture[at + channel] = value < 0 ? 0 : value > 1 ? 1 : value
    }
  }
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value))
