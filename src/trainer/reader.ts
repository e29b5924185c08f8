/** Reads the items of a frozen version as floats, in a thread that does nothing else. */
import { closeSync, openSync, read } from 'node:fs'
import { basename } from 'node:path'
import { getSystemErrorMessage, promisify } from 'node:util'
import { StudioError } from '../contract/errors'
import type { DataFacts } from '../recipes/define'
import { FORMATS } from './formats'
import type { Read } from './inputs'

/** Where the bytes of a version's items are. */
export interface Place {
  kind: DataFacts['kind']
  /** One item after the other. */
  file: string
  /** Bytes of an item. */
  each: number
  /** All of `file`, where it is in memory. */
  whole: Uint8Array<SharedArrayBuffer> | null
  /** 1 where an item has the tag. */
  tags: Table
  /** How often each word stands in an item's caption. */
  words: Table
}

/** Small numbers of every item: u8 [items, columns]. */
export interface Table {
  rows: Uint8Array<SharedArrayBuffer>
  columns: number
}

interface Reader {
  /** Throws `file-truncated` or `file-unreadable`. */
  read: Read
  close(): void
}

/** The items' rows of a table, one after the other. */
export function writeRows({ rows, columns }: Table, positions: ArrayLike<number>, out: Float32Array): void {
  for (let i = 0; i < positions.length; i++)
    out.set(rows.subarray(positions[i]! * columns, (positions[i]! + 1) * columns), i * columns)
}

const readAt = promisify(read)

export function openReader({ kind, file, each, whole }: Place): Reader {
  const { write, bytes: width } = FORMATS[kind]
  if (whole) {
    const copy: Read = (positions, out) => {
      positions.forEach((position, i) => write(whole.subarray(position * each, (position + 1) * each), out, (i * each) / width))
    }
    return { read: copy, close: () => undefined }
  }
  const handle = openForReading(file)
  let bytes = new Uint8Array(0)
  return {
    async read(positions, out) {
      const size = positions.length * each
      if (bytes.length < size) bytes = new Uint8Array(size)
      // Several at once, so that a fast disk works in parallel, and in their order on the disk, so that a slow one need not go back.
      const order = [...positions.keys()].sort((a, b) => positions[a]! - positions[b]!)
      const reads = await Promise.allSettled(order.map((i) => readAt(handle, bytes, i * each, each, positions[i]! * each)))
      for (const result of reads) {
        if (result.status === 'rejected') throw unreadable(result.reason, file)
        if (result.value.bytesRead !== each) throw new StudioError('file-truncated', { file: 'data.bin' })
      }
      write(bytes.subarray(0, size), out, 0)
    },
    close: () => closeSync(handle),
  }
}

/** Throws `file-unreadable`. */
export function openForReading(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    throw unreadable(error, file)
  }
}

/** What the system says went wrong with a version's file, without a path. */
export function unreadable(error: unknown, file: string): StudioError {
  const { errno } = error as NodeJS.ErrnoException
  const reason = errno === undefined ? (error as Error).message : getSystemErrorMessage(errno)
  return new StudioError('file-unreadable', { file: basename(file), reason }, { cause: error })
}
