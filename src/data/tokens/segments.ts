/**
 * How a text is cut, before anything is known of a vocabulary. Each way says what it makes of a text first (`normal`), and its segments
 * put together again are that: nothing is lost.
 */
import type { TokenKind } from '../../contract/texts'

export interface Segments {
  /** The text that can be given back. */
  normal(text: string): string
  /** Of a normal text. */
  cut(text: string): string[]
  /** The normal text of these segments. */
  join(segments: readonly string[]): string
  /** What stands for a token that is not in the vocabulary. */
  unknown: string
}

const REPLACEMENT = '\ufffd'
const whole = (text: string) => text.toWellFormed().normalize('NFC').replace(/\r\n?/g, '\n')

const characters: Segments = { normal: whole, cut: (text) => Array.from(text), join: (all) => all.join(''), unknown: REPLACEMENT }

const symbols: Segments = {
  normal: (text) => whole(text).trim().split(/\s+/).join(' '),
  cut: (text) => (text === '' ? [] : text.split(' ')),
  join: (all) => all.join(' '),
  unknown: REPLACEMENT,
}

// Any one locale: what it knows of words without spaces between them (Chinese, Japanese, Thai) it knows in every one.
const segmenter = new Intl.Segmenter('en', { granularity: 'word' })
const JOINED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
/** A letter or digit of a script that puts spaces between its words. */
const SPACED = new RegExp(`^(?![${JOINED}])[\\p{L}\\p{N}]`, 'u')

/**
 * Words and signs. A space belongs to what follows it (` dog`), so that putting together is gluing; the first word of a line gets one as
 * well, for it is the same word everywhere.
 */
const words: Segments = {
  normal: (text) =>
    whole(text)
      .replace(/[^\S\n]+/g, ' ')
      .replace(/ ?\n ?/g, '\n')
      .trim(),
  cut(text) {
    const found: string[] = []
    for (const line of text.split(/(\n)/)) {
      if (line === '') continue
      let space = SPACED.test(line) ? ' ' : ''
      for (const { segment } of segmenter.segment(line)) {
        if (segment === ' ') space = ' '
        else {
          found.push(space + segment)
          space = ''
        }
      }
    }
    return found
  },
  join: (all) => all.join('').replace(/^ /, '').replace(/\n /g, '\n'),
  unknown: ` ${REPLACEMENT}`,
}

/** Runs of letters, of digits, of signs and of spaces, within which pairs are looked for; a space belongs to the run after it. */
const RUNS = / ?[\p{L}\p{M}]+| ?\p{N}+| ?[^\s\p{L}\p{M}\p{N}]+|\s+(?=\s)|\s/gu

/** What byte-pair encoding begins with; its segments are the parts that it never joins. */
const pairs: Segments = { ...characters, cut: (text) => text.match(RUNS) ?? [] }

export const SEGMENTS: Record<TokenKind, Segments> = { characters, words, pairs, symbols }
