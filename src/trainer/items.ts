/** The items of a frozen version, as the trainer reads them: `data.bin` by position, in memory where that is cheap. */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, readFileSync, readSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StudioError } from '../contract/errors'
import { bytesOf, factsOf } from '../contract/facts'
import type { TextPack } from '../contract/texts'
import { AnyPack, type Pack } from '../contract/trainer'
import type { PictureFacts, TextFacts } from '../recipes/define'
import { formatOf } from './formats'
import { openForReading, unreadable, writeRows, type Place, type Table } from './reader'

/** Larger packs are read from the disk item by item; the system's own cache then decides what stays in memory. */
export const MOST_IN_MEMORY = 1024 ** 3

interface Stored {
  /** Bytes of one item. */
  readonly each: number
  /** Where the bytes are, for a thread that reads them too. */
  readonly place: Place
  /** As they are stored, of these positions, one after the other: u8 pictures [count, height, width, channels]. */
  bytes(positions: ArrayLike<number>): Uint8Array
  /** As a step takes them: pictures in [0, 1], texts as numbers of tokens. Always new: engines may keep what they were given. */
  floats(positions: ArrayLike<number>): Float32Array<ArrayBuffer>
  /** Float32 [count, tags], 1 where an item has the tag. */
  tags(positions: ArrayLike<number>): Float32Array<ArrayBuffer>
  /** Float32 [count, words], how often each stands in an item's caption. */
  words(positions: ArrayLike<number>): Float32Array<ArrayBuffer>
  close(): void
}

export interface PictureItems extends Stored {
  readonly pack: Pack
  readonly data: PictureFacts
}
export interface TextItems extends Stored {
  readonly pack: TextPack
  readonly data: TextFacts
}
export type Items = PictureItems | TextItems

/**
 * Opens a version's folder. Throws `file-unreadable` or `file-truncated` when the pack is not what `pack.json` says; a pack
 * that fits in memory (`most` bytes) is compared with its SHA-256.
 */
export function openItems(folder: string, most = MOST_IN_MEMORY): Items {
  const file = join(folder, 'data.bin')
  const pack = readPack(folder)
  const data = factsOf(pack)
  const each = bytesOf(data)
  const handle = openForReading(file)
  let whole: Place['whole'] = null
  try {
    const { size } = fstatSync(handle)
    if (size !== pack.items * each) throw new StudioError('file-truncated', { file: 'data.bin' })
    if (size <= most) whole = new Uint8Array(new SharedArrayBuffer(size))
    if (whole) readFully({ file, handle }, whole, 0, size, 0)
    if (whole && createHash('sha256').update(whole).digest('hex') !== pack.sha256.data)
      throw new StudioError('file-unreadable', { file: 'data.bin', reason: 'it has changed since it was frozen' })
  } catch (error) {
    closeSync(handle)
    throw error
  }
  if (whole) closeSync(handle)
  const { kind } = pack
  const place: Place = { kind, file, each, whole, tags: readTags(folder, pack), words: readWords(folder, pack) }

  const bytes = (positions: ArrayLike<number>): Uint8Array => {
    const out = new Uint8Array(positions.length * each)
    for (let i = 0; i < positions.length; i++) {
      const at = positions[i]! * each
      if (whole) out.set(whole.subarray(at, at + each), i * each)
      else readFully({ file, handle }, out, i * each, each, at)
    }
    return out
  }
  return {
    pack,
    data,
    each,
    place,
    bytes,
    floats(positions) {
      const stored = bytes(positions)
      const { bytes: width, write } = formatOf(data)
      const out = new Float32Array(stored.length / width)
      write(stored, out, 0)
      return out
    },
    tags: (positions) => rowsAt(place.tags, positions),
    words: (positions) => rowsAt(place.words, positions),
    close: () => {
      if (!whole) closeSync(handle)
    },
  } as Items
}

/** Of a version of pictures. */
export function openPictures(folder: string, most?: number): PictureItems {
  const items = openItems(folder, most)
  if (items.pack.kind === 'images') return items as PictureItems
  items.close()
  throw new Error('these are no pictures')
}

/** Positions `from` … `to` − 1. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
}

/** Positions of the held-out items; of the training items where nothing was held out. At most `most`. */
export function heldOut({ items, train }: Pick<AnyPack, 'items' | 'train'>, most = Infinity): number[] {
  return items > train ? range(train, Math.min(items, train + most)) : range(0, Math.min(train, most))
}

/** Throws `file-unreadable`. */
export function readPack(folder: string): AnyPack {
  try {
    return AnyPack.parse(JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8')))
  } catch (error) {
    throw new StudioError('file-unreadable', { file: 'pack.json', reason: (error as Error).message }, { cause: error })
  }
}

/** Throws `file-unreadable` or `file-truncated`. */
export function readTags(folder: string, { items, tags, sha256 }: AnyPack): Table {
  return readTable(join(folder, 'tags.bin'), items, tags.length, sha256.tags)
}

function readWords(folder: string, pack: AnyPack): Table {
  const { words = [], sha256 } = pack.kind === 'images' ? pack : { sha256: { words: undefined } }
  return readTable(join(folder, 'words.bin'), pack.items, words.length, sha256.words)
}

function rowsAt(table: Table, positions: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const out = new Float32Array(positions.length * table.columns)
  writeRows(table, positions, out)
  return out
}

function readTable(file: string, items: number, columns: number, sha256: string | undefined): Table {
  const rows = new Uint8Array(new SharedArrayBuffer(items * columns))
  if (columns === 0) return { rows, columns }
  const handle = openForReading(file)
  try {
    readFully({ file, handle }, rows, 0, rows.length, 0)
  } finally {
    closeSync(handle)
  }
  if (createHash('sha256').update(rows).digest('hex') !== sha256)
    throw new StudioError('file-unreadable', { file: basename(file), reason: 'it has changed since it was frozen' })
  return { rows, columns }
}

interface Opened {
  file: string
  handle: number
}

/** `length` bytes from `at` on into `out`. Throws `file-truncated` or `file-unreadable`. */
function readFully({ file, handle }: Opened, out: Uint8Array, offset: number, length: number, at: number): void {
  for (let done = 0; done < length;) {
    let more: number
    try {
      more = readSync(handle, out, offset + done, length - done, at + done)
    } catch (error) {
      throw unreadable(error, file)
    }
    if (more === 0) throw new StudioError('file-truncated', { file: basename(file) })
    done += more
  }
}
