/**
 * VAE-GAN (Larsen et al. 2016, eq. 8 and algorithm 1), a phase for each network: the decoder's pictures are judged by how the
 * critic's third convolution sees them, the critic by the GAN's loss. The phases follow each other, each on the others' newest
 * weights, so each computes its own forward pass.
 */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import type { Weights } from '../../src/nn/module'
import { normalKl, posterior, reparameterise } from '../../src/nn/objectives/elbo'
import { overPixels } from '../../src/nn/objectives/likelihood'
import { add, concat, mean, mul, neg, slice, softplus, square, sub } from '../../src/nn/ops'
import { network, type Layer } from './networks'
import { noise, pictures, trained, type Rates, type Row } from './row'

interface VaeGanTable {
  batch: number
  picture: number[]
  latent: number
  /** How much the decoder heeds likeness against deceit (eq. 9). */
  gamma: number
  adam: Rates
  networks: Record<'encoder' | 'decoder' | 'features' | 'verdict', Layer[]>
}

export function vaeGan({ batch, picture, latent, gamma, adam, networks }: VaeGanTable): Row {
  const encoder = network(networks.encoder)
  const decoder = network(networks.decoder)
  const features = network(networks.features)
  const verdict = network(networks.verdict)
  const real = pictures(batch, picture, -1)

  return {
    networks: { encoder, decoder, features, verdict },
    phases: (weights) => {
      const { encoder: e, decoder: d, features: f, verdict: v } = weights as Record<string, Weights>
      const encode = (x: Tensor) => posterior(encoder.forward(e!, x))
      const decode = (z: Tensor) => decoder.forward(d!, z)
      const see = (x: Tensor) => features.forward(f!, x)
      const judge = (seen: Tensor) => verdict.forward(v!, seen)
      /** −log p(features of x | z) for a normal distribution of deviation 1, without its constant (eq. 7). */
      const unlikeness = (seen: Tensor, ofReal: Tensor) => mul(mean(overPixels(square(sub(seen, ofReal)))), 0.5) as Scalar
      const part = (x: Tensor, i: number) =>
        slice(x, [i * batch, ...Array<number>(x.rank - 1).fill(0)], [batch, ...x.shape.slice(1)])

      const encoderLoss = (x: Tensor, eps: Tensor) => {
        const q = encode(x)
        const prior = mean(normalKl(q)) as Scalar
        const likeness = unlikeness(see(decode(reparameterise(q, eps))), see(x))
        return { total: add(prior, likeness) as Scalar, parts: { prior, likeness } }
      }
      const decoderLoss = (x: Tensor, eps: Tensor, z: Tensor) => {
        const made = decode(concat([reparameterise(encode(x), eps), z]))
        const seen = see(made)
        const likeness = unlikeness(part(seen, 0), see(x))
        const deceit = mul(mean(softplus(neg(judge(seen)))), 2) as Scalar
        return { total: add(mul(likeness, gamma), deceit) as Scalar, parts: { deceit } }
      }
      const criticLoss = (x: Tensor, eps: Tensor, z: Tensor) => {
        const made = decode(concat([reparameterise(encode(x), eps), z]))
        const logits = judge(see(concat([x, made])))
        const ofMade = slice(logits, [batch, 0], [2 * batch, 1])
        const critic = add(mean(softplus(neg(part(logits, 0)))), mul(mean(softplus(ofMade)), 2)) as Scalar
        return { total: critic, parts: { critic } }
      }

      const draw = (phase: string, name: string, step: number) => noise(`${phase}/${name}`, [batch, latent], 'normal', step)
      const inputs = (phase: string) => (step: number) => ({
        x: real(step),
        eps: draw(phase, 'eps', step),
        z: draw(phase, 'z', step),
      })
      return [
        {
          inputs: (step) => ({ x: real(step), eps: draw('encoder', 'eps', step) }),
          step: trained(weights, ['encoder'], adam, ({ x, eps }) => encoderLoss(x!, eps!)),
        },
        { inputs: inputs('decoder'), step: trained(weights, ['decoder'], adam, ({ x, eps, z }) => decoderLoss(x!, eps!, z!)) },
        {
          inputs: inputs('critic'),
          step: trained(weights, ['features', 'verdict'], adam, ({ x, eps, z }) => criticLoss(x!, eps!, z!)),
        },
      ]
    },
  }
}
