/** Folders of pictures in every form that is read, with broken files among them. The same for the same seed; nothing is large. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import type { ErrorCode } from '../../src/contract/errors'
import { zipFile } from './zip-file'

/** Numbers from 0 to 1: small and good enough for test pictures. */
export function chance(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export const FORMATS = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const
export type Format = (typeof FORMATS)[number] | 'progressive'

/** A picture of coloured noise and stripes, never twice the same. */
export async function picture(format: Format, seed: number, size = 24): Promise<Buffer> {
  const next = chance(seed)
  const pixels = Buffer.alloc(size * size * 3)
  for (let at = 0; at < pixels.length; at++) pixels[at] = ((Math.floor(at / (3 * size)) * 9) % 128) + next() * 127
  const image = sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
  if (format === 'progressive') return image.jpeg({ progressive: true }).toBuffer()
  return image.toFormat(format, format === 'avif' ? { effort: 0 } : {}).toBuffer()
}

/** An IDX file: dimensions as the header says, data as given. */
export function idxFile(dimensions: number[], data: Uint8Array, type = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length)
  header.set([0, 0, type, dimensions.length])
  dimensions.forEach((side, n) => header.writeUInt32BE(side, 4 + 4 * n))
  return Buffer.concat([header, data])
}

export interface BrokenFile {
  /** As the quarantine list names it. */
  file: string
  code: ErrorCode
}

/** A PNG whose header promises far more pixels than anyone should decode. */
function hugePng(png: Buffer): Buffer {
  const huge = Buffer.from(png)
  huge.writeUInt32BE(30_000, 16)
  huge.writeUInt32BE(30_000, 20)
  return huge
}

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><script>alert(1)</script></svg>'

/** The twenty broken files, by path. */
async function brokenFiles(
  seed: number,
): Promise<(BrokenFile & { path: string; content: Buffer | string | { link: string } })[]> {
  const [png, large, jpeg, progressive, webp, gif, tiff] = await Promise.all([
    picture('png', seed),
    picture('png', seed + 1, 200),
    picture('jpeg', seed + 2),
    picture('progressive', seed + 3, 200),
    picture('webp', seed + 4),
    picture('gif', seed + 5),
    picture('tiff', seed + 6),
  ])
  const cut = (bytes: Buffer, share: number) => bytes.subarray(0, Math.floor(bytes.length * share))
  const broken = (path: string, code: ErrorCode, content: Buffer | string | { link: string }, file = path) => ({
    path,
    file,
    code,
    content,
  })
  return [
    broken('cut/half.png', 'file-truncated', cut(large, 0.5)),
    broken('cut/almost.png', 'file-truncated', png.subarray(0, -20)),
    broken('cut/header.png', 'file-truncated', png.subarray(0, 33)),
    broken('cut/photo.jpg', 'file-truncated', cut(jpeg, 0.7)),
    broken('cut/progressive.jpeg', 'file-truncated', cut(progressive, 0.4)),
    broken('cut/web.webp', 'file-truncated', cut(webp, 0.6)),
    broken('cut/old.gif', 'file-truncated', cut(gif, 0.5)),
    broken('cut/scan.tif', 'file-truncated', cut(tiff, 0.5)),
    broken('empty.png', 'file-empty', ''),
    broken('notes.png', 'file-not-picture', 'Milk, bread, eggs.\n'),
    broken('drawing.svg', 'file-svg', SVG),
    broken('drawing.png', 'file-svg', `<?xml version="1.0"?>\n${SVG}`),
    broken('poster.png', 'file-too-large', hugePng(png)),
    broken('old.bmp', 'file-not-picture', Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)])),
    broken('link.png', 'file-link', { link: '/etc/hostname' }),
    broken('slip.zip', 'zip-slip', zipFile([{ name: '../../evil.png', data: png }]), 'slip.zip › ../../evil.png'),
    broken(
      'bomb.zip',
      'zip-bomb',
      zipFile([{ name: 'big.png', data: Buffer.alloc(1000), deflate: true, declaredSize: 3_000_000_000 }]),
      'bomb.zip › big.png',
    ),
    broken(
      'locked.zip',
      'zip-encrypted',
      zipFile([{ name: 'secret.png', data: png, encrypted: true }]),
      'locked.zip › secret.png',
    ),
    broken('torn.zip', 'zip-damaged', cut(zipFile([{ name: 'a.png', data: png }]), 0.8)),
    broken('digits-images-idx3-ubyte', 'idx-wrong-size', idxFile([10, 4, 4], Buffer.alloc(159))),
  ]
}

/** Good pictures in every form, in folders that become tags. */
async function goodFile(n: number, seed: number): Promise<{ path: string; content: Buffer }> {
  const format = FORMATS[n % FORMATS.length]!
  // AVIF is slow to encode: a few are enough.
  const chosen = format === 'avif' && n > 24 ? 'png' : format
  const size = n % 10 === 0 ? 160 : 20 + (n % 7)
  return {
    path: `${n % 2 ? 'cats' : 'dogs/small'}/${n}.${chosen === 'jpeg' ? 'jpg' : chosen}`,
    content: await picture(chosen, seed + 100 + n, size),
  }
}

/** Writes 180 good and 20 broken files into `folder`, and a readme that is neither. Returns the broken ones. */
export async function writeMixedFolder(folder: string, seed = 1): Promise<BrokenFile[]> {
  const put = (path: string, content: Buffer | string | { link: string }) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync(join(folder, path), content)
    else symlinkSync(content.link, join(folder, path))
  }
  for (let n = 0; n < 180; n++) {
    const { path, content } = await goodFile(n, seed)
    put(path, content)
  }
  const broken = await brokenFiles(seed)
  for (const { path, content } of broken) put(path, content)
  put('README.txt', 'Pictures for a test.')
  put('.hidden/thumb.png', 'not looked at')
  return broken.map(({ file, code }) => ({ file, code }))
}
