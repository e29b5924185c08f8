/** How likely held-out texts are to a model, and how good its own are, beside real ones. */
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { SPECIAL, type Boldness, type TextQuality, type TextScores } from '../../contract/texts'
import { createReferences, distinct, type Sentence } from '../../nn/metrics/bleu'
import { dispose, tensor, tidy } from '../../nn/ops'
import { permutation } from '../../nn/random'
import { need } from '../abilities'
import { heldOut, range, type TextItems } from '../items'
import type { Writer } from '../lines'
import type { TextModel } from '../model'
import { seen } from '../phase'
import type { CallContext } from './latents'

const ORDERS = [2, 3, 4, 5]
const DISTINCT = [1, 2, 3]
/** Tokens of each set: what is counted of them is held in memory. */
const MOST_TOKENS = 400_000
/** Texts at once, in tokens. */
const CHUNK = 16_384
/** Fewer texts tell nothing. */
const LEAST = 20
/** Of the whole, the share that the likelihood takes, about. */
const LIKELIHOOD = 0.3

interface Asked {
  count: number
  seed: number
  boldness: Boldness
}

interface TextEvaluation {
  items: number
  /** `nll`: nats a token, over all tokens of all held-out rows; `nats` a row. */
  metrics: Record<string, number>
  /** Null where there are too few texts to compare with. */
  texts: TextQuality | null
}

export async function evaluateTexts(
  model: TextModel,
  items: TextItems,
  writer: Writer,
  { count, seed, boldness }: Asked,
  { breathe, progress }: CallContext,
): Promise<TextEvaluation> {
  const share = (from: number, part: number, done: number, of: number) =>
    progress(Math.round(1000 * (from + (part * done) / of)), 1000)
  const rows = heldOut(items.pack)
  const metrics = await likelihood(model, items, rows, async (done) => {
    share(0, LIKELIHOOD, done, rows.length)
    await breathe()
  })
  const sets = choose(items, count)
  if (!sets) return { items: rows.length, metrics, texts: null }
  const { references, real, kind } = sets
  const drawn = await writer.draw(real.length, seed, boldness, async (done) => {
    share(LIKELIHOOD, 0.5, done, real.length)
    await breathe()
  })
  const compared = createReferences(sentencesAt(items, references), ORDERS.at(-1)!)
  await breathe()
  const made = scores(drawn.map(sentenceOf), compared)
  share(LIKELIHOOD, 0.6, 1, 1)
  await breathe()
  const texts: TextQuality = {
    formatVersion: 1,
    settings: { count: real.length, references: references.length, kind, seed, boldness },
    made,
    real: scores(sentencesAt(items, real), compared),
  }
  progress(1000, 1000)
  return { items: rows.length, metrics, texts }
}

async function likelihood(
  model: TextModel,
  items: TextItems,
  rows: number[],
  each: (done: number) => Promise<void>,
): Promise<Record<string, number>> {
  const measure = need(model, 'tell likelihoods', model.built.abilities.measure)
  const { length } = items.data
  const size = Math.max(1, Math.floor(CHUNK / length))
  const sums = { nats: 0, tokens: 0 }
  for (let from = 0; from < rows.length; from += size) {
    const some = rows.slice(from, from + size)
    const made = tidy(() =>
      measure(model.shown, seen(items.data, tensor(items.floats(some), [some.length, length])) as Tensor2D, {}),
    )
    for (const name of ['nats', 'tokens'] as const) for (const value of await made[name]!.data()) sums[name] += value
    dispose(made)
    await each(from + some.length)
  }
  const nll = sums.nats / sums.tokens
  return { nll, perplexity: Math.exp(nll), nats: sums.nats / rows.length }
}

interface Sets {
  references: number[]
  /** Training rows that are none of the references. */
  real: number[]
  kind: TextQuality['settings']['kind']
}

/** In an order that does not depend on the model. Null where there are too few. */
function choose({ pack: { items, train }, data: { length } }: TextItems, count: number): Sets | null {
  const most = Math.min(count, Math.floor(MOST_TOKENS / length))
  const order = Array.from(permutation(0, 0, train))
  const apart = items - train >= LEAST
  const references = apart
    ? Array.from(permutation(0, 1, items - train).subarray(0, most), (i) => train + i)
    : order.slice(0, Math.min(most, train >> 1))
  const real = apart ? order.slice(0, most) : order.slice(references.length, 2 * references.length)
  return references.length < LEAST || real.length < LEAST ? null : { references, real, kind: apart ? 'held-out' : 'training' }
}

function scores(sentences: Sentence[], references: ReturnType<typeof createReferences>): TextScores {
  const own = createReferences(sentences, ORDERS.at(-1)!)
  const by = (all: number[], of: (n: number) => number) => Object.fromEntries(all.map((n) => [String(n), of(n)]))
  return {
    bleu: by(ORDERS, (n) => references.bleu(sentences, n)),
    selfBleu: by(ORDERS, (n) => own.selfBleu(n)),
    distinct: by(DISTINCT, (n) => distinct(sentences, n)),
  }
}

/** A row's tokens up to its end or its padding. */
function sentenceOf(row: ArrayLike<number>): number[] {
  const tokens = Array.from(row)
  const end = tokens.findIndex((id) => id === SPECIAL.end || id === SPECIAL.padding)
  return end < 0 ? tokens : tokens.slice(0, end)
}

function sentencesAt(items: TextItems, positions: number[]): number[][] {
  const { length } = items.data
  const rows = items.floats(positions)
  return range(0, positions.length).map((i) => sentenceOf(rows.subarray(i * length, (i + 1) * length)))
}
