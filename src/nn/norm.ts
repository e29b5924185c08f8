/**
 * Layers that keep numbers in size: of activations, [n, …, channels], and of a critic's own kernels. A dense layer or convolution
 * right before batch or instance norm needs no bias: the norm takes it away again.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Network, Parameter, Weights } from './module'
import { add, concat, constant, div, matMul, mean, mul, reshape, sqrt, square, sub, sum, zeros } from './ops'

/** Added to a variance, not to its root (Ioffe & Szegedy 2015, algorithm 1). */
const EPSILON = 1e-5
/** Below the root of a squared norm, for a kernel of zeros. */
const TINY = 1e-12

/**
 * Batch normalisation (Ioffe & Szegedy 2015, algorithms 1 and 2): each channel over the batch and all places. A training pass takes
 * the batch's own mean and variance and moves the running ones, m ← decay·m + (1 − decay)·batch; any other pass takes the running
 * ones. Parameters `<name>/scale`, `<name>/shift`, `<name>/mean`, `<name>/variance`, all [channels]; the last two are kept.
 */
export function batchNorm(name: string, channels: number, decay = 0.9): Network<Tensor, Tensor> {
  const [keptMean, keptVariance] = [`${name}/mean`, `${name}/variance`]
  return {
    parameters: [
      ...affine(name, channels),
      { name: keptMean, shape: [channels], initial: { kind: 'zeros' }, kept: true },
      { name: keptVariance, shape: [channels], initial: { kind: 'ones' }, kept: true },
    ],
    forward(weights, x, { training = false } = {}) {
      if (!training) return scaled(name, weights, standardised(x, weights[keptMean]!, weights[keptVariance]!))
      const axes = x.shape.map((_, axis) => axis).slice(0, -1)
      const count = x.size / channels
      const batch = moments(x, axes)
      const move = (kept: string, now: Tensor): void =>
        weights[kept]!.assign(add(mul(weights[kept]!, decay), mul(reshape(now, [channels]), 1 - decay)))
      move(keptMean, batch.mean)
      // Without the bias of a variance around the batch's own mean (algorithm 2, step 10).
      move(keptVariance, mul(batch.variance, count / Math.max(1, count - 1)))
      return scaled(name, weights, standardised(x, batch.mean, batch.variance))
    },
  }
}

/**
 * Layer normalisation (Ba et al. 2016, eq. 3 and 4): by mean and variance over the axes from `from` on. −1: the units of a dense
 * layer, or each place by itself; 1: a picture's channels and places together, as critics have it (Gulrajani et al. 2017, §4).
 * Parameters `<name>/scale` and `<name>/shift` [channels].
 */
export function layerNorm(name: string, channels: number, from = -1): Network<Tensor, Tensor> {
  return ownNorm(name, channels, (rank) => axesBetween((from + rank) % rank, rank))
}

/** Instance normalisation (Ulyanov et al. 2016, eq. 3): each item's channels over their places. [n, h, w, channels]. */
export function instanceNorm(name: string, channels: number): Network<Tensor, Tensor> {
  return ownNorm(name, channels, (rank) => axesBetween(1, rank - 1))
}

/** By an item's own mean and variance, in training and after. */
function ownNorm(name: string, channels: number, axesOf: (rank: number) => number[]): Network<Tensor, Tensor> {
  return {
    parameters: affine(name, channels),
    forward(weights, x) {
      const { mean, variance } = moments(x, axesOf(x.rank))
      return scaled(name, weights, standardised(x, mean, variance))
    },
  }
}

const axesBetween = (begin: number, end: number): number[] => Array.from({ length: end - begin }, (_, i) => begin + i)

const affine = (name: string, channels: number): Parameter[] => [
  { name: `${name}/scale`, shape: [channels], initial: { kind: 'ones' } },
  { name: `${name}/shift`, shape: [channels], initial: { kind: 'zeros' } },
]

const scaled = (name: string, weights: Weights, x: Tensor): Tensor =>
  add(mul(x, weights[`${name}/scale`]!), weights[`${name}/shift`]!)

function moments(x: Tensor, axes: number[]): { mean: Tensor; variance: Tensor } {
  const centre = mean(x, axes, true)
  return { mean: centre, variance: mean(square(sub(x, centre)), axes, true) }
}

const standardised = (x: Tensor, mean: Tensor, variance: Tensor): Tensor => div(sub(x, mean), sqrt(add(variance, EPSILON)))

/**
 * One more channel that tells how much the batch's items differ: the deviation over the batch, averaged over all features and places
 * (Karras et al. 2018, §3). [n, …, c] → [n, …, c + 1]. A critic that sees it punishes a generator whose items are all alike.
 */
export function batchDeviation(x: Tensor): Tensor {
  const { variance } = moments(x, [0])
  const deviation = mean(sqrt(add(variance, TINY)))
  // Spread by an addition: the way back of tiling takes a slice for each place.
  return concat([x, add(zeros(x.shape.with(-1, 1)), deviation)], x.rank - 1)
}

const isKernel = ({ name }: Parameter): boolean => name.endsWith('/kernel')
const directionOf = (name: string): string => `${name}/direction`

/**
 * Spectral normalisation (Miyato et al. 2018, eq. 8 and algorithm 1): the network with every kernel W divided by its largest singular
 * value σ(W), so that no layer stretches. W is taken as a matrix whose columns belong to its last axis (§3 of the paper; of a
 * transposed convolution that is the convolution which it transposes, and stretches as much).
 *
 * For each kernel the network keeps `<kernel>/direction`, the input that W stretches most, [last axis]; a training pass brings it
 * one step of the power iteration closer, u ← WᵀWu / ‖WᵀWu‖. Then σ = ‖Wu‖, and with u constant its gradient is the paper's u₁v₁ᵀ.
 */
export function spectral<In extends Tensor, Out>(network: Network<In, Out>): Network<In, Out> {
  const divided = network.parameters.filter(isKernel)
  return {
    parameters: [
      ...network.parameters,
      ...divided.map(({ name, shape }): Parameter => {
        return { name: directionOf(name), shape: [shape.at(-1)!], initial: { kind: 'normal', deviation: 1 }, kept: true }
      }),
    ],
    forward(weights, x, pass = {}) {
      const kernels = divided.map(({ name }) => {
        const [kernel, kept] = [weights[name]!, weights[directionOf(name)]!]
        const columns = kept.size
        const matrix = reshape(kernel, [kernel.size / columns, columns])
        const direction = constant(() => {
          const held = reshape(kept, [columns, 1])
          return unit(pass.training ? matMul(matrix, matMul(matrix, held), true) : held)
        })
        if (pass.training) kept.assign(reshape(direction, [columns]))
        return [name, div(kernel, length(matMul(matrix, direction)))]
      })
      // Layers compute with their weights and do nothing else to them, so a tensor will do for a variable.
      return network.forward({ ...weights, ...(Object.fromEntries(kernels) as Weights) }, x, pass)
    },
  }
}

const length = (x: Tensor): Tensor => sqrt(add(sum(square(x)), TINY))
const unit = (x: Tensor): Tensor => div(x, length(x))
