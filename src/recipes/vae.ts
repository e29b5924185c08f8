/**
 * The variational autoencoder (Kingma & Welling 2013): an encoder that turns a picture into a small cloud of latents, a decoder
 * that turns a latent back into a picture, trained together on the evidence lower bound. With β it is the β-VAE (Higgins et al.
 * 2017), with a capacity that of Burgess et al. (2018), with free bits that of Kingma et al. (2016), and with a learned deviation
 * the σ-VAE (Rybkin et al. 2021).
 */
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { ACTIVATIONS } from '../nn/activations'
import type { Weights } from '../nn/module'
import { freeBits, logPriorRatio, normalKl, posterior, reparameterise } from '../nn/objectives/elbo'
import { binarised, overPixels } from '../nn/objectives/likelihood'
import { abs, add, mul, neg, reshape, square, sub, tile } from '../nn/ops'
import type { Built, NoiseSpec, PictureFacts } from './define'
import { defineRecipe } from './define'
import { layersFor, pictureDecoder, pictureEncoder } from './pictures'
import { LIKELIHOODS, pixels, TOLERANCES } from './pixels'
import * as words from './texts/vae'

const Settings = z.strictObject({
  latentSize: z.int().min(2).max(512).default(32).meta(words.settings.latentSize),
  architecture: z.enum(['mlp', 'conv']).default('conv').meta(words.settings.architecture),
  /** Units of the layer next to the latents; see `layerWidths`. */
  width: z.int().min(4).max(2048).default(64).meta(words.settings.width),
  layers: z.int().min(1).max(6).default(3).meta(words.settings.layers),
  activation: z.enum(ACTIVATIONS).default('relu').meta(words.settings.activation),
  likelihood: z.enum(LIKELIHOODS).default('gaussian').meta(words.settings.likelihood),
  binarise: z.boolean().default(false).meta(words.settings.binarise),
  tolerance: z.enum(TOLERANCES).default('fixed').meta(words.settings.tolerance),
  sigma: z.number().min(0.01).max(1).default(0.1).meta(words.settings.sigma),
  leastSigma: z.number().min(0.001).max(0.1).default(0.01).meta(words.settings.leastSigma),
  price: z.enum(['plain', 'capacity', 'free-bits']).default('plain').meta(words.settings.price),
  beta: z.number().min(0).max(1000).default(1).meta(words.settings.beta),
  /** Nats a picture. */
  capacity: z.number().min(0).max(1000).default(25).meta(words.settings.capacity),
  /** Nats a latent. */
  freeBits: z.number().min(0).max(10).default(0.1).meta(words.settings.freeBits),
  /** Steps over which the weight of the KL rises to β (Bowman et al. 2016), or the capacity from 0. */
  klWarmup: z.int().min(0).max(1_000_000).default(0).meta(words.settings.klWarmup),
})
type Settings = z.infer<typeof Settings>

function defaults(data: PictureFacts, chosen: Partial<Settings>): Partial<Settings> {
  const side = Math.max(data.height, data.width)
  const small = side < 16
  return {
    architecture: small ? 'mlp' : 'conv',
    layers: small ? 2 : layersFor(side),
    latentSize: data.channels === 1 && side <= 32 ? 16 : 32,
    // The redrawing error is a sum over pixels: many of them drown the KL, and the latents drift away from the prior. On 64 × 64
    // faces after 800 steps, 0.5 against 0.3: pictures drawn from the prior look whole, at a squared error of 0.0054 against 0.0051.
    sigma: side * side * data.channels > 4096 ? 0.5 : 0.1,
    // Only zeros and ones have a likelihood under it.
    ...(chosen.binarise ? { likelihood: 'bernoulli' } : {}),
    // The capacity is held from both sides, so its weight must outdo the pull of the redrawing; and it must rise slowly.
    ...(chosen.price === 'capacity' ? { beta: 100, klWarmup: 5000 } : {}),
  }
}

function build(settings: Settings, data: PictureFacts): Built {
  const { latentSize, binarise, price, beta, capacity, klWarmup } = settings
  const { height, width, channels } = data
  const judged = pixels(settings, data)
  const encoder = pictureEncoder(settings, data, 2 * latentSize)
  const decoder = pictureDecoder(settings, { ...data, channels: judged.channels }, latentSize)

  const encode = (weights: Record<string, Weights>, x: Tensor4D) => posterior(encoder.forward(weights.encoder!, x))
  const decode = (weights: Record<string, Weights>, latents: Tensor) => decoder.forward(weights.decoder!, latents) as Tensor4D
  const redraw = (weights: Record<string, Weights>, latents: Tensor) => judged.likeliest(decode(weights, latents))

  /** What the model takes for its data. */
  const seen = (x: Tensor4D, noise: Record<string, Tensor>) => (binarise ? binarised(x, noise.pixels!) : x)
  const pixelNoise = (count: number): Record<string, NoiseSpec> =>
    binarise ? { pixels: { shape: [count, height, width, channels], distribution: 'uniform' } } : {}
  const noise = (count: number): Record<string, NoiseSpec> => ({
    eps: { shape: [count, latentSize], distribution: 'normal' },
    ...pixelNoise(count),
  })
  /** Both terms of the bound per item, with one sample of the latent. */
  const bound = (weights: Record<string, Weights>, given: Tensor4D, noise: Record<string, Tensor>) => {
    const x = seen(given, noise)
    const q = encode(weights, x)
    const reconstruction = judged.nll(weights, decode(weights, reparameterise(q, noise.eps!)), x)
    return { reconstruction, kl: normalKl(q), q }
  }

  return {
    networks: { encoder, decoder, ...judged.networks },
    stages: [
      {
        ...FIT,
        phases: [
          {
            name: 'elbo',
            trains: ['encoder', 'decoder', ...Object.keys(judged.networks)],
            noise,
            schedule: (step): Record<string, number> => {
              const risen = Math.min(1, (step + 1) / Math.max(1, klWarmup))
              return price === 'capacity' ? { klWeight: beta, capacity: capacity * risen } : { klWeight: beta * risen }
            },
            loss: ({ weights, x, noise, schedule, average }) => {
              const terms = bound(weights, x, noise)
              const reconstruction = average(terms.reconstruction)
              const kl = average(terms.kl)
              const priced = {
                plain: () => kl,
                capacity: () => abs(sub(kl, schedule.capacity!)),
                'free-bits': () => freeBits(terms.q, settings.freeBits, average),
              }[price]()
              const loss = add(reconstruction, mul(priced, schedule.klWeight!)) as Scalar
              return { total: loss, parts: { loss, reconstruction, kl } }
            },
          },
        ],
      },
    ],
    abilities: {
      latentSize,
      encode: (weights, x) => encode(weights, x).mean,
      decode: (weights, latents: Tensor2D) => redraw(weights, latents),
      scoreNoise: noise,
      drawLatents: (weights, x, noise) => reparameterise(encode(weights, seen(x, noise)), noise.eps!),
      score: (weights, x, noise) => {
        const { reconstruction, kl } = bound(weights, x, noise)
        return add(reconstruction, kl)
      },
      measure: (weights, x, noise) => {
        const { reconstruction, kl, q } = bound(weights, x, noise)
        const redrawn = redraw(weights, binarise ? encode(weights, x).mean : q.mean)
        return {
          reconstruction,
          kl,
          elbo: neg(add(reconstruction, kl)),
          mse: mul(overPixels(square(sub(x, redrawn))), 1 / (height * width * channels)),
        }
      },
      logWeights: {
        itemNoise: pixelNoise,
        sampleNoise: (count, samples) => ({ eps: { shape: [count * samples, latentSize], distribution: 'normal' } }),
        of: (weights, given, samples, noise) => {
          const x = seen(given, noise)
          const { mean, logVariance } = encode(weights, x)
          const count = x.shape[0]
          // Row i of the batch becomes rows i·samples …
          const each = <T extends Tensor>(t: T) =>
            reshape(tile(reshape(t, [count, 1, t.size / count]), [1, samples, 1]), [count * samples, ...t.shape.slice(1)]) as T
          const q = { mean: each(mean), logVariance: each(logVariance) }
          const z = reparameterise(q, noise.eps!)
          const nll = judged.nll(weights, decode(weights, z), each(x))
          return reshape(sub(logPriorRatio(q, z, noise.eps!), nll), [count, samples]) as Tensor2D
        },
      },
    },
  }
}

const FIT = { name: 'fit', title: words.fit }

export const vae = defineRecipe<Settings>({
  id: 'vae',
  title: words.title,
  summary: words.summary,
  about: words.about,
  paper: 'Kingma & Welling 2013, Auto-Encoding Variational Bayes, arXiv:1312.6114',
  data: ['images'],
  goals: ['morph', 'more-like-these', 'find-odd', 'compress'],
  likelihood: 'bound',
  prior: 'normal',
  abilities: ['encode', 'decode', 'generate', 'score'],
  converges: true,
  settings: Settings,
  defaults,
  rules: [
    { when: { binarise: [true] }, setting: 'likelihood', allowed: ['bernoulli'], reason: words.reasons.binarise },
    { when: { likelihood: ['bernoulli'] }, setting: 'tolerance', allowed: ['fixed'], reason: words.reasons.tolerance },
  ],
  presets: [
    {
      id: 'article-vae',
      ...words.presets.article,
      settings: {
        architecture: 'mlp',
        width: 64,
        layers: 2,
        activation: 'relu',
        likelihood: 'bernoulli',
        beta: 1,
        price: 'plain',
      },
    },
  ],
  parts: words.parts,
  stages: [FIT],
  build,
})
