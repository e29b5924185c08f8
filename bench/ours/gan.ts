/** A GAN's two players with the non-saturating loss (Goodfellow et al. 2014), each on noise of its own as in algorithm 1. */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import type { Weights } from '../../src/nn/module'
import { add, concat, mean, neg, slice, softplus } from '../../src/nn/ops'
import { network, type Layer } from './networks'
import { noise, pictures, trained, type Rates, type Row } from './row'

interface GanTable {
  batch: number
  picture: number[]
  latent: number
  adam: Rates
  networks: { generator: Layer[]; critic: Layer[] }
}

export function gan({ batch, picture, latent, adam, networks }: GanTable): Row {
  const generator = network(networks.generator)
  const critic = network(networks.critic)
  const real = pictures(batch, picture, -1)
  const z = (player: string, step: number) => noise(player, [batch, latent], 'normal', step)

  const criticLoss = (weights: Record<string, Weights>, x: Tensor, z: Tensor): Scalar => {
    const made = generator.forward(weights.generator!, z)
    const logits = critic.forward(weights.critic!, concat([x, made]))
    const ofReal = slice(logits, [0, 0], [batch, 1])
    const ofMade = slice(logits, [batch, 0], [batch, 1])
    return add(mean(softplus(neg(ofReal))), mean(softplus(ofMade))) as Scalar
  }
  const generatorLoss = (weights: Record<string, Weights>, z: Tensor): Scalar =>
    mean(softplus(neg(critic.forward(weights.critic!, generator.forward(weights.generator!, z))))) as Scalar

  return {
    networks: { generator, critic },
    phases: (weights) => [
      {
        inputs: (step) => ({ x: real(step), z: z('critic', step) }),
        step: trained(weights, ['critic'], adam, ({ x, z }) => {
          const loss = criticLoss(weights, x!, z!)
          return { total: loss, parts: { critic: loss } }
        }),
      },
      {
        inputs: (step) => ({ z: z('generator', step) }),
        step: trained(weights, ['generator'], adam, ({ z }) => {
          const loss = generatorLoss(weights, z!)
          return { total: loss, parts: { generator: loss } }
        }),
      },
    ],
  }
}
