/**
 * IDX: the format of MNIST and its kin. Big-endian: two zero bytes, a type (8: unsigned byte), the number of dimensions, each
 * dimension as u32, then the bytes. Often gzipped. Pictures and labels are two files, paired by name.
 */
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { StudioError } from '../../../contract/errors'
import type { Split } from '../../../contract/nouns'
import { limits, sizeText } from '../limits'
import type { Entry } from './entry'

const UNSIGNED_BYTE = 8

export interface IdxHeader {
  dimensions: number[]
  /** Bytes before the data. */
  start: number
  /** Bytes of data that the header promises. */
  length: number
}

/** Throws `idx-not-idx` or `file-too-large`. */
export function readIdxHeader(bytes: Buffer, file: string): IdxHeader {
  const count = bytes[3] ?? 0
  const start = 4 + 4 * count
  const known =
    bytes.length >= start && bytes[0] === 0 && bytes[1] === 0 && bytes[2] === UNSIGNED_BYTE && (count === 1 || count === 3)
  if (!known) throw new StudioError('idx-not-idx', { file })
  const dimensions = Array.from({ length: count }, (_, n) => bytes.readUInt32BE(4 + 4 * n))
  const length = dimensions.reduce((product, side) => product * side, 1)
  const [, height = 1, width = 1] = dimensions
  if (length > limits.idx) throw new StudioError('file-too-large', { file, limit: sizeText(limits.idx) })
  if (height < 1 || width < 1 || height > limits.side || width > limits.side) throw new StudioError('idx-not-idx', { file })
  return { dimensions, start, length }
}

/** The unpacked content, piece by piece. */
async function* unpacked(entry: Entry): AsyncGenerator<Buffer> {
  const source = await entry.stream()
  if (!(await isGzip(entry))) {
    yield* source as AsyncIterable<Buffer>
    return
  }
  const gunzip = createGunzip()
  // Errors reach the reader of `gunzip`; the callback keeps them from being thrown twice.
  pipeline(source, gunzip, () => {})
  yield* gunzip as AsyncIterable<Buffer>
}

/** By its first bytes: the name may lie. */
async function isGzip(entry: Entry): Promise<boolean> {
  for await (const piece of (await entry.stream()) as AsyncIterable<Buffer>) return piece[0] === 0x1f && piece[1] === 0x8b
  return false
}

/** Pieces of exactly `size` bytes after the header; a short rest at the end is left out. */
async function* records(entry: Entry, start: number, size: number): AsyncGenerator<Uint8Array> {
  let skip = start
  let rest: Buffer = Buffer.alloc(0)
  for await (let piece of unpacked(entry)) {
    if (skip > 0) {
      const skipped = Math.min(skip, piece.length)
      piece = piece.subarray(skipped)
      skip -= skipped
    }
    rest = rest.length > 0 ? Buffer.concat([rest, piece]) : piece
    let at = 0
    for (; at + size <= rest.length; at += size) yield new Uint8Array(rest.subarray(at, at + size))
    rest = rest.subarray(at)
  }
}

/** The header of a file, read from its first bytes. */
export async function peekIdx(entry: Entry): Promise<IdxHeader> {
  let head = Buffer.alloc(0)
  try {
    for await (const piece of unpacked(entry)) {
      head = Buffer.concat([head, piece])
      if (head.length >= 16) break
    }
  } catch (thrown) {
    throw asIdxError(thrown, entry.shown)
  }
  if (head.length === 0) throw new StudioError('file-empty', { file: entry.shown })
  return readIdxHeader(head, entry.shown)
}

/** Reads it once to the end: nothing of a file that is cut off or too long is used. Throws `idx-wrong-size` or `zip-bomb`. */
async function checkLength(entry: Entry, { start, length }: IdxHeader): Promise<void> {
  const expected = start + length
  if (expected > limits.zipEntry && expected > limits.zipRatio * (await entry.size()))
    throw new StudioError('zip-bomb', { file: entry.shown })
  let actual = 0
  try {
    for await (const piece of unpacked(entry)) {
      actual += piece.length
      if (actual > expected) break
    }
  } catch (thrown) {
    // A gzip that is cut off ends with an error after its last whole block.
    if ((thrown as { code?: string }).code !== 'Z_BUF_ERROR') throw asIdxError(thrown, entry.shown)
  }
  if (actual !== expected)
    throw new StudioError('idx-wrong-size', { file: entry.shown, expected, actual: actual > expected ? 'more' : actual })
}

function asIdxError(thrown: unknown, file: string): unknown {
  const code = (thrown as { code?: string }).code ?? ''
  if (thrown instanceof StudioError) return thrown
  if (code === 'Z_BUF_ERROR') return new StudioError('file-truncated', { file }, { cause: thrown })
  return new StudioError(code.startsWith('Z_') ? 'idx-not-idx' : 'file-unreadable', { file, reason: code }, { cause: thrown })
}

export interface IdxPicture {
  name: string
  tags: string[]
  split: Split | null
  width: number
  height: number
  /** u8 [height, width] */
  pixels: Uint8Array
}

/** `train-images-idx3-ubyte.gz` → `train-labels-idx1-ubyte`: the name its labels have, without what packed them. */
export function labelsName(path: string): string {
  return bareName(path)
    .replace(/images/i, 'labels')
    .replace(/idx3/i, 'idx1')
}

export const bareName = (path: string): string => path.toLowerCase().replace(/\.gz$/, '')

/** The published split, as its file's name tells it. */
export function splitOfName(path: string): Split | null {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  if (/(^|[-_.])train/.test(name)) return 'train'
  return /(^|[-_.])(t10k|test)/.test(name) ? 'test' : null
}

/** All labels of a file as tags. Throws when it is not whole or does not fit `items` pictures. */
export async function readLabels(entry: Entry, items: number): Promise<string[]> {
  const header = await peekIdx(entry)
  if (header.dimensions.length !== 1) throw new StudioError('idx-not-idx', { file: entry.shown })
  await checkLength(entry, header)
  if (header.length !== items) throw new StudioError('idx-labels-differ', { file: entry.shown, labels: header.length, items })
  const labels: string[] = []
  for await (const [label] of records(entry, header.start, 1)) labels.push(String(label))
  return labels
}

/** The pictures of a file, in order, with their labels as tags. Throws before the first one when the file is not whole. */
export async function* readPictures(entry: Entry, header: IdxHeader, labels: string[] | null): AsyncGenerator<IdxPicture> {
  await checkLength(entry, header)
  const [count, height, width] = header.dimensions as [number, number, number]
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1).replace(/\.gz$/i, '')
  const digits = String(count).length
  let n = 0
  for await (const pixels of records(entry, header.start, width * height)) {
    yield {
      name: `${name} › ${String(n + 1).padStart(digits, '0')}`,
      tags: labels ? [labels[n]!] : [],
      split: splitOfName(entry.path),
      width,
      height,
      pixels,
    }
    n++
  }
}
