/** Learns a tokeniser from texts: which tokens there are, and which of them are kept. The same texts give the same tokeniser. */
import { SPECIALS } from '../../contract/texts'
import type { TextPreparation, TokeniserData } from '../../contract/texts'
import { learnPairs, NONE } from './pairs'
import { SEGMENTS } from './segments'
import { normalOf } from './tokeniser'

/** Distinct segments held while counting; beyond them those seen once go, for they would hardly be kept. */
const MOST_DISTINCT = 2_000_000
/** Of the characters of a text that pairs are learned of, those that are so rare are left out. */
const ALPHABET = 0.9999

export interface Counter {
  see(text: string): void
  /** How often each segment was seen. */
  readonly counts: ReadonlyMap<string, number>
}

export function countSegments(how: Pick<TextPreparation, 'tokens' | 'lowercase'>): Counter {
  const { cut } = SEGMENTS[how.tokens]
  const normal = normalOf({ kind: how.tokens, lowercase: how.lowercase })
  const counts = new Map<string, number>()
  return {
    counts,
    see(text) {
      for (const segment of cut(normal(text))) counts.set(segment, (counts.get(segment) ?? 0) + 1)
      if (counts.size > MOST_DISTINCT) for (const [segment, count] of counts) if (count === 1) counts.delete(segment)
    },
  }
}

/** The most frequent first; of equals, the order of their characters. */
export function byFrequency(counts: ReadonlyMap<string, number>): [text: string, count: number][] {
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
}

/** How many of these cover a share of all that was seen. */
export function covering(sorted: readonly (readonly [string, number])[], share: number): number {
  const wanted = share * sorted.reduce((sum, [, count]) => sum + count, 0)
  let [covered, kept] = [0, 0]
  while (kept < sorted.length && covered < wanted) covered += sorted[kept++]![1]
  return kept
}

const SPECIAL_TEXTS: string[] = Array.from({ length: SPECIALS }, () => '')

/** A tokeniser of at most `vocabulary` tokens. */
export function learnTokeniser(
  counts: ReadonlyMap<string, number>,
  { tokens: kind, lowercase, vocabulary }: Pick<TextPreparation, 'tokens' | 'lowercase' | 'vocabulary'>,
): TokeniserData {
  const room = vocabulary - SPECIALS
  const about = { formatVersion: 1 as const, kind, lowercase }
  if (kind !== 'pairs') {
    const kept = byFrequency(counts).slice(0, room)
    return { ...about, tokens: [...SPECIAL_TEXTS, ...kept.map(([text]) => text)], merges: [] }
  }
  const characters = new Map<string, number>()
  for (const [run, count] of counts) for (const one of run) characters.set(one, (characters.get(one) ?? 0) + count)
  const sorted = byFrequency(characters)
  const kept = sorted.slice(0, Math.min(room, covering(sorted, ALPHABET)))
  const tokens = [...SPECIAL_TEXTS, ...kept.map(([text]) => text)]
  const ids = new Map(tokens.map((text, id) => [text, id]))
  // In a fixed order: equally frequent pairs are told apart by age, and age comes from here.
  const words = byFrequency(counts).map(([run, count]) => ({ ids: Array.from(run, (one) => ids.get(one) ?? NONE), count }))
  return { ...about, tokens, merges: learnPairs(words, tokens, vocabulary) }
}
