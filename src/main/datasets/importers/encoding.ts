/**
 * Which encoding a foreign text is in, from its bytes. A byte order mark says it, valid UTF-8 proves itself, zeros at every other byte
 * are UTF-16; all else is a guess between GB18030 (what Chinese systems wrote before UTF-8) and Windows-1252, and is told as one.
 */
import { StudioError } from '../../../contract/errors'
import { limits, sizeText } from '../limits'
import type { Entry } from './entry'

export interface Encoding {
  /** A label of the Encoding Standard. */
  name: string
  /** Nothing in the file proves it. */
  guessed: boolean
  /** Bytes of the mark at the beginning that are no text. */
  mark: number
}

const MARKS: [name: string, bytes: number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  // Before UTF-16, whose mark it begins with; nothing decodes it.
  ['utf-32le', [0xff, 0xfe, 0, 0]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/** Bytes looked at; where nothing strange came until then, the rest is told line by line. */
const LOOK = 64 * 1024 * 1024

/**
 * Reads the file once. Throws `file-empty`, `file-too-large` or `file-not-text`. `told` is what a person said that it is: only the
 * mark is looked for then.
 */
export async function detectEncoding(entry: Entry, told?: string): Promise<Encoding> {
  const file = entry.shown
  if ((await entry.size()) > limits.text) throw new StudioError('file-too-large', { file, limit: sizeText(limits.text) })
  const evidence = new Evidence()
  let head = Buffer.alloc(0)
  let length = 0
  for await (const piece of (await entry.stream()) as AsyncIterable<Buffer>) {
    if (head.length < 4) head = Buffer.concat([head, piece.subarray(0, 4)])
    evidence.see(piece)
    length += piece.length
    if (length >= LOOK || (told !== undefined && head.length >= 4)) break
  }
  if (length === 0) throw new StudioError('file-empty', { file })
  const marked = MARKS.find(([, bytes]) => bytes.every((byte, at) => head[at] === byte))
  if (marked?.[0] === 'utf-32le') throw new StudioError('file-not-text', { file })
  if (told !== undefined) {
    const name = new TextDecoder(told).encoding
    return { name, guessed: false, mark: marked?.[0] === name ? marked[1].length : 0 }
  }
  if (marked) return { name: marked[0], guessed: false, mark: marked[1].length }
  const judged = evidence.judge(length)
  if (!judged) throw new StudioError('file-not-text', { file })
  return { ...judged, mark: 0 }
}

/** Whether a person's word is an encoding. */
export function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== ''
  } catch {
    return false
  }
}

/** Counts, byte by byte and over the borders of pieces, what each encoding would make of them. */
class Evidence {
  private at = 0
  /** Zeros at even and at odd places. */
  private readonly zeros: [even: number, odd: number] = [0, 0]
  private controls = 0

  private utf8Good = 0
  private utf8Bad = 0
  private wanted = 0
  private least = 0x80
  private most = 0xbf

  /** Two-byte characters of GB18030: all, and those that texts are mostly made of (GB 2312's signs and frequent characters). */
  private pairs = 0
  private frequent = 0
  private gbBad = 0
  private lead = 0

  see(piece: Uint8Array): void {
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i]!
      if (byte < 0x20) this.seeControl(byte, this.at + i)
      if (byte >= 0x80 || this.wanted > 0) this.seeUtf8(byte)
      if (byte >= 0x80 || this.lead > 0) this.seeGb(byte)
    }
    this.at += piece.length
  }

  private seeControl(byte: number, at: number): void {
    if (byte === 0) this.zeros[at % 2 === 0 ? 0 : 1]++
    // Tab, line feed, vertical tab, form feed, carriage return, and the escape of old terminals.
    else if (!(byte >= 9 && byte <= 13) && byte !== 0x1b) this.controls++
  }

  /** RFC 3629: which bytes may follow depends on the first. */
  private seeUtf8(byte: number): void {
    if (this.wanted > 0) {
      if (byte >= this.least && byte <= this.most) {
        ;[this.least, this.most] = [0x80, 0xbf]
        if (--this.wanted === 0) this.utf8Good++
        return
      }
      this.utf8Bad++
      this.wanted = 0
    }
    if (byte < 0x80) return
    ;[this.least, this.most] = [
      byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80,
      byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf,
    ]
    if (byte >= 0xc2 && byte <= 0xdf) this.wanted = 1
    else if (byte >= 0xe0 && byte <= 0xef) this.wanted = 2
    else if (byte >= 0xf0 && byte <= 0xf4) this.wanted = 3
    else this.utf8Bad++
  }

  private seeGb(byte: number): void {
    if (this.lead === 0) {
      if (byte > 0x80 && byte < 0xff) this.lead = byte
      else if (byte >= 0x80) this.gbBad++
      return
    }
    const lead = this.lead
    this.lead = 0
    // The second of four bytes is a digit; the other two begin anew and make a pair of the same kind.
    if (byte >= 0x30 && byte <= 0x39) return
    if (byte < 0x40 || byte === 0x7f || byte === 0xff) {
      this.gbBad++
      return
    }
    this.pairs++
    if (byte >= 0xa1 && ((lead >= 0xa1 && lead <= 0xa9) || (lead >= 0xb0 && lead <= 0xd7))) this.frequent++
  }

  /** Null for what is no text. */
  judge(length: number): Omit<Encoding, 'mark'> | null {
    const [even, odd] = this.zeros
    if (even + odd > 0) {
      // A letter of a western language, a space or a line's end has its zero always on the same side.
      if (length % 2 === 0 && Math.min(even, odd) * 20 <= Math.max(even, odd))
        return { name: odd > even ? 'utf-16le' : 'utf-16be', guessed: true }
      return null
    }
    if (this.controls * 100 > length) return null
    // Some damaged bytes do not make another encoding of a text that is full of valid sequences.
    if (this.utf8Bad === 0 || this.utf8Bad * 4 <= this.utf8Good) return { name: 'utf-8', guessed: false }
    if (this.pairs > 0 && this.gbBad * 50 <= this.pairs && this.frequent * 10 >= this.pairs * 7)
      return { name: 'gb18030', guessed: true }
    return { name: 'windows-1252', guessed: true }
  }
}
