import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { SPECIAL, TokeniserData, TokenKind } from '../../../src/contract/texts'
import { countSegments, covering, byFrequency, learnTokeniser } from '../../../src/data/tokens/learn'
import { createTokeniser, normalOf } from '../../../src/data/tokens/tokeniser'

function learn(texts: string[], tokens: TokenKind, vocabulary = 4096, lowercase = false) {
  const counter = countSegments({ tokens, lowercase })
  for (const text of texts) counter.see(text)
  return learnTokeniser(counter.counts, { tokens, lowercase, vocabulary })
}

const HARD = [
  'Hello, world! “Don’t,” she said — (twice).',
  '今天天气很好，我们去公园吧。\nHello 世界 2024年!',
  'cafe\u0301 nai\u0308ve Ångström A\u030angström',
  '👩‍👩‍👧‍👦 🙂🙃 🇨🇳 é',
  ' leading, trailing  and   many spaces ',
  'tabs\tand\r\nlines\rends\n\n\nhere',
  'กรุงเทพมหานคร ภาษาไทย สวัสดี hello',
  'a \u0308b \u3000c\u00a0d',
  '12 7 4999 0 -3',
  '\n',
  '',
]

describe.each(TokenKind.options)('%s', (kind) => {
  it('gives a text back as it says that it will', () => {
    const tokeniser = createTokeniser(learn(HARD, kind))
    for (const text of HARD) {
      expect(tokeniser.decode(tokeniser.encode(text))).toBe(normalOf({ kind, lowercase: false })(text))
      expect(tokeniser.encode(text)).not.toContain(SPECIAL.unknown)
    }
  })

  it('gives back any text', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('今天', '。', ' ', '\n', '🙂', '\u0301', 'don’t', '\ud800', 'ไทย', '3.14', '\t', '\u3000'),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, lowercase) => {
        const text = pieces.join('')
        const tokeniser = createTokeniser(learn([text], kind, 65_536, lowercase))
        const normal = tokeniser.normal(text)
        // Pairs leave the rarest characters out of long texts only.
        expect(tokeniser.decode(tokeniser.encode(text))).toBe(normal)
        expect(tokeniser.normal(normal)).toBe(normal)
      }),
      { numRuns: 300 },
    )
  })

  it('marks what it does not know, and learns the same from the same', () => {
    const data = learn(['a b c', 'a b'], kind)
    expect(learn(['a b', 'a b c'], kind)).toEqual(data)
    const tokeniser = createTokeniser(TokeniserData.parse(JSON.parse(JSON.stringify(data))))
    expect(tokeniser.decode(tokeniser.encode('a 文 b'))).toContain('\ufffd')
    expect(tokeniser.encode('文')).toContain(SPECIAL.unknown)
    expect(tokeniser.size).toBe(data.tokens.length)
  })

  it('ends where the end is', () => {
    const tokeniser = createTokeniser(learn(['ab ab'], kind))
    const ids = tokeniser.encode('ab')
    expect(tokeniser.decode([SPECIAL.start, ...ids, SPECIAL.end, ...ids, SPECIAL.padding])).toBe('ab')
    expect(tokeniser.decode([...ids, SPECIAL.padding])).toBe('ab')
  })

  it('keeps to its vocabulary', () => {
    expect(learn(HARD, kind, 20).tokens.length).toBeLessThanOrEqual(20)
  })
})

test('characters are code points, in NFC', () => {
  const tokeniser = createTokeniser(learn(['e\u0301🙂中'], 'characters'))
  expect(tokeniser.encode('e\u0301🙂中')).toHaveLength(3)
})

test('words: the same word at the beginning and in the middle, signs for themselves, Chinese without spaces', () => {
  const tokeniser = createTokeniser(learn(['dog dog, dog.', '我们喜欢我们'], 'words'))
  const [first, second, comma, third, stop] = tokeniser.encode('dog dog, dog.')
  expect([second, third]).toEqual([first, first])
  expect([comma, stop].map((id) => tokeniser.text(id!))).toEqual([',', '.'])
  const [we, , again] = tokeniser.encode('我们喜欢我们')
  expect(again).toBe(we)
  expect(tokeniser.decode(tokeniser.encode('dog'))).toBe('dog')
})

test('lower case is one word', () => {
  const tokeniser = createTokeniser(learn(['Dog dog'], 'words', 100, true))
  const [one, two] = tokeniser.encode('Dog dog')
  expect(one).toBe(two)
  expect(tokeniser.decode([one!])).toBe('dog')
})

describe('pairs', () => {
  /** Sennrich et al.'s example: low ×5, lower ×2, newest ×6, widest ×3; es, est, lo, low come first. */
  const words = [
    ...Array<string>(5).fill('low'),
    ...Array<string>(2).fill('lower'),
    ...Array<string>(6).fill('newest'),
    ...Array<string>(3).fill('widest'),
  ]

  it('learns the most frequent pair first', () => {
    const data = learn(words, 'pairs', 4 + 10 + 4)
    expect(data.tokens.slice(-4)).toEqual(['es', 'est', 'lo', 'low'])
    const tokeniser = createTokeniser(data)
    expect(tokeniser.encode('lowest').map(tokeniser.text)).toEqual(['low', 'est'])
  })

  it('counts as counting everything anew would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 12 }), (texts) => {
        const data = learn(texts, 'pairs', 30)
        // By the book: count all pairs of all words, merge the most frequent, begin anew.
        const tokens = data.tokens.slice(
          0,
          data.tokens.length - new Set(data.merges.map(([l, r]) => data.tokens[l]! + data.tokens[r]!)).size,
        )
        const now = texts
          .flatMap((text) => text.match(/\S+/g) ?? [])
          .map((word) => Array.from(word, (one) => tokens.indexOf(one)))
        const merges: [number, number][] = []
        while (tokens.length < 30) {
          const counts = new Map<string, number>()
          for (const word of now)
            for (let i = 1; i < word.length; i++) {
              const pair = `${word[i - 1]} ${word[i]}`
              counts.set(pair, (counts.get(pair) ?? 0) + 1)
            }
          const numbers = (pair: string) => pair.split(' ').map(Number) as [number, number]
          const [best] = [...counts].sort(([a, m], [b, n]) => {
            const [one, two] = [numbers(a), numbers(b)]
            return n - m || one[0] - two[0] || one[1] - two[1]
          })
          if (!best || best[1] < 2) break
          const [left, right] = numbers(best[0])
          const spelled = tokens[left]! + tokens[right]!
          if (!tokens.includes(spelled)) tokens.push(spelled)
          merges.push([left, right])
          for (const word of now)
            for (let i = 0; i + 1 < word.length; i++)
              if (word[i] === left && word[i + 1] === right) word.splice(i, 2, tokens.indexOf(spelled))
        }
        expect(data.merges).toEqual(merges)
        expect(data.tokens).toEqual(tokens)
      }),
      { numRuns: 200 },
    )
  })
})

test('how many tokens cover a share', () => {
  const sorted = byFrequency(
    new Map([
      ['a', 90],
      ['c', 5],
      ['b', 5],
    ]),
  )
  expect(sorted.map(([text]) => text)).toEqual(['a', 'b', 'c'])
  expect([covering(sorted, 0.9), covering(sorted, 0.95), covering(sorted, 1)]).toEqual([1, 2, 3])
})
