/** The items of a frozen version, as the trainer reads them: `data.bin` by position, in memory where that is cheap. */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '../contract/errors'
import { Pack } from '../contract/trainer'
import type { DataFacts } from '../recipes/define'

/** Larger packs are read from the disk item by item; the system's own cache then decides what stays in memory. */
const MOST_IN_MEMORY = 1024 ** 3

export interface Items {
  readonly pack: Pack
  readonly data: DataFacts
  /** Numbers in one item. */
  readonly each: number
  /** u8 [count, height, width, channels] of these positions, one after the other. */
  bytes(positions: ArrayLike<number>): Uint8Array
  /** The same as float32 in [0, 1]. Always a new array: engines may keep the one they were given. */
  floats(positions: ArrayLike<number>): Float32Array<ArrayBuffer>
  close(): void
}

/** x / 255 for every byte. */
const SHARES = Float32Array.from({ length: 256 }, (_, byte) => byte / 255)

export function toFloats(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) out[i] = SHARES[bytes[i]!]!
  return out
}

/** The way back, rounded; what lies outside of [0, 1] is cut off. */
export function toBytes(values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const out = new Uint8ClampedArray(values.length)
  for (let i = 0; i < values.length; i++) out[i] = values[i]! * 255
  return new Uint8Array(out.buffer)
}

/**
 * Opens a version's folder. Throws `file-unreadable` or `file-truncated` when the pack is not what `pack.json` says; a pack
 * that fits in memory is compared with its SHA-256.
 */
export function openItems(folder: string): Items {
  const file = join(folder, 'data.bin')
  const pack = readPack(folder)
  const each = pack.height * pack.width * pack.channels
  const handle = openSync(file, 'r')
  const { size } = fstatSync(handle)
  if (size !== pack.items * each) {
    closeSync(handle)
    throw new StudioError('file-truncated', { file: 'data.bin' })
  }
  const whole = size <= MOST_IN_MEMORY ? readWhole(handle, size) : null
  if (whole) closeSync(handle)
  if (whole && createHash('sha256').update(whole).digest('hex') !== pack.sha256.data)
    throw new StudioError('file-unreadable', { file: 'data.bin', reason: 'it has changed since it was frozen' })

  const bytes = (positions: ArrayLike<number>): Uint8Array => {
    const out = new Uint8Array(positions.length * each)
    for (let i = 0; i < positions.length; i++) {
      const at = positions[i]! * each
      if (whole) out.set(whole.subarray(at, at + each), i * each)
      else if (readSync(handle, out, i * each, each, at) !== each) throw new StudioError('file-truncated', { file: 'data.bin' })
    }
    return out
  }
  return {
    pack,
    data: { height: pack.height, width: pack.width, channels: pack.channels, items: pack.train },
    each,
    bytes,
    floats: (positions) => toFloats(bytes(positions)),
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

function readPack(folder: string): Pack {
  try {
    return Pack.parse(JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8')))
  } catch (error) {
    throw new StudioError('file-unreadable', { file: 'pack.json', reason: (error as Error).message }, { cause: error })
  }
}

function readWhole(handle: number, size: number): Uint8Array {
  const out = new Uint8Array(size)
  for (let at = 0; at < size;) at += readSync(handle, out, at, size - at, at)
  return out
}
