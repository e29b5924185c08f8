/** Pictures as files, for the command line: the studio hands out raw pixels, this host encodes them. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Pictures } from '../../../contract/nouns'
import { unwritable } from '../../unwritable'

const CHANNELS = [1, 2, 3, 4] as const

const put = (file: string, bytes: Buffer) =>
  writeFile(file, bytes).catch((thrown: unknown) => Promise.reject(unwritable(file, thrown)))

function rawOf({ height, width, channels, pixels }: Pictures, index: number) {
  const each = height * width * channels
  const data = Buffer.from(pixels, 'base64').subarray(index * each, (index + 1) * each)
  return { data, raw: { width, height, channels: CHANNELS[channels - 1]! } }
}

/** The folder for what a command writes; `file-unwritable` names it when it cannot be made. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((thrown: unknown) => Promise.reject(unwritable(folder, thrown)))
}

/** One PNG a picture, in `folder` (made when missing); `names` without ending. Returns the paths. */
export async function writePictures(pictures: Pictures, folder: string, names: readonly string[]): Promise<string[]> {
  await makeFolder(folder)
  const files: string[] = []
  for (const [index, name] of names.entries()) {
    const file = join(folder, `${name}.png`)
    const { data, raw } = rawOf(pictures, index)
    await put(file, await sharp(data, { raw }).png().toBuffer())
    files.push(file)
  }
  return files
}

/** `0001`, `0002` …: names that sort in order. */
export function numbered(count: number): string[] {
  const digits = Math.max(4, String(count).length)
  return Array.from({ length: count }, (_, index) => String(index + 1).padStart(digits, '0'))
}

const FRAME_MS = 80

/** All pictures as the frames of one GIF that runs forever. */
export async function writeGif(pictures: Pictures, file: string): Promise<void> {
  const { height, width, channels, count } = pictures
  const raw = { width, height: height * count, channels: CHANNELS[channels - 1]!, pageHeight: height }
  const delay = Array.from({ length: count }, () => FRAME_MS)
  await put(file, await sharp(Buffer.from(pictures.pixels, 'base64'), { raw }).gif({ delay, loop: 0 }).toBuffer())
}

/** All pictures side by side in one PNG. */
export async function writeStrip(pictures: Pictures, file: string): Promise<void> {
  const { height, width, count } = pictures
  const tiles = Array.from({ length: count }, (_, index) => {
    const { data, raw } = rawOf(pictures, index)
    return { input: data, raw, left: index * width, top: 0 }
  })
  const background = { r: 0, g: 0, b: 0, alpha: 0 }
  const strip = await sharp({ create: { width: width * count, height, channels: 4, background } })
    .composite(tiles)
    .png()
    .toBuffer()
  await put(file, strip)
}
