import type { Pictures } from '../../contract/nouns'

/**
 * One picture of a set as RGBA, for a canvas.
 * @param pictures raw bytes, count × height × width × channels; 1 channel is grey, 3 is RGB, 4 is RGBA
 * @param index which picture, from 0
 */
export function pictureOf(pictures: Pictures, bytes: Uint8Array, index: number): ImageData {
  const { height, width, channels } = pictures
  const size = height * width
  const rgba = new Uint8ClampedArray(size * 4)
  const from = index * size * channels
  for (let pixel = 0; pixel < size; pixel++) {
    const at = from + pixel * channels
    const to = pixel * 4
    const grey = channels < 3
    rgba[to] = bytes[at]!
    rgba[to + 1] = bytes[grey ? at : at + 1]!
    rgba[to + 2] = bytes[grey ? at : at + 2]!
    rgba[to + 3] = channels === 4 ? bytes[at + 3]! : 255
  }
  return new ImageData(rgba, width, height)
}

const decoded = new WeakMap<Pictures, Uint8Array>()

/** The bytes of a set, decoded once however many canvases show it. */
export function bytesOf(pictures: Pictures): Uint8Array {
  let bytes = decoded.get(pictures)
  if (!bytes) {
    bytes = Uint8Array.from(atob(pictures.pixels), (letter) => letter.charCodeAt(0))
    decoded.set(pictures, bytes)
  }
  return bytes
}
