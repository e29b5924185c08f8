/** One thing found in a folder or an archive, before anybody looked inside it. */
import type { Readable } from 'node:stream'
import { extname } from 'node:path'
import { limits } from '../limits'

export interface Entry {
  /** Name in its source: `cats/tom.png`. */
  path: string
  /** Name for people when something is wrong with it: `pictures.zip › cats/tom.png`. */
  shown: string
  /** Where it lies, with `/` between: tells what lies beside it. */
  place: string
  /** Folder levels between the root of the import and the file. */
  folders: string[]
  /** Bytes as stored: packed, where it lies in an archive. */
  size(): Promise<number>
  /** The whole content. Throws a `StudioError` that names it. */
  bytes(): Promise<Buffer>
  stream(): Promise<Readable>
  /** A descriptor, for a file on disk: an archive is read at many places. The caller closes it. */
  open?(): number
}

export type Sort = 'picture' | 'svg' | 'zip' | 'idx' | 'tags' | 'text' | 'other' | 'unknown'

const SORTS: Record<string, Sort> = { zip: 'zip', svg: 'svg', svgz: 'svg' }
for (const name of ['png', 'apng', 'jpg', 'jpeg', 'jpe', 'jfif', 'webp', 'gif', 'tif', 'tiff', 'avif']) SORTS[name] = 'picture'
// Pictures too, but of kinds that are not read: they are named rather than ignored.
for (const name of ['bmp', 'heic', 'heif', 'ico', 'tga', 'psd', 'jp2', 'jxl', 'exr', 'hdr', 'dng', 'cr2', 'nef', 'arw'])
  SORTS[name] = 'picture'

for (const name of ['txt', 'csv', 'tsv', 'jsonl', 'ndjson']) SORTS[name] = 'text'

/** What a file is by its name. `unknown` names (none, or only digits, after the dot) are decided by their first bytes. */
export function sortOf(path: string): Sort {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name.startsWith('.') || /(^|\/)(\.|__MACOSX\/)/.test(path)) return 'other'
  if (/idx\d-ubyte(\.gz)?$/i.test(name) || /\.idx\d?(\.gz)?$/i.test(name)) return 'idx'
  if (name.toLowerCase() === 'tags.csv') return 'tags'
  const extension = extname(name).slice(1).toLowerCase()
  if (extension === '' || /^\d+$/.test(extension)) return 'unknown'
  return SORTS[extension] ?? 'other'
}

/** Control characters and marks that turn text around: a name with them could pretend to be another. */
// eslint-disable-next-line no-control-regex
const MISLEADING = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** A foreign name as it may be stored and shown. */
export function cleanName(name: string): string {
  const clean = name.toWellFormed().normalize('NFC').replace(MISLEADING, '\ufffd')
  return clean.length > 500 ? `…${clean.slice(-499)}` : clean
}

/** A foreign word as a tag; null when nothing is left of it. */
export function cleanTag(tag: string): string | null {
  const clean = cleanName(tag).trim().slice(0, limits.tagLength).toWellFormed()
  return clean === '' ? null : clean
}

/** A foreign description as it may be stored and shown, in one line; null when nothing is left of it. */
export function cleanCaption(caption: string): string | null {
  const plain = caption.toWellFormed().normalize('NFC').replace(/\s+/g, ' ').replace(MISLEADING, '\ufffd')
  const clean = plain.trim().slice(0, limits.captionLength).toWellFormed()
  return clean === '' ? null : clean
}
