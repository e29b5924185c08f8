/** A tokeniser at work: text to ids and back. `decode(encode(text))` is `normal(text)`, with a mark where a token is not known. */
import { SPECIAL, SPECIALS } from '../../contract/texts'
import type { TokeniserData } from '../../contract/texts'
import { createMerge, NONE } from './pairs'
import { SEGMENTS } from './segments'

export interface Tokeniser {
  /** Ids are 0 … size − 1; the first four are the special ones. */
  readonly size: number
  /** The text as decoding can give it back. */
  normal(text: string): string
  /** Without start, end or padding. */
  encode(text: string): number[]
  /** Ends at the first `end`; start and padding are nothing. */
  decode(ids: Iterable<number>): string
  /** The text of one token, as it stands in a text: ` dog`. */
  text(id: number): string
}

/** Words whose merging is remembered. */
const REMEMBERED = 50_000

/** How each kind normalises is in `segments.ts`; `lowercase` comes on top of it. */
export function normalOf({ kind, lowercase }: Pick<TokeniserData, 'kind' | 'lowercase'>): (text: string) => string {
  const { normal } = SEGMENTS[kind]
  // Lower case first: a small letter may be written in more ways than its capital.
  return lowercase ? (text) => normal(text.toLowerCase()) : normal
}

export function createTokeniser(data: TokeniserData): Tokeniser {
  const { cut, join, unknown } = SEGMENTS[data.kind]
  const normal = normalOf(data)
  const ids = new Map<string, number>()
  for (let id = SPECIALS; id < data.tokens.length; id++) ids.set(data.tokens[id]!, id)
  const idOf = (segment: string) => ids.get(segment) ?? SPECIAL.unknown
  const text = (id: number) => (id === SPECIAL.unknown ? unknown : (data.tokens[id] ?? unknown))

  const merge = createMerge(data.merges, data.tokens)
  const remembered = new Map<string, number[]>()
  function pairsOf(run: string): number[] {
    const known = remembered.get(run)
    if (known) return known
    const merged = merge(Array.from(run, (character) => ids.get(character) ?? NONE))
    const found = merged.map((id) => (id === NONE ? SPECIAL.unknown : id))
    if (remembered.size < REMEMBERED) remembered.set(run, found)
    return found
  }

  return {
    size: data.tokens.length,
    normal,
    encode(given) {
      const segments = cut(normal(given))
      return data.kind === 'pairs' ? segments.flatMap(pairsOf) : segments.map(idOf)
    },
    decode(given) {
      const found: string[] = []
      for (const id of given) {
        if (id === SPECIAL.end) break
        if (id !== SPECIAL.padding && id !== SPECIAL.start) found.push(text(id))
      }
      return join(found)
    },
    text,
  }
}
