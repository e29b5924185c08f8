/** The items of a frozen version, as the trainer reads them: `data.bin` by position, in memory where that is cheap. */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, readFileSync, readSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StudioError } from '../contract/errors'
import { Pack } from '../contract/trainer'
import type { DataFacts } from '../recipes/define'
import { toFloats } from './pixels'
import { openForReading, unreadable, writeRows, type Place, type Table } from './reader'

/** Larger packs are read from the disk item by item; the system's own cache then decides what stays in memory. */
export const MOST_IN_MEMORY = 1024 ** 3

export interface Items {
  readonly pack: Pack
  readonly data: DataFacts
  /** Numbers in one item. */
  readonly each: number
  /** Where the bytes are, for a thread that reads them too. */
  readonly place: Place
  /** u8 [count, height, width, channels] of these positions, one after the other. */
  bytes(positions: ArrayLike<number>): Uint8Array
  /** The same as float32 in [0, 1]. Always a new array: engines may keep the one they were given. */
  floats(positions: ArrayLike<number>): Float32Array<ArrayBuffer>
  /** Float32 [count, tags], 1 where an item has the tag. */
  tags(positions: ArrayLike<number>): Float32Array<ArrayBuffer>
  /** Float32 [count, words], how often each stands in an item's caption. */
  words(positions: ArrayLike<number>): Float32Array<ArrayBuffer>
  close(): void
}

/**
 * Opens a version's folder. Throws `file-unreadable` or `file-truncated` when the pack is not what `pack.json` says; a pack
 * that fits in memory (`most` bytes) is compared with its SHA-256.
 */
export function openItems(folder: string, most = MOST_IN_MEMORY): Items {
  const file = join(folder, 'data.bin')
  const pack = readPack(folder)
  const each = pack.height * pack.width * pack.channels
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
  const place: Place = { file, each, whole, tags: readTags(folder, pack), words: readWords(folder, pack) }

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
    data: {
      height: pack.height,
      width: pack.width,
      channels: pack.channels,
      items: pack.train,
      tags: pack.tags,
      words: pack.words,
    },
    each,
    place,
    bytes,
    floats: (positions) => toFloats(bytes(positions)),
    tags: (positions) => rowsAt(place.tags, positions),
    words: (positions) => rowsAt(place.words, positions),
    close: () => {
      if (!whole) closeSync(handle)
    },
  }
}

/** Positions `from` … `to` − 1. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
}

/** Positions of the held-out items; of the training items where nothing was held out. At most `most`. */
export function heldOut({ items, train }: Pack, most = Infinity): number[] {
  return items > train ? range(train, Math.min(items, train + most)) : range(0, Math.min(train, most))
}

/** Throws `file-unreadable`. */
export function readPack(folder: string): Pack {
  try {
    return Pack.parse(JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8')))
  } catch (error) {
    throw new StudioError('file-unreadable', { file: 'pack.json', reason: (error as Error).message }, { cause: error })
  }
}

/** Throws `file-unreadable` or `file-truncated`. */
export function readTags(folder: string, { items, tags, sha256 }: Pack): Table {
  return readTable(join(folder, 'tags.bin'), items, tags.length, sha256.tags)
}

function readWords(folder: string, { items, words = [], sha256 }: Pack): Table {
  return readTable(join(folder, 'words.bin'), items, words.length, sha256.words)
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
