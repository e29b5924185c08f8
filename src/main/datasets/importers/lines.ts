/** The lines of a foreign text, decoded as they are read. What cannot be decoded costs its line and is named with its byte. */
import { StudioError } from '../../../contract/errors'
import { limits, sizeText } from '../limits'
import type { Encoding } from './encoding'
import type { Entry } from './entry'

export interface Line {
  /** From 1. */
  number: number
  /** Without what ends it; null where it could not be decoded or is too long. */
  text: string | null
  /** Why there is no text. */
  error?: StudioError
}

/** `notes.txt:12`, as people name a line. */
export const lineName = (entry: Entry, line: number): string => `${entry.shown}:${line}`

const [LF, CR] = [0x0a, 0x0d]

/** Reads units of text: bytes, or pairs of them in UTF-16. -1 beyond the end. */
interface Units {
  step: 1 | 2
  at(bytes: Buffer, place: number): number
}

function unitsOf(encoding: string): Units {
  if (!encoding.startsWith('utf-16')) return { step: 1, at: (bytes, place) => bytes[place] ?? -1 }
  const read = encoding === 'utf-16le' ? 'readUInt16LE' : 'readUInt16BE'
  return { step: 2, at: (bytes, place) => (place + 1 < bytes.length ? bytes[read](place) : -1) }
}

/** All lines, some at a time; `\n`, `\r\n` and `\r` end one. Throws what opening and reading throw, and `file-too-large`. */
export async function* linesOf(entry: Entry, encoding: Encoding): AsyncGenerator<Line[]> {
  const units = unitsOf(encoding.name)
  const block = new Block(entry, encoding.name, units)
  let skip = encoding.mark
  let read = 0
  /** What came since the last end of a line; null once the line is too long to be kept. */
  let held: Buffer[] | null = []
  let heldBytes = 0
  for await (let piece of (await entry.stream()) as AsyncIterable<Buffer>) {
    read += piece.length
    if (read > limits.text) throw new StudioError('file-too-large', { file: entry.shown, limit: sizeText(limits.text) })
    const skipped = Math.min(skip, piece.length)
    piece = piece.subarray(skipped)
    skip -= skipped
    if (!held) {
      const end = firstEnd(piece, heldBytes % units.step, units)
      heldBytes += piece.length
      if (end === 0) continue
      yield [block.tooLong()]
      piece = piece.subarray(end)
      held = []
      heldBytes = 0
    }
    const end = lastEnd(piece, heldBytes % units.step, units)
    held.push(piece.subarray(0, end || piece.length))
    heldBytes += piece.length
    if (end > 0) {
      yield block.lines(Buffer.concat(held))
      held = [piece.subarray(end)]
      heldBytes = piece.length - end
    }
    if (heldBytes > limits.line) held = null
  }
  if (!held) yield [block.tooLong()]
  else if (heldBytes > 0) yield block.lines(Buffer.concat(held))
}

/** The place after the last unit that ends a line, or 0. A `\r` at the very end waits: its `\n` may come with the next piece. */
function lastEnd(piece: Buffer, from: number, { step, at }: Units): number {
  for (let i = piece.length - ((piece.length - from) % step) - step; i >= from; i -= step) {
    const unit = at(piece, i)
    if (unit === LF || (unit === CR && i + step < piece.length)) return i + step
  }
  return 0
}

function firstEnd(piece: Buffer, from: number, { step, at }: Units): number {
  for (let i = from; i + step <= piece.length; i += step) if (at(piece, i) === LF) return i + step
  return 0
}

/** Makes lines of bytes and counts them. */
class Block {
  private number = 0
  private readonly decoder: InstanceType<typeof TextDecoder>
  constructor(
    private readonly entry: Entry,
    private readonly encoding: string,
    private readonly units: Units,
  ) {
    this.decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  }

  /** Whole lines, the last one with or without its end. */
  lines(bytes: Buffer): Line[] {
    try {
      const texts = this.decoder.decode(bytes).split(/\r\n|\n|\r/)
      // What ends the last line does not begin another.
      if (texts.at(-1) === '') texts.pop()
      return texts.map((text) => ({ number: ++this.number, text }))
    } catch {
      return this.split(bytes).map((line) => this.alone(line))
    }
  }

  tooLong(): Line {
    const number = ++this.number
    const error = new StudioError('line-too-long', { file: lineName(this.entry, number), limit: sizeText(limits.line) })
    return { number, text: null, error }
  }

  /** A line by itself, because among its neighbours is one that cannot be decoded. */
  private alone(bytes: Buffer): Line {
    const number = ++this.number
    try {
      return { number, text: this.decoder.decode(bytes) }
    } catch {
      const at = badByte(bytes, this.encoding)
      const hex = `0x${(bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0')}`
      const details = { file: lineName(this.entry, number), byte: at + 1, hex, encoding: this.encoding }
      return { number, text: null, error: new StudioError('bytes-undecodable', details) }
    }
  }

  private split(bytes: Buffer): Buffer[] {
    const { step, at } = this.units
    const lines: Buffer[] = []
    let from = 0
    for (let i = 0; i < bytes.length; i += step) {
      const unit = at(bytes, i)
      if (unit !== LF && unit !== CR) continue
      lines.push(bytes.subarray(from, i))
      if (unit === CR && at(bytes, i + step) === LF) i += step
      from = i + step
    }
    if (from < bytes.length) lines.push(bytes.subarray(from))
    return lines
  }
}

/** The first byte at which decoding fails: halving, because a decoder only says that it fails. */
function badByte(bytes: Buffer, encoding: string): number {
  let [good, bad] = [0, bytes.length]
  const decodes = (length: number) => {
    try {
      // In a stream, so that a character whose end is cut off by `length` is no failure.
      new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, length), { stream: true })
      return true
    } catch {
      return false
    }
  }
  if (decodes(bytes.length)) return bytes.length - 1
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (decodes(middle)) good = middle
    else bad = middle
  }
  return bad - 1
}
