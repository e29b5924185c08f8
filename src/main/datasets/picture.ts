/** Looking into the bytes of one foreign picture. Runs in the import worker only. */
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { StudioError } from '../../contract/errors'
import { limits } from './limits'
import type { Budget } from './pool'
import { isCutOffTiff } from './tiff'

// One picture uses one core: many are decoded side by side. What was decoded is not met again.
sharp.concurrency(1)
sharp.cache(false)

/** Longest side of a thumbnail, pixels. A picture up to this size is its own. */
const THUMBNAIL = 128

export interface Picture {
  /** MIME type, from the bytes. */
  type: string
  /** As seen: after the camera's rotation. */
  width: number
  height: number
  /** What is in it, whatever its file says: 1 grey, 2 grey and see-through, 3 colour, 4 colour and see-through. */
  channels: 1 | 2 | 3 | 4
  /** WebP; null when the picture is small enough to be its own. */
  thumbnail: Buffer | null
}

const at = (bytes: Buffer, offset: number, text: string) => bytes.toString('latin1', offset, offset + text.length) === text

/** The type of a picture that is read, by its first bytes; null for anything else. */
export function sniff(bytes: Buffer): string | null {
  if (at(bytes, 0, '\x89PNG\r\n\x1a\n')) return 'image/png'
  if (at(bytes, 0, '\xff\xd8\xff')) return 'image/jpeg'
  if (at(bytes, 0, 'RIFF') && at(bytes, 8, 'WEBP')) return 'image/webp'
  if (at(bytes, 0, 'GIF87a') || at(bytes, 0, 'GIF89a')) return 'image/gif'
  if (at(bytes, 0, 'II*\0') || at(bytes, 0, 'MM\0*')) return 'image/tiff'
  if (at(bytes, 4, 'ftyp') && /avi[fs]/.test(bytes.toString('latin1', 8, 64))) return 'image/avif'
  return null
}

const isSvg = (bytes: Buffer) =>
  /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/i.test(bytes.toString('utf8', 0, 4096))

/** Opens a decoder with every guard set. `failOn: 'warning'` refuses a picture whose end is missing. */
export function decoder(bytes: Buffer): Sharp {
  return sharp(bytes, {
    failOn: 'warning',
    limitInputPixels: limits.pixels,
    limitInputChannels: 5,
    pages: 1,
    sequentialRead: true,
  })
    .timeout({ seconds: limits.decodeSeconds })
    .autoOrient()
}

/**
 * Decodes a picture whole, so that damage is found now and not while training. `budget` counts the pixels being decoded at the same
 * time. Throws a `StudioError` that names `file`.
 */
export async function examine(bytes: Buffer, file: string, budget: Budget): Promise<Picture> {
  if (bytes.length === 0) throw new StudioError('file-empty', { file })
  const type = sniff(bytes)
  if (!type) throw new StudioError(isSvg(bytes) ? 'file-svg' : 'file-not-picture', { file })
  let release = () => {}
  try {
    const { autoOrient, width: storedWidth, height: storedHeight } = await sharp(bytes, { limitInputPixels: false }).metadata()
    const { width, height } = autoOrient
    if (storedWidth * storedHeight > limits.pixels)
      throw new StudioError('file-too-large', { file, limit: `${limits.pixels / 1e6} megapixels` })
    if (Math.max(width, height) > limits.side)
      throw new StudioError('file-too-large', { file, limit: `${limits.side} pixels a side` })
    release = await budget.take(storedWidth * storedHeight)
    // No browser shows TIFF.
    const small = Math.max(width, height) <= THUMBNAIL
    const shown = small && type !== 'image/tiff'
    const picture = decoder(bytes).toColourspace('srgb')
    if (!small) picture.resize({ width: THUMBNAIL, height: THUMBNAIL, fit: 'inside' })
    const { data, info } = await picture.ensureAlpha().raw().toBuffer({ resolveWithObject: true })
    const raw = { width: info.width, height: info.height, channels: info.channels }
    const channels = contentOf(data, info.channels)
    const thumbnail = shown ? null : await sharp(data, { raw }).webp({ quality: 80, alphaQuality: 80 }).toBuffer()
    return { type, width, height, channels, thumbnail }
  } catch (thrown) {
    if (thrown instanceof StudioError) throw thrown
    throw new StudioError(isCutOff(bytes, type, thrown) ? 'file-truncated' : 'file-not-picture', { file }, { cause: thrown })
  } finally {
    release()
  }
}

/** Noise of a lossy encoder colours a grey picture by this much. */
const GREY_TOLERANCE = 6

/** Whether a picture has colour and transparency, from its RGBA bytes. */
function contentOf(data: Buffer, stride: number): Picture['channels'] {
  let [colour, transparent] = [false, false]
  for (let n = 0; n + 3 < data.length; n += stride) {
    const [r, g, b, a] = [data[n]!, data[n + 1]!, data[n + 2]!, data[n + 3]!]
    if (a < 250) transparent = true
    // The colour of what cannot be seen does not count.
    if (a > 0 && Math.max(r, g, b) - Math.min(r, g, b) > GREY_TOLERANCE) colour = true
    if (colour && transparent) break
  }
  return colour ? (transparent ? 4 : 3) : transparent ? 2 : 1
}

/** Whether the end is missing: each format says where it ends, the decoder's words are the last resort. */
function isCutOff(bytes: Buffer, type: string, thrown: unknown): boolean {
  const tail = bytes.subarray(-64)
  switch (type) {
    case 'image/png':
      return !tail.includes('IEND')
    case 'image/jpeg':
      return !tail.includes('\xff\xd9', 0, 'latin1')
    case 'image/webp':
      return bytes.length < 12 || bytes.readUInt32LE(4) + 8 > bytes.length
    case 'image/gif':
      // Some programs leave zeros behind the end mark.
      return tail.findLast((byte) => byte !== 0) !== 0x3b
    case 'image/tiff':
      return isCutOffTiff(bytes)
    default:
      return /premature|truncat|unexpected end|end of|insufficient|too short|not enough|out of bounds|read error/i.test(
        String(thrown),
      )
  }
}
