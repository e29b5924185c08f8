/**
 * VAE-GAN (Larsen, Sønderby, Larochelle & Winther 2015): a VAE whose decoder is the generator of a GAN. The discriminator gives
 * both what it takes to look real and a way to see: a picture is redrawn well when the discriminator's features of it are the same.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { z } from 'zod'
import type { TrainingSettings } from '../contract/nouns'
import { ACTIVATIONS, GAINS } from '../nn/activations'
import { conv2d, halved } from '../nn/conv'
import { dense, flatten } from '../nn/dense'
import type { Network, Pass, Weights } from '../nn/module'
import { chain } from '../nn/module'
import { batchNorm, instanceNorm, layerNorm, spectral } from '../nn/norm'
import { adversarial } from '../nn/objectives/adversarial'
import { normalKl, posterior, reparameterise, type Posterior } from '../nn/objectives/elbo'
import { gaussianNll, overPixels } from '../nn/objectives/likelihood'
import { add, concat, leakyRelu, mean, mul, neg, sigmoid, slice, square, sub } from '../nn/ops'
import type { Built, Phase, PictureFacts } from './define'
import { defineRecipe } from './define'
import { centre, layersFor, layerWidths, MOST_LAYERS, pictureDecoder, pictureEncoder, type PictureNetwork } from './pictures'
import * as words from './texts/vae-gan'

const NORMS = ['none', 'batch', 'layer', 'instance'] as const
const norms = {
  none: undefined,
  batch: (name: string, channels: number) => batchNorm(name, channels),
  layer: (name: string, channels: number) => layerNorm(name, channels),
  instance: instanceNorm,
}
const LOSSES = ['non-saturating', 'minimax', 'least-squares', 'hinge'] as const

const Settings = z.strictObject({
  latentSize: z.int().min(2).max(512).default(32).meta(words.settings.latentSize),
  order: z.enum(['larsen', 'weighted']).default('larsen').meta(words.settings.order),
  architecture: z.enum(['mlp', 'conv']).default('conv').meta(words.settings.architecture),
  width: z.int().min(4).max(2048).default(64).meta(words.settings.width),
  layers: z.int().min(1).max(6).default(3).meta(words.settings.layers),
  activation: z.enum(ACTIVATIONS).default('relu').meta(words.settings.activation),
  reconstruction: z.enum(['features', 'pixels']).default('features').meta(words.settings.reconstruction),
  /** l of Dis_l, counted from the picture. */
  featureLayer: z.int().min(1).max(6).default(3).meta(words.settings.featureLayer),
  /** Of the pixels' normal distribution, on [0, 1]. */
  sigma: z.number().min(0.01).max(1).default(0.1).meta(words.settings.sigma),
  beta: z.number().min(0).max(100).default(0.1).meta(words.settings.beta),
  gamma: z.number().min(0).max(100).default(0.2).meta(words.settings.gamma),
  lambda: z.number().min(0).max(10).default(0.2).meta(words.settings.lambda),
  loss: z.enum(LOSSES).default('non-saturating').meta(words.settings.loss),
  spectralNorm: z.boolean().default(true).meta(words.settings.spectralNorm),
  norm: z.enum(NORMS).default('batch').meta(words.settings.norm),
  gate: z.boolean().default(false).meta(words.settings.gate),
  equilibrium: z.number().min(0).max(5).default(0.68).meta(words.settings.equilibrium),
  margin: z.number().min(0).max(5).default(0.35).meta(words.settings.margin),
  averageDecay: z.number().min(0).max(0.9999).default(0.99).meta(words.settings.averageDecay),
})
type Settings = z.infer<typeof Settings>

function defaults(data: PictureFacts, chosen: Partial<Settings>): Partial<Settings> {
  const side = Math.max(data.height, data.width)
  const small = side < 16
  const layers = chosen.layers ?? (small ? 2 : layersFor(side))
  return {
    architecture: small ? 'mlp' : 'conv',
    layers,
    featureLayer: layers,
    latentSize: data.channels === 1 && side <= 32 ? 16 : 32,
    sigma: side * side * data.channels > 4096 ? 0.5 : 0.1,
  }
}

/** The discriminator as two networks one after the other, Dis_l and the rest, that share one set of weights. */
interface Discriminator extends Network<Tensor, Tensor> {
  /** Pictures [n, h, w, c] → features, [n, …]. */
  features(weights: Weights, x: Tensor, pass?: Pass): Tensor
  /** Features → how real each is, [n, 1]. */
  verdict(weights: Weights, features: Tensor, pass?: Pass): Tensor
}

function discriminatorOf(
  settings: PictureNetwork & Pick<Settings, 'featureLayer' | 'spectralNorm'>,
  data: PictureFacts,
): Discriminator {
  const { architecture, featureLayer } = settings
  const widths = layerWidths(settings)
  const gain = GAINS['leaky-relu']
  const leaky = (x: Tensor): Tensor => leakyRelu(x)
  const conv = architecture === 'conv'
  const { height, width, channels } = data
  const sizes = [conv ? channels : height * width * channels, ...widths]
  const blocks = widths.map((outputs, i) => {
    const inputs = sizes[i]!
    const layer = conv ? conv2d(`conv${i + 1}`, { inputs, outputs, gain }) : dense(`dense${i + 1}`, inputs, outputs, gain)
    return chain(layer, leaky)
  })
  const held = (network: Network<Tensor, Tensor>) => (settings.spectralNorm ? spectral(network) : network)
  const last = widths.at(-1)!
  const flat = conv ? halved(height, widths.length) * halved(width, widths.length) * last : last
  const seeing = held(chain(centre, ...(conv ? [] : [flatten]), ...blocks.slice(0, featureLayer)))
  const judging = held(chain(...blocks.slice(featureLayer), flatten, dense('score', flat, 1)))
  return { ...chain(seeing, judging), features: seeing.forward, verdict: judging.forward }
}

/**
 * Who moves in the next step, from the discriminator's mean losses in the last one (the authors' code; the paper has no gate).
 * A discriminator that tells apart too well rests, and so does the decoder while the discriminator is too weak to teach it.
 * Where both hold, or nothing is known yet, both move.
 */
export function whoMoves(
  { criticReal: real, criticMade: made }: Record<string, number>,
  { equilibrium, margin }: Pick<Settings, 'equilibrium' | 'margin'>,
): { decoder: boolean; discriminator: boolean } {
  if (real === undefined || made === undefined) return { decoder: true, discriminator: true }
  const strong = Math.min(real, made) < equilibrium - margin
  const weak = Math.max(real, made) > equilibrium + margin
  return strong && weak ? { decoder: true, discriminator: true } : { decoder: !weak, discriminator: !strong }
}

function build(settings: Settings, data: PictureFacts): Built {
  const { latentSize, order, sigma, beta, gamma, lambda, gate, averageDecay } = settings
  const net = { ...settings, norm: norms[settings.norm] }
  const encoder = pictureEncoder(net, data, 2 * latentSize)
  const decoder = pictureDecoder(net, data, latentSize)
  const discriminator = discriminatorOf(net, data)
  const game = adversarial[settings.loss]
  const pixels = data.height * data.width * data.channels

  type All = Record<string, Weights>
  const encode = (all: All, x: Tensor, pass?: Pass): Posterior => posterior(encoder.forward(all.encoder!, x, pass))
  const decode = (all: All, latents: Tensor, pass?: Pass): Tensor4D =>
    sigmoid(decoder.forward(all.decoder!, latents, pass)) as Tensor4D
  const see = (all: All, x: Tensor, pass?: Pass): Tensor => discriminator.features(all.discriminator!, x, pass)
  const judge = (all: All, seen: Tensor, pass?: Pass): Tensor => discriminator.verdict(all.discriminator!, seen, pass)

  /** −log p(Dis_l(x) | z) for features that are normal with variance 1 around those of x̃, without its constant (eq. 7 and 8). */
  const unlikeness = (seen: Tensor, seenOfReal: Tensor): Tensor1D => mul(overPixels(square(sub(seenOfReal, seen))), 0.5)
  const redrawingError = (all: All, x: Tensor, redrawn: Tensor): Tensor1D =>
    settings.reconstruction === 'pixels' ? gaussianNll(redrawn, x, sigma) : unlikeness(see(all, redrawn), see(all, x))
  const perPixel = (x: Tensor, redrawn: Tensor): Tensor1D => mul(overPixels(square(sub(x, redrawn))), 1 / pixels)
  const vaeTerms = (all: All, x: Tensor, eps: Tensor, pass?: Pass) => {
    const q = encode(all, x, pass)
    const redrawn = decode(all, reparameterise(q, eps), pass)
    return { q, redrawn, kl: normalKl(q), reconstruction: redrawingError(all, x, redrawn) }
  }

  const latent = (count: number) => ({ shape: [count, latentSize], distribution: 'normal' as const })
  const eps = (count: number) => ({ eps: latent(count) })
  const epsAndPrior = (count: number) => ({ eps: latent(count), prior: latent(count) })
  /** x̃ and x_p of algorithm 1, one after the other: [2n, …]. */
  const redrawnAndNew = (all: All, { x, noise }: Input): Tensor4D =>
    decode(all, concat([reparameterise(encode(all, x, TRAINING), noise.eps!), noise.prior!]), TRAINING)

  const encoderPhase: Phase = {
    name: 'encoder',
    trains: ['encoder'],
    noise: eps,
    loss: ({ weights, x, noise, average }) => {
      const terms = vaeTerms(weights, x, noise.eps!, TRAINING)
      const kl = average(terms.kl)
      const reconstruction = average(terms.reconstruction)
      return { total: add(mul(kl, beta), reconstruction), parts: { kl, reconstruction } }
    },
  }

  /** The discriminator's losses as the decoder's phase sees them: they go on being known while the discriminator rests. */
  const known = ({ x, average }: Input, ofReal: Tensor, ofMade: Tensor): Record<string, Scalar> => {
    const [redrawn, fresh] = halves(game.critic.made(ofMade), x.shape[0])
    const criticMade = mul(add(average(redrawn), mean(fresh)), 0.5) as Scalar
    return { criticReal: average(game.critic.real(ofReal)), criticMade }
  }

  const decoderPhase: Phase = {
    name: 'decoder',
    trains: ['decoder'],
    noise: epsAndPrior,
    when: gate ? (parts) => whoMoves(parts, settings).decoder : undefined,
    loss: (input) => {
      const { weights, x, average } = input
      const pictures = redrawnAndNew(weights, input)
      const seen = see(weights, pictures)
      const seenOfReal = see(weights, x)
      const scores = judge(weights, seen)
      const likeness = average(unlikeness(halves(seen, x.shape[0])[0]!, seenOfReal))
      const fooling = halves(game.generator(scores), x.shape[0])
      const generator = add(average(fooling[0]!), mean(fooling[1]!)) as Scalar
      const mse = average(perPixel(x, halves(pictures, x.shape[0])[0]!))
      const judged = gate ? known(input, judge(weights, seenOfReal), scores) : {}
      return { total: add(mul(likeness, gamma), generator), parts: { generator, mse, ...judged } }
    },
  }

  /** −L_GAN (eq. 9): of real pictures, of redrawn and of new ones, one weight each. */
  const discriminatorPhase: Phase = {
    name: 'discriminator',
    trains: ['discriminator'],
    noise: epsAndPrior,
    when: gate ? (parts) => whoMoves(parts, settings).discriminator : undefined,
    loss: (input) => {
      const { weights, x } = input
      const seen = see(weights, concat([x, redrawnAndNew(weights, input)]), TRAINING)
      const scores = judge(weights, seen, TRAINING)
      const n = x.shape[0]
      const parts = known(input, rows(scores, 0, n), rows(scores, n, 2 * n))
      return { total: add(parts.criticReal!, mul(parts.criticMade!, 2)), parts }
    },
  }

  /** λ·L_GAN on new pictures alone. */
  const generatorPhase: Phase = {
    name: 'generator',
    trains: ['decoder'],
    noise: (count) => ({ prior: latent(count) }),
    // An optimiser of its own would undo a factor on the loss: Adam's updates do not depend on it. So λ is one on its steps.
    training: (run: TrainingSettings) => ({ learningRate: run.learningRate * lambda }),
    loss: ({ weights, noise }) => {
      const scores = judge(weights, see(weights, decode(weights, noise.prior!, TRAINING)))
      const generator = mean(game.generator(scores)) as Scalar
      return { total: generator, parts: { generator } }
    },
  }

  const vaePhase: Phase = {
    name: 'vae',
    trains: ['encoder', 'decoder'],
    noise: eps,
    loss: ({ weights, x, noise, average }) => {
      const terms = vaeTerms(weights, x, noise.eps!, TRAINING)
      const kl = average(terms.kl)
      const reconstruction = average(terms.reconstruction)
      const mse = average(perPixel(x, terms.redrawn))
      return { total: add(mul(kl, beta), reconstruction), parts: { kl, reconstruction, mse } }
    },
  }

  const phases = {
    larsen: [encoderPhase, decoderPhase, discriminatorPhase],
    weighted: [discriminatorPhase, generatorPhase, vaePhase],
  }
  return {
    networks: { encoder, decoder, discriminator },
    stages: [{ ...FIT, phases: phases[order] }],
    averages: averageDecay > 0 ? { networks: ['encoder', 'decoder'], decay: averageDecay } : undefined,
    abilities: {
      latentSize,
      encode: (weights, x) => encode(weights, x).mean,
      decode: (weights, latents: Tensor2D) => decode(weights, latents),
      scoreNoise: eps,
      score: (weights, x, noise) => {
        const { reconstruction, kl } = vaeTerms(weights, x, noise.eps!)
        return add(reconstruction, kl)
      },
      measure: (weights, x, noise) => {
        const { q, reconstruction, kl } = vaeTerms(weights, x, noise.eps!)
        const mse = perPixel(x, decode(weights, q.mean))
        const measured: Record<string, Tensor> = { reconstruction, kl, mse }
        if (settings.reconstruction === 'pixels') measured.elbo = neg(add(reconstruction, kl))
        return measured
      },
    },
  }
}

const TRAINING: Pass = { training: true }

type Input = Parameters<Phase['loss']>[0]

/** `count` rows from the `first`. */
function rows<T extends Tensor>(x: T, first: number, count: number): T {
  return slice(x, [first, ...Array<number>(x.rank - 1).fill(0)], [count, ...x.shape.slice(1)]) as T
}

function halves<T extends Tensor>(x: T, count: number): [T, T] {
  return [rows(x, 0, count), rows(x, count, count)]
}

const FIT = { name: 'fit', title: words.fit }

export const vaeGan = defineRecipe<Settings>({
  id: 'vae-gan',
  title: words.title,
  summary: words.summary,
  about: words.about,
  paper: 'Larsen et al. 2015, Autoencoding beyond pixels using a learned similarity metric, arXiv:1512.09300',
  data: ['images'],
  goals: ['more-like-these', 'morph', 'find-odd'],
  // An error in features that move while training is no likelihood of a picture; with `pixels` there is a bound, in `measure`.
  likelihood: 'none',
  prior: 'normal',
  abilities: ['encode', 'decode', 'generate', 'score'],
  converges: false,
  // Without momentum of the gradients, as the GAN: on 32 × 32 faces after 1,500 steps, squared error 0.0043 and a Fréchet distance of 0.21.
  training: { learningRate: 0.001, beta1: 0 },
  settings: Settings,
  defaults,
  rules: [
    { when: { architecture: ['mlp'] }, setting: 'norm', allowed: ['none', 'batch', 'layer'], reason: words.rules.instance },
    { when: { order: ['larsen'] }, setting: 'reconstruction', allowed: ['features'], reason: words.rules.features },
    { when: { order: ['weighted'] }, setting: 'gate', allowed: [false], reason: words.rules.gateOrder },
    { when: { loss: ['least-squares', 'hinge'] }, setting: 'gate', allowed: [false], reason: words.rules.gateLoss },
    ...Array.from({ length: MOST_LAYERS - 1 }, (_, i) => ({
      when: { layers: [i + 1] },
      setting: 'featureLayer',
      allowed: Array.from({ length: i + 1 }, (_, k) => k + 1),
      reason: words.rules.featureLayer,
    })),
  ],
  presets: [
    {
      id: 'article-vae-gan',
      ...words.presets.article,
      settings: {
        order: 'weighted',
        architecture: 'mlp',
        width: 64,
        layers: 2,
        featureLayer: 2,
        activation: 'relu',
        reconstruction: 'pixels',
        beta: 1,
        loss: 'non-saturating',
        spectralNorm: false,
        norm: 'none',
        averageDecay: 0,
      },
      training: { learningRate: 0.0005, beta1: 0.5 },
    },
  ],
  parts: words.parts,
  stages: [FIT],
  build,
})
