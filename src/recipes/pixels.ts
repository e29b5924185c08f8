/** What a decoder says of a picture's pixels, and how that is judged: the likelihoods that the encoding picture recipes share. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import type { Network, Weights } from '../nn/module'
import { bernoulliNll, gaussianNll, logisticNll } from '../nn/objectives/likelihood'
import { add, clipByValue, exp, mul, sigmoid, slice } from '../nn/ops'
import type { PictureFacts } from './define'

export const LIKELIHOODS = ['bernoulli', 'gaussian', 'logistic'] as const
export const TOLERANCES = ['fixed', 'one', 'per-pixel', 'by-latent'] as const

export interface PixelSettings {
  likelihood: (typeof LIKELIHOODS)[number]
  /** What the deviation is a function of: of nothing; learned, one for all, one a pixel, or one a pixel and latent. */
  tolerance: (typeof TOLERANCES)[number]
  /** The deviation, in units of pixels on [0, 1]; where it is learned, where that begins. */
  sigma: number
  /** A learned deviation stays above this: without a floor the density of what is redrawn exactly has no bound. */
  leastSigma: number
}

export interface Pixels {
  /** Channels that the decoder must give. */
  channels: number
  /** Networks that learn along with the decoder. */
  networks: Record<string, Network>
  /** −log p(x | z) of pictures [n, h, w, c] by the decoder's output, [n]. */
  nll: (weights: Record<string, Weights>, decoded: Tensor4D, x: Tensor4D) => Tensor1D
  /** The pictures that are likeliest, in [0, 1]. */
  likeliest: (decoded: Tensor4D) => Tensor4D
}

const NAME = 'deviation'

export function pixels({ likelihood, tolerance, sigma, leastSigma }: PixelSettings, data: PictureFacts): Pixels {
  const { height, width, channels } = data
  // σ = floor + e^r (the softplus on log σ of Rybkin et al. 2021, §3.2, with the logarithm undone); r begins so that σ is `sigma`.
  const begin = Math.log(Math.max(sigma - leastSigma, leastSigma / 10))
  const byLatent = tolerance === 'by-latent'
  const shape = { fixed: null, 'by-latent': null, one: [1], 'per-pixel': [height, width, channels] }[tolerance]
  const learned: Network | null = shape && {
    parameters: [{ name: NAME, shape, initial: { kind: 'blocks', values: [begin] } }],
    forward: (weights) => weights[NAME]!,
  }

  const part = (decoded: Tensor4D, from: number) =>
    byLatent ? (slice(decoded, [0, 0, 0, from], [-1, -1, -1, channels]) as Tensor4D) : decoded
  const logits = (decoded: Tensor4D) => part(decoded, 0)
  const deviation = (weights: Record<string, Weights>, decoded: Tensor4D): number | Tensor => {
    if (learned) return add(exp(weights[NAME]![NAME]!), leastSigma)
    return byLatent ? add(exp(add(part(decoded, channels), begin)), leastSigma) : sigma
  }
  /**
   * Where a pixel's distribution is centred. The logistic one may be centred beyond black and white, for all that lies there counts
   * as them: held within, it could give the many pixels that are quite black no more than half of its mass.
   */
  const centre = (decoded: Tensor4D) => {
    const l = logits(decoded)
    return likelihood === 'logistic' ? (add(mul(l, 0.25), 0.5) as Tensor4D) : sigmoid(l)
  }

  return {
    channels: byLatent ? 2 * channels : channels,
    networks: learned ? { [NAME]: learned } : {},
    likeliest: (decoded) => (likelihood === 'logistic' ? clipByValue(centre(decoded), 0, 1) : centre(decoded)),
    nll(weights, decoded, x) {
      if (likelihood === 'bernoulli') return bernoulliNll(logits(decoded), x)
      const spread = deviation(weights, decoded)
      if (likelihood === 'gaussian') return gaussianNll(centre(decoded), x, spread)
      return logisticNll(centre(decoded), x, typeof spread === 'number' ? spread * SCALE : mul(spread, SCALE))
    },
  }
}

/** A logistic distribution's scale, from its deviation. */
const SCALE = Math.sqrt(3) / Math.PI
