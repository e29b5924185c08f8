/** The two players and what of them moves when: all at once, or scale by scale where they grow. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { Network, Pass, Weights } from '../nn/module'
import type { PictureFacts } from './define'
import { pictureCritic, type CriticSettings } from './gan-critic'
import { pictureGenerator, type GeneratorSettings } from './gan-generator'

export interface Players {
  networks: Record<string, Network>
  /** How many features each of the critic's dropout layers silences some of. */
  dropouts: Record<string, number>
  /** From the smallest pictures to the full ones. */
  scales: Scale[]
  /** [n, latentSize] → pictures in [0, 1], of full size where no scale is named. */
  generate(weights: Record<string, Weights>, latents: Tensor, pass: Pass, scale?: number): Tensor4D
  /** Pictures of that scale → scores [n, 1]. */
  judge(weights: Record<string, Weights>, pictures: Tensor, pass: Pass, scale?: number): Tensor
}

/** What is trained while the players work at one size. */
export interface Scale {
  /** 0 for the smallest. */
  index: number
  height: number
  width: number
  /** Networks that move. */
  generator: string[]
  critic: string[]
  /** Real pictures of full size → of this one. */
  shrink(pictures: Tensor4D): Tensor4D
  /** Says how much of the newest scale is faded in, 0 … 1; null where nothing is. */
  fade: ((weights: Record<string, Weights>, share: Tensor) => void) | null
}

/** Players of one size, from first to last. */
export function plainPlayers(generator: GeneratorSettings, critic: CriticSettings, data: PictureFacts): Players {
  const networks = { generator: pictureGenerator(generator, data), critic: pictureCritic(critic, data) }
  const { height, width } = data
  return {
    networks,
    dropouts: networks.critic.dropouts,
    scales: [{ index: 0, height, width, generator: ['generator'], critic: ['critic'], shrink: (x) => x, fade: null }],
    generate: (weights, latents, pass) => networks.generator.forward(weights.generator!, latents, pass) as Tensor4D,
    judge: (weights, pictures, pass) => networks.critic.forward(weights.critic!, pictures, pass) as Tensor,
  }
}
