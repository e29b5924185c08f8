/**
 * BLEU (Papineni et al. 2002) as papers on text GANs report it: the mean over sentences, every reference at once, n-grams up to N with
 * equal weights. Where no n-gram of some length matches, 0.1 of one does (Chen & Cherry 2014, method 1). It grows with the number of
 * references, so it compares only at equal sets: `references` belongs beside every figure.
 */

/** Numbers of tokens, or anything else that can be told apart by its value. */
export type Sentence = readonly (number | string)[]

const SMOOTHED = 0.1
/** Between the tokens of an n-gram in its key: in no token, for tokens are words, characters or numbers. */
const BETWEEN = '\u0000'

/** In how many of a length's n-grams each one occurs, at most, in one reference; and which reference that is. */
interface Most {
  count: number
  of: number
  /** In any other reference than that. */
  next: number
}

export interface References {
  readonly size: number
  /** Mean of sentence BLEU with n-grams up to `order`, 0 to 1. */
  bleu(sentences: readonly Sentence[], order: number): number
  /** Each reference against all others: near 1 where sentences repeat each other (Zhu et al. 2018). */
  selfBleu(order: number): number
}

/** Counts n-grams up to `order`, once for all that is compared with these sentences. */
export function createReferences(references: readonly Sentence[], order: number): References {
  const most = Array.from({ length: order }, (_, n) => mostOf(references, n + 1))
  const lengths = new Map<number, number>()
  for (const { length } of references) lengths.set(length, (lengths.get(length) ?? 0) + 1)

  /** `own`: the place of the sentence among the references, which then does not count. */
  function sentenceBleu(sentence: Sentence, upTo: number, own = -1): number {
    if (upTo > order) throw new Error(`bleu: n-grams were counted up to ${order}, not ${upTo}`)
    if (sentence.length === 0) return 0
    let logarithms = 0
    for (let n = 1; n <= upTo; n++) {
      let [matched, all] = [0, 0]
      for (const [gram, count] of gramsOf(sentence, n)) {
        const found = most[n - 1]!.get(gram)
        const allowed = !found ? 0 : found.of === own ? found.next : found.count
        matched += Math.min(count, allowed)
        all += count
      }
      if (n === 1 && matched === 0) return 0
      logarithms += Math.log((matched || SMOOTHED) / Math.max(1, all)) / upTo
    }
    const reference = nearestLength(sentence.length, own >= 0)
    const brevity = sentence.length > reference ? 1 : Math.exp(1 - reference / sentence.length)
    return brevity * Math.exp(logarithms)
  }

  /** The shorter of two that are as near. */
  function nearestLength(length: number, withoutItself: boolean): number {
    for (let away = 0; ; away++)
      for (const candidate of [length - away, length + away]) {
        const others = (lengths.get(candidate) ?? 0) - (withoutItself && candidate === length ? 1 : 0)
        if (others > 0) return candidate
      }
  }

  return {
    size: references.length,
    bleu: (sentences, upTo) => meanOf(sentences.map((sentence) => sentenceBleu(sentence, upTo))),
    selfBleu: (upTo) =>
      references.length < 2 ? 0 : meanOf(references.map((sentence, own) => sentenceBleu(sentence, upTo, own))),
  }
}

/** Different n-grams as a share of all, in all sentences together (Li et al. 2016): 1 where none occurs twice. */
export function distinct(sentences: readonly Sentence[], n: number): number {
  const seen = new Set<string>()
  let all = 0
  for (const sentence of sentences)
    for (const [gram, count] of gramsOf(sentence, n)) {
      seen.add(gram)
      all += count
    }
  return all === 0 ? 0 : seen.size / all
}

function mostOf(references: readonly Sentence[], n: number): Map<string, Most> {
  const most = new Map<string, Most>()
  references.forEach((sentence, of) => {
    for (const [gram, count] of gramsOf(sentence, n)) {
      const known = most.get(gram)
      if (!known) most.set(gram, { count, of, next: 0 })
      else if (count > known.count) most.set(gram, { count, of, next: known.count })
      else known.next = Math.max(known.next, count)
    }
  })
  return most
}

function gramsOf(sentence: Sentence, n: number): Map<string, number> {
  const grams = new Map<string, number>()
  for (let at = 0; at + n <= sentence.length; at++) {
    const gram = sentence.slice(at, at + n).join(BETWEEN)
    grams.set(gram, (grams.get(gram) ?? 0) + 1)
  }
  return grams
}

function meanOf(values: number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
