import { describe, expect, it } from 'vitest'
import { createReferences, distinct, type Sentence } from '../../../../src/nn/metrics/bleu'

const words = (text: string): string[] => text.split(' ')

describe('BLEU', () => {
  it('clips what is repeated at the most that one reference has (Papineni et al. 2002, example 2)', () => {
    const references = createReferences([words('the cat is on the mat'), words('there is a cat on the mat')], 2)
    // Seven times "the", of which two count.
    expect(references.bleu([words('the the the the the the the')], 1)).toBeCloseTo(2 / 7)
    expect(references.size).toBe(2)
  })

  it('is the geometric mean of the matches of each length, made smaller for what is too short', () => {
    const references = createReferences([words('a b c d e f')], 4)
    // 4 of 5 words and 2 of 4 pairs; one word fewer than the reference.
    const short = references.bleu([words('a b c x e')], 2)
    expect(short).toBeCloseTo(Math.sqrt((4 / 5) * (2 / 4)) * Math.exp(1 - 6 / 5))
    expect(references.bleu([words('a b c d e f')], 4)).toBeCloseTo(1)
    expect(references.bleu([words('a b c d e f'), words('x y z')], 4)).toBeCloseTo(0.5)
  })

  it('counts a tenth of a match where there is none, and nothing where no word is known', () => {
    const references = createReferences([words('a b c d')], 4)
    expect(references.bleu([words('a c b d')], 2)).toBeCloseTo(Math.sqrt(1 * (0.1 / 3)))
    expect(references.bleu([words('x y z u')], 2)).toBe(0)
    expect(references.bleu([[]], 2)).toBe(0)
    // A sentence shorter than the n-gram has none of them; as many as one are taken.
    expect(references.bleu([words('a')], 2)).toBeCloseTo(Math.sqrt(0.1) * Math.exp(1 - 4))
  })

  it('measures the length against the nearest reference, the shorter of two', () => {
    const references = createReferences([words('a b'), words('a b c d')], 1)
    expect(references.bleu([words('a b c')], 1)).toBeCloseTo(1)
  })

  it('refuses n-grams that were not counted', () => {
    expect(() => createReferences([['a']], 2).bleu([['a']], 3)).toThrow(/up to 2/)
  })
})

describe('self-BLEU', () => {
  /** By its definition, one set of references a sentence. */
  const slowly = (sentences: Sentence[], order: number): number =>
    sentences.reduce(
      (sum, sentence, i) =>
        sum + createReferences(sentences.filter((_, other) => other !== i), order).bleu([sentence], order), // prettier-ignore
      0,
    ) / sentences.length

  it('is BLEU of each sentence against all others', () => {
    const numbers = Array.from({ length: 40 }, (_, i) =>
      Array.from({ length: 3 + (i % 6) }, (_, j) => (i * 7 + j * (1 + (i % 3))) % 11),
    )
    for (const order of [1, 2, 4]) expect(createReferences(numbers, 4).selfBleu(order)).toBeCloseTo(slowly(numbers, order), 12)
  })

  it('is 1 where all say the same, and says nothing of one alone', () => {
    const same = [words('one and the same'), words('one and the same')]
    expect(createReferences(same, 3).selfBleu(3)).toBeCloseTo(1)
    expect(createReferences([words('alone')], 2).selfBleu(2)).toBe(0)
  })
})

describe('distinct n-grams', () => {
  it('are a share of all', () => {
    expect(distinct([words('a b a b'), words('a b')], 2)).toBeCloseTo(2 / 4)
    expect(distinct([words('a b a b'), words('a b')], 1)).toBeCloseTo(2 / 6)
    expect(distinct([['a']], 2)).toBe(0)
  })
})
