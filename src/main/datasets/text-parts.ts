/** The texts of a dataset as they are trained on and measured with, and the rows of tokens that they become. */
import { SPECIAL } from '../../contract/texts'
import type { TextCoverage, TextPreparation } from '../../contract/texts'
import { StudioError } from '../../contract/errors'
import { countSegments, learnTokeniser } from '../../data/tokens/learn'
import { createTokeniser } from '../../data/tokens/tokeniser'
import type { Tokeniser } from '../../data/tokens/tokeniser'
import type { TokeniserData } from '../../contract/texts'
import { sha256 } from '../media'
import type { StoredItem } from '../store/store'
import { MediaReader } from './media-reader'
import { splitItems } from './split'

/** From fewer texts none is kept out as a whole: a book that is one text would be all training or all test. */
const FEW = 20

/** A text, or a part of one: from and to as shares of its length. */
export interface Passage {
  item: StoredItem
  from: number
  to: number
}

export interface TextParts {
  /** Those to learn from first. */
  passages: Passage[]
  train: number
}

/** Of few texts without a published split each keeps its last part out; otherwise whole texts are, as `splitItems` says. */
export function splitTexts(items: StoredItem[], { seed, testShare }: Pick<TextPreparation, 'seed' | 'testShare'>): TextParts {
  const within = items.length < FEW && testShare > 0 && items.every(({ split }) => split === null)
  const { items: all, train } = splitItems(items, { seed, testShare: within ? 0 : testShare })
  if (!within) return { passages: all.map((item) => ({ item, from: 0, to: 1 })), train }
  const part = (from: number, to: number) => all.map((item) => ({ item, from, to }))
  return { passages: [...part(0, 1 - testShare), ...part(1 - testShare, 1)], train: all.length }
}

/** Reads texts one by one, and lets a cancellation in between. */
export class TextReader {
  private readonly media: MediaReader
  private since = performance.now()
  constructor(
    project: string,
    private readonly signal: AbortSignal,
  ) {
    this.media = new MediaReader(project)
  }

  /** Throws `file-unreadable` where the stored bytes are damaged, and an `AbortError` when cancelled. */
  async read({ item, from, to }: Passage): Promise<string> {
    if (performance.now() - this.since > 50) {
      await new Promise((resolve) => setImmediate(resolve))
      this.since = performance.now()
    }
    this.signal.throwIfAborted()
    const bytes = this.media.read(item.media)
    if (sha256(bytes) !== item.sha256)
      throw new StudioError('file-unreadable', { file: item.name, reason: 'its stored copy was damaged' })
    const text = bytes.toString('utf8')
    return text.slice(place(text, from), place(text, to))
  }

  close(): void {
    this.media.close()
  }
}

/** Never between the halves of a surrogate pair. */
function place(text: string, share: number): number {
  const at = Math.floor(text.length * share)
  return /^[\udc00-\udfff]/.test(text.slice(at, at + 1)) ? at - 1 : at
}

/** The tokeniser that a preparation names, learned from what is trained on. */
export async function learnFrom(
  reader: TextReader,
  { passages, train }: TextParts,
  preparation: TextPreparation,
): Promise<TokeniserData> {
  const counter = countSegments(preparation)
  for (const passage of passages.slice(0, train)) counter.see(await reader.read(passage))
  return learnTokeniser(counter.counts, preparation)
}

/** The rows of one text: ids without padding. `whole`: the text is one row. */
export function rowsOf(
  ids: number[],
  { length, long, ends }: Pick<TextPreparation, 'length' | 'long' | 'ends'>,
): { rows: number[][]; whole: boolean } {
  if (ids.length === 0) return { rows: [], whole: true }
  const all = ends ? [...ids, SPECIAL.end] : ids
  if (all.length <= length) return { rows: [all], whole: true }
  if (long === 'leave') return { rows: [], whole: false }
  // What is cut off does not end there.
  if (long === 'cut') return { rows: [ids.slice(0, length)], whole: false }
  const rows: number[][] = []
  for (let at = 0; at < all.length; at += length) rows.push(all.slice(at, at + length))
  return { rows, whole: false }
}

/** Makes rows of texts and counts what they keep. */
export class Rows {
  private passages = 0
  private whole = 0
  private rows = 0
  private tokens = 0
  private unknown = 0
  private kept = 0
  private readonly tokeniser: Tokeniser
  constructor(
    data: TokeniserData,
    private readonly preparation: TextPreparation,
  ) {
    this.tokeniser = createTokeniser(data)
  }

  of(text: string): number[][] {
    const ids = this.tokeniser.encode(text)
    const { rows, whole } = rowsOf(ids, this.preparation)
    this.passages++
    if (whole) this.whole++
    this.rows += rows.length
    this.tokens += ids.length
    this.unknown += ids.reduce((sum, id) => sum + (id === SPECIAL.unknown ? 1 : 0), 0)
    for (const row of rows) this.kept += row.length - (row.at(-1) === SPECIAL.end ? 1 : 0)
    return rows
  }

  /** Of the texts so far, which are of `texts` items. */
  coverage(texts: number): TextCoverage {
    const { passages, whole, rows, tokens, unknown, kept } = this
    const share = (part: number, all: number) => (all === 0 ? 1 : part / all)
    return {
      texts,
      rows,
      vocabulary: this.tokeniser.size,
      tokens,
      known: share(tokens - unknown, tokens),
      whole: share(whole, passages),
      kept: share(kept, tokens),
    }
  }
}
