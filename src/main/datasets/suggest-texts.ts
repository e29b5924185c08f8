/** What a version of texts would best be like, from the texts themselves. */
import { MOST_TOKENS, SPECIALS } from '../../contract/texts'
import type { TextPreparation, TokenKind } from '../../contract/texts'
import { byFrequency, countSegments, covering, learnTokeniser } from '../../data/tokens/learn'
import { SEGMENTS } from '../../data/tokens/segments'
import { createTokeniser } from '../../data/tokens/tokeniser'
import type { StoredItem } from '../store/store'
import { sampleTexts } from './freeze-texts'
import { TextReader } from './text-parts'

/** Characters of one text that are looked at. */
const LOOK = 4_000_000
/** Texts that lengths are measured on. */
const MEASURED = 20_000
/** Longer rows cost more than a first model is worth. */
const LONGEST: Record<TokenKind, number> = { characters: 256, words: 128, pairs: 128, symbols: 256 }
/** A piece of a text that is longer. */
const PIECE = 128
/** So few texts have no ends that could be learned. */
const FEW = 20

const JOINED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu

export async function suggestTexts(project: string, items: StoredItem[], signal: AbortSignal): Promise<TextPreparation> {
  const reader = new TextReader(project, signal)
  const texts: string[] = []
  try {
    for (const item of sampleTexts(items)) texts.push((await reader.read({ item, from: 0, to: 1 })).slice(0, LOOK))
  } finally {
    reader.close()
  }
  return suggestFor(texts)
}

/** For these texts, which may be a sample. */
export function suggestFor(texts: string[]): TextPreparation {
  const tokens = kindOf(texts)
  const counter = countSegments({ tokens, lowercase: false })
  for (const text of texts) counter.see(text)
  const vocabulary = Math.min(MOST_TOKENS, Math.max(8, SPECIALS + vocabularyOf(tokens, counter.counts)))
  const lengths = lengthsOf(texts, tokens, vocabulary, counter.counts)
  const [most, median] = [lengths.at(-1) ?? 2, lengths[lengths.length >> 1] ?? 2]
  // Where cutting would lose a good part of the text, it is the pieces that are learned from.
  const [all, cut] = [
    lengths.reduce((sum, one) => sum + one, 0),
    lengths.reduce((sum, one) => sum + Math.min(one, LONGEST[tokens]), 0),
  ]
  const long = cut < 0.95 * all ? 'pieces' : 'cut'
  const ends = long === 'pieces' ? texts.length >= FEW : lengths[0] !== most
  const fits = most < LONGEST[tokens] ? most : Math.min(LONGEST[tokens] - 1, lengths[Math.floor(lengths.length * 0.99)] ?? 2)
  const piece = median >= LONGEST[tokens] ? PIECE : LONGEST[tokens]
  const length = long === 'pieces' ? piece : Math.max(2, fits + (ends ? 1 : 0))
  return { tokens, vocabulary, length, long, ends, lowercase: false, testShare: 0.1, seed: 0 }
}

/** Numbers and names of notes are symbols as they are; scripts without spaces, names and little prose go by characters. */
function kindOf(texts: string[]): TokenKind {
  let [characters, joined, spaced, symbols, single] = [0, 0, 0, 0, 0]
  const words = new Set<string>()
  for (const text of texts) {
    characters += text.length
    joined += text.match(JOINED)?.length ?? 0
    for (const word of text.split(/\s+/)) {
      if (word === '') continue
      spaced++
      words.add(word)
      if (/\d/.test(word)) symbols++
      else if (/^[^\0-\x7f]$/u.test(word)) single++
    }
  }
  // Chinese that somebody has put spaces into, a token between each two.
  if (spaced > 0 && (symbols + single) / spaced >= 0.9 && spaced > texts.length) return 'symbols'
  if (joined / Math.max(1, characters) > 0.3 || spaced < 3 * texts.length) return 'characters'
  // A word that is seen only a few times is not learned.
  if (spaced >= 12 * words.size) return 'words'
  return characters >= 2_000_000 ? 'pairs' : 'characters'
}

function vocabularyOf(tokens: TokenKind, counts: ReadonlyMap<string, number>): number {
  const sorted = byFrequency(counts)
  if (tokens === 'symbols') return sorted.length
  if (tokens === 'characters') return sorted.length <= 512 ? sorted.length : covering(sorted, 0.9995)
  if (tokens === 'words') return Math.min(16_384, covering(sorted, 0.998))
  const alphabet = new Set(sorted.flatMap(([run]) => Array.from(run))).size
  return Math.min(8192, Math.max(2048, 2 * alphabet))
}

/** Tokens of each text, ascending. */
function lengthsOf(texts: string[], tokens: TokenKind, vocabulary: number, counts: ReadonlyMap<string, number>): number[] {
  const stride = Math.ceil(texts.length / MEASURED)
  const measured = texts.filter((_, at) => at % stride === 0)
  const { normal, cut } = SEGMENTS[tokens]
  const pairs = tokens === 'pairs' && createTokeniser(learnTokeniser(counts, { tokens, lowercase: false, vocabulary }))
  const lengthOf = pairs ? (text: string) => pairs.encode(text).length : (text: string) => cut(normal(text)).length
  return measured.map(lengthOf).sort((a, b) => a - b)
}
