/**
 * Models of sequences of tokens, time first: how likely each token is after those before it, on stacked LSTMs, alone or told a latent.
 * Tokens are numbers below `vocabulary`; what stands before the first is `start`.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { categorical } from './categorical'
import { dense, fanInLimit } from './dense'
import type { Network, Parameter, Weights } from './module'
import { add, concat, gather, logPartition, matMul, mul, reshape, slice, split, stack, sub, sum, tensor, tile } from './ops'
import { embedding, lstm, type LstmState } from './recurrent'
import { narrowed, type Boldness } from './sampling'

/** How a latent reaches the model: as the state it begins in, beside every token, or both. */
export const LATENT_WAYS = ['state', 'input', 'both'] as const

export interface LanguageShape {
  vocabulary: number
  /** Of a token's vector. */
  embedding: number
  hidden: number
  layers?: number
  latent?: { size: number; as: (typeof LATENT_WAYS)[number] }
  start?: number
}

/** What each layer remembers of a sequence so far. */
export type Memory = LstmState[]

interface Drawing extends Boldness {
  /** [n, latent size]. */
  latents?: Tensor2D
  /** What each sequence begins with, int32 [some, n]; the rest is drawn. */
  begun?: Tensor2D
}

interface Told {
  /** What the model is told of the tokens before, the tokens themselves unless some are hidden (word dropout, Bowman et al. 2016). */
  given?: Tensor2D
  latents?: Tensor2D
  /**
   * How much of each layer's features is passed on, [n, hidden] a layer, the same at every place: dropout (Gal & Ghahramani 2016), for
   * who makes the masks.
   */
  thinned?: Tensor2D[]
}

export interface LanguageModel extends Network<Tensor2D, Tensor> {
  /** Logits of every token at each place: int32 [length, n] → [length, n, vocabulary]. Untold of a latent. */
  forward(weights: Weights, tokens: Tensor2D): Tensor
  /** −log p(token | those before) in nats, of int32 [length, n]: [length, n]. */
  nll(weights: Weights, tokens: Tensor2D, told?: Told): Tensor2D
  /** Sequences from uniform noise on [0, 1), [length, n]: int32 [length, n]. Noise at places that were begun is not used. */
  draw(weights: Weights, uniform: Tensor2D, how?: Drawing): Tensor2D
  /** Before the first token. */
  begin(weights: Weights, n: number, latents?: Tensor2D): Memory
  /** Goes on by one token, int32 [n] or none for the first place: what comes next, as logits [n, vocabulary]. */
  step(weights: Weights, token: Tensor1D | null, memory: Memory, latents?: Tensor2D): { logits: Tensor2D; memory: Memory }
}

export function createLanguageModel(shape: LanguageShape): LanguageModel {
  const { vocabulary, embedding: size, hidden, layers = 1, latent, start = 0 } = shape
  const beside = latent && latent.as !== 'state' ? latent.size : 0
  const tokensIn = embedding('tokens', vocabulary, size)
  const cells = Array.from({ length: layers }, (_, i) =>
    lstm(layers === 1 ? 'lstm' : `lstm${i + 1}`, i === 0 ? size + beside : hidden, hidden),
  )
  const begins = latent && latent.as !== 'input' ? dense('begin', latent.size, 2 * layers * hidden) : null
  const parameters: Parameter[] = [
    ...tokensIn.parameters,
    ...cells.flatMap((cell) => cell.parameters),
    ...(begins?.parameters ?? []),
    // A row a token, so that a token's row can be looked up.
    { name: 'logits/kernel', shape: [vocabulary, hidden], initial: { kind: 'uniform', limit: fanInLimit(hidden, 1) } },
    { name: 'logits/bias', shape: [vocabulary], initial: { kind: 'zeros' } },
  ]

  const before = (n: number): Tensor1D => tensor(new Int32Array(n).fill(start), [n], 'int32') as Tensor1D
  const begin = (weights: Weights, n: number, latents?: Tensor2D): Memory => {
    if (!begins) return cells.map((cell) => cell.empty(n))
    const parts = split(begins.forward(weights, latents!) as Tensor2D, 2 * layers, 1) as Tensor2D[]
    return cells.map((_, i) => ({ h: parts[2 * i]!, c: parts[2 * i + 1]! }))
  }
  const logitsOf = (weights: Weights, h: Tensor): Tensor2D =>
    add(matMul(h, weights['logits/kernel']!, false, true), weights['logits/bias']!) as Tensor2D

  /** What the last layer shows at each place: [length · n, hidden]. */
  const shown = (weights: Weights, tokens: Tensor2D, { given = tokens, latents, thinned = [] }: Told): Tensor2D => {
    const [length, n] = tokens.shape
    const told = concat([reshape(before(n), [1, n]), slice(given, [0, 0], [length - 1, n])])
    let x: Tensor = tokensIn.forward(weights, told)
    if (beside) x = concat([x, tile(reshape(latents!, [1, n, beside]), [length, 1, 1])], 2)
    begin(weights, n, latents).forEach((state, i) => {
      x = cells[i]!.follow(weights, x, state)
      if (thinned[i]) x = mul(x, reshape(thinned[i], [1, n, hidden]))
    })
    return reshape(x, [length * n, hidden]) as Tensor2D
  }

  const step: LanguageModel['step'] = (weights, token, memory, latents) => {
    const n = memory[0]!.h.shape[0]
    let x = tokensIn.forward(weights, token ?? before(n)) as Tensor2D
    if (beside) x = concat([x, latents!], 1)
    const now = cells.map((cell, i) => {
      const state = cell.step(weights, x, memory[i]!)
      x = state.h
      return state
    })
    return { logits: logitsOf(weights, x), memory: now }
  }

  return {
    parameters,
    forward: (weights, tokens) => reshape(logitsOf(weights, shown(weights, tokens, {})), [...tokens.shape, vocabulary]),
    nll(weights, tokens, told = {}) {
      const [length, n] = tokens.shape
      const h = shown(weights, tokens, told)
      // log softmax at the token alone: log Σ exp of all logits against one row's product, instead of a table of all of them.
      const targets = reshape(tokens, [length * n]) as Tensor1D
      const own = add(sum(mul(h, gather(weights['logits/kernel']!, targets)), 1), gather(weights['logits/bias']!, targets))
      const all = logPartition(h, weights['logits/kernel'] as Tensor2D, weights['logits/bias'] as Tensor1D)
      return reshape(sub(all, own), [length, n]) as Tensor2D
    },
    begin,
    step,
    draw(weights, uniform, { latents, begun, ...boldness } = {}) {
      const [length, n] = uniform.shape
      const known = begun ? split(begun, begun.shape[0]) : []
      let memory = begin(weights, n, latents)
      let token: Tensor1D | null = null
      const drawn = split(uniform, length).map((u, place) => {
        const next = step(weights, token, memory, latents)
        memory = next.memory
        token = known[place]
          ? (reshape(known[place], [n]) as Tensor1D)
          : categorical(narrowed(next.logits, boldness), reshape(u, [n]) as Tensor1D)
        return token
      })
      return stack(drawn) as Tensor2D
    },
  }
}
