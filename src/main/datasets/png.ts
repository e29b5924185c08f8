/**
 * The one form of PNG that the studio itself writes: 8 bits a channel, grey or RGB, no filter, one IDAT. A picture library takes
 * twenty times as long for a picture of 28 pixels, and a published set has 70,000 of them.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const END = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])
const COLOUR = { 1: 0, 3: 2 } as const

export interface PlainPicture {
  width: number
  height: number
  channels: 1 | 3
  /** u8 [height, width, channels] */
  pixels: Uint8Array
}

export function encodePng({ width, height, channels, pixels }: PlainPicture): Buffer {
  const row = width * channels
  if (pixels.length !== row * height) throw new RangeError('pixels do not fill the picture')
  const scanlines = Buffer.alloc((row + 1) * height)
  for (let y = 0; y < height; y++) scanlines.set(pixels.subarray(y * row, (y + 1) * row), y * (row + 1) + 1)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, COLOUR[channels], 0, 0, 0], 8)
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(scanlines, { level: 6 })), END])
}

function chunk(type: string, data: Uint8Array): Buffer {
  const whole = Buffer.alloc(12 + data.length)
  whole.writeUInt32BE(data.length, 0)
  whole.write(type, 4, 'latin1')
  whole.set(data, 8)
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + data.length)), 8 + data.length)
  return whole
}

/** Reads back what `encodePng` wrote; null for any other PNG, which is for the picture library. */
export function decodePlainPng(file: Uint8Array): PlainPicture | null {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
  if (bytes.length < 57 || !bytes.subarray(0, 8).equals(SIGNATURE) || bytes.toString('latin1', 12, 16) !== 'IHDR') return null
  const [width, height, depth, colour] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24], bytes[25]]
  const channels = colour === 0 ? 1 : colour === 2 ? 3 : null
  const length = bytes.readUInt32BE(33)
  const plain =
    depth === 8 && bytes[28] === 0 && bytes.toString('latin1', 37, 41) === 'IDAT' && bytes.length === 45 + length + END.length
  if (!channels || !plain || !bytes.subarray(-END.length).equals(END)) return null
  const row = width * channels
  const size = (row + 1) * height
  if (size > 64 * 1024 * 1024) return null
  let scanlines: Buffer
  try {
    scanlines = inflateSync(bytes.subarray(41, 41 + length), { maxOutputLength: size })
  } catch {
    return null
  }
  if (scanlines.length !== size) return null
  const pixels = new Uint8Array(row * height)
  for (let y = 0; y < height; y++) {
    if (scanlines[y * (row + 1)] !== 0) return null
    pixels.set(scanlines.subarray(y * (row + 1) + 1, (y + 1) * (row + 1)), y * row)
  }
  return { width, height, channels, pixels }
}
