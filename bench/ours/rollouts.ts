/**
 * SeqGAN's roll-outs (Yu et al. 2017, eq. 4): each sequence of a batch is drawn to its end several times, and the mean of what the
 * critic says of them is the reward. Here from the first token on: a generator's update repeats it from every later one.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { dense } from '../../src/nn/dense'
import type { Network, Parameter, Weights } from '../../src/nn/module'
import { add, concat, conv2d, max, mean, mul, relu, reshape, sigmoid, sub, tidy, transpose } from '../../src/nn/ops'
import { embedding } from '../../src/nn/recurrent'
import { createGenerator, type GeneratorTable } from './language'
import { noise, type Row } from './row'

interface CriticTable {
  embedding: number
  /** Widths of the convolutions over time, and how many maps each has. */
  windows: number[]
  maps: number[]
}

interface RolloutsTable {
  batch: number
  rollouts: number
  generator: GeneratorTable
  critic: CriticTable
}

/** Convolutions over time, their largest value each, a highway layer and a verdict (Kim 2014; Yu et al. 2017, appendix C): int32 [length, n] → [n, 1]. */
function createCritic(vocabulary: number, { embedding: size, windows, maps }: CriticTable): Network {
  const tokensIn = embedding('tokens', vocabulary, size)
  const features = maps.reduce((sum, count) => sum + count, 0)
  const transform = dense('transform', features, features)
  const carry = dense('carry', features, features)
  const verdict = dense('verdict', features, 1)
  const kernels = windows.map((window, i): Parameter => {
    const shape = [1, window, size, maps[i]!]
    return { name: `conv${window}/kernel`, shape, initial: { kind: 'normal', deviation: 0.1 } }
  })
  const biases = windows.map((window, i): Parameter => {
    return { name: `conv${window}/bias`, shape: [maps[i]!], initial: { kind: 'zeros' } }
  })
  return {
    parameters: [tokensIn, transform, carry, verdict].flatMap(({ parameters }) => parameters).concat(kernels, biases),
    forward(weights, tokens) {
      const [length, n] = tokens.shape as [number, number]
      const x = reshape(tokensIn.forward(weights, transpose(tokens, [1, 0])), [n, 1, length, size])
      const seen = windows.map((window, i) => {
        const found = conv2d(x as never, weights[`conv${window}/kernel`] as never, 1, 'valid')
        const largest = max(relu(add(found, weights[`conv${window}/bias`]!)), 2)
        return reshape(largest, [n, maps[i]!])
      })
      const all = concat(seen, 1)
      const gate = sigmoid(carry.forward(weights, all))
      const lifted = add(mul(gate, relu(transform.forward(weights, all))), mul(sub(1, gate), all))
      return verdict.forward(weights, lifted)
    },
  }
}

export function rollouts({ batch, rollouts, generator: table, critic: criticTable }: RolloutsTable): Row {
  const generator = createGenerator(table)
  const critic = createCritic(table.vocabulary, criticTable)
  const reward = (weights: Record<string, Weights>, uniform: Tensor): Tensor1D => {
    const tokens: Tensor2D = generator.draw(weights.generator!, uniform as Tensor2D)
    const likely = sigmoid(critic.forward(weights.critic!, tokens))
    return mean(reshape(likely, [rollouts, batch]), 0) as Tensor1D
  }
  return {
    networks: { generator, critic },
    phases: (weights) => [
      {
        inputs: (step) => ({ uniform: noise('uniform', [table.length, rollouts * batch], 'uniform', step) }),
        step: ({ uniform }) => ({ reward: tidy(() => reward(weights, uniform!)) }),
      },
    ],
  }
}
