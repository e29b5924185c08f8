/**
 * SeqGAN's roll-outs (Yu et al. 2017, eq. 4): each sequence of a batch is drawn to its end several times, and the mean of what the
 * critic says of them is the reward. Here from the first token on: a generator's update repeats it from every later one.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import type { Weights } from '../../src/nn/module'
import { mean, reshape, sigmoid, tidy } from '../../src/nn/ops'
import { createTextCritic } from '../../src/nn/text-critic'
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

export function rollouts({ batch, rollouts, generator: table, critic: criticTable }: RolloutsTable): Row {
  const generator = createGenerator(table)
  const critic = createTextCritic({ vocabulary: table.vocabulary, ...criticTable })
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
