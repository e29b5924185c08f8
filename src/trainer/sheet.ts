/** Pictures as one PNG: a sheet of equal tiles without gaps, row by row. */
import type { PictureFacts } from '../recipes/define'

type Size = Pick<PictureFacts, 'height' | 'width' | 'channels'>

/** u8 [n, h, w, c] → u8 [rows·h, columns·w, c]; places that are left over stay black (or clear). */
export function tiled(pictures: Uint8Array, columns: number, { height, width, channels }: Size): Uint8Array {
  const line = width * channels
  const count = pictures.length / (height * line)
  const rows = Math.ceil(count / columns)
  const out = new Uint8Array(rows * height * columns * line)
  for (let n = 0; n < count; n++) {
    const top = Math.floor(n / columns) * height
    const left = (n % columns) * line
    for (let y = 0; y < height; y++) {
      const from = (n * height + y) * line
      out.set(pictures.subarray(from, from + line), (top + y) * columns * line + left)
    }
  }
  return out
}

/** A sheet's PNG bytes: the same pictures give the same bytes. */
export async function sheetPng(pictures: Uint8Array, columns: number, size: Size): Promise<Uint8Array> {
  // Loaded when first needed: describing a recipe or serving a model starts faster without it.
  const { default: sharp } = await import('sharp')
  const raw = tiled(pictures, columns, size)
  const width = columns * size.width
  const channels = size.channels as 1 | 3 | 4
  return sharp(raw, { raw: { width, height: raw.length / (width * channels), channels } })
    .png({ compressionLevel: 6 })
    .toBuffer()
}

/** A PNG as raw bytes with so many channels, to compare what was written. */
export async function readPng(file: string, channels: number): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp')
  const image = sharp(file).toColourspace(channels === 1 ? 'b-w' : 'srgb')
  return (channels === 4 ? image.ensureAlpha() : image.removeAlpha()).raw().toBuffer()
}
