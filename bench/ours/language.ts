/** A language model on an LSTM, as SeqGAN's generator (Yu et al. 2017): its likelihood, and drawing from it. */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { categorical } from '../../src/nn/categorical'
import { fanInLimit } from '../../src/nn/dense'
import type { Network, Weights } from '../../src/nn/module'
import {
  add,
  concat,
  gather,
  logPartition,
  matMul,
  mean,
  mul,
  reshape,
  slice,
  split,
  stack,
  sub,
  sum,
  tensor,
  tidy,
} from '../../src/nn/ops'
import { fillUniform } from '../../src/nn/random'
import { embedding, lstm } from '../../src/nn/recurrent'
import { noise, trained, type Rates, type Row } from './row'

export interface GeneratorTable {
  vocabulary: number
  length: number
  embedding: number
  hidden: number
}

/** Tokens are numbers below `vocabulary`; a sequence begins after token 0. */
export interface Generator {
  network: Network
  /** Mean of −log p(token | those before) in nats, of int32 [length, n]. */
  nll(weights: Weights, tokens: Tensor2D): Scalar
  /** Sequences from uniform noise [length, n]: int32 [length, n]. */
  draw(weights: Weights, uniform: Tensor): Tensor2D
}

export function createGenerator({ vocabulary, length, embedding: size, hidden }: GeneratorTable): Generator {
  const tokensIn = embedding('tokens', vocabulary, size)
  const cell = lstm('lstm', size, hidden)
  const limit = fanInLimit(hidden, 1)
  const network: Network = {
    parameters: [
      ...tokensIn.parameters,
      ...cell.parameters,
      // A row a token, so that a token's row can be looked up.
      { name: 'logits/kernel', shape: [vocabulary, hidden], initial: { kind: 'uniform', limit } },
      { name: 'logits/bias', shape: [vocabulary], initial: { kind: 'zeros' } },
    ],
    forward: (weights, tokens) => cell.forward(weights, tokensIn.forward(weights, tokens)),
  }
  const begin = (n: number) => tensor(new Int32Array(n), [1, n], 'int32')
  const logits = (weights: Weights, h: Tensor) =>
    add(matMul(h, weights['logits/kernel']!, false, true), weights['logits/bias']!) as Tensor2D

  return {
    network,
    nll(weights, tokens) {
      const n = tokens.shape[1]
      const given = concat([begin(n), slice(tokens, [0, 0], [length - 1, n])])
      const h = reshape(network.forward(weights, given), [length * n, hidden])
      // log softmax at the token alone: log Σ exp of all logits against one row's product, instead of a table of all of them.
      const targets = reshape(tokens, [length * n]) as Tensor1D
      const own = add(sum(mul(h, gather(weights['logits/kernel']!, targets)), 1), gather(weights['logits/bias']!, targets))
      const all = logPartition(h as Tensor2D, weights['logits/kernel'] as Tensor2D, weights['logits/bias'] as Tensor1D)
      return mean(sub(all, own)) as Scalar
    },
    draw(weights, uniform) {
      const n = uniform.shape[1]!
      let token = reshape(begin(n), [n]) as Tensor1D
      let state = cell.empty(n)
      const drawn = split(uniform, length).map((u) => {
        state = cell.step(weights, tokensIn.forward(weights, token) as Tensor2D, state)
        token = categorical(logits(weights, state.h), reshape(u, [n]) as Tensor1D)
        return token
      })
      return stack(drawn) as Tensor2D
    },
  }
}

interface LikelihoodTable {
  batch: number
  adam: Rates
  generator: GeneratorTable
}

/** Maximum likelihood with the true tokens before each (teacher forcing), on four made-up batches in turns. */
export function likelihood({ batch, adam, generator: table }: LikelihoodTable): Row {
  const { vocabulary, length } = table
  const generator = createGenerator(table)
  const texts = [0, 1, 2, 3].map((i) =>
    Int32Array.from(fillUniform(new Float32Array(length * batch), 1, 'tokens', i, 0, vocabulary)),
  )
  return {
    networks: { generator: generator.network },
    phases: (weights) => [
      {
        inputs: (step) => ({ tokens: tensor(texts[step % texts.length]!, [length, batch], 'int32') }),
        step: trained(weights, ['generator'], adam, ({ tokens }) => {
          const nll = generator.nll(weights.generator!, tokens as Tensor2D)
          return { total: nll, parts: { nll } }
        }),
      },
    ],
  }
}

/** A batch of whole sequences. */
export function sampling({ batch, generator: table }: Omit<LikelihoodTable, 'adam'>): Row {
  const generator = createGenerator(table)
  return {
    networks: { generator: generator.network },
    phases: (weights) => [
      {
        inputs: (step) => ({ uniform: noise('uniform', [table.length, batch], 'uniform', step) }),
        step: ({ uniform }) => ({ tokens: tidy(() => generator.draw(weights.generator!, uniform!)) }),
      },
    ],
  }
}
