/**
 * The latent from which a generator draws a given picture most nearly (Zhu et al. 2016, "Generative visual manipulation on the
 * natural image manifold", §3.1; Schlegl et al. 2017, "AnoGAN", §2.2). Found by descent from several starts, it is
 * argmin over z of ‖x − G(z)‖² / 2σ² − log p(z): the most probable latent where pixels are normal around what is drawn.
 */
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { TrainingSettings } from '../../contract/nouns'
import { createOptimizer } from '../optimizers'
import { add, clipByValue, dispose, gradients, makeVariable, mean, mul, reshape, square, sub, sum, tidy, tile } from '../ops'
import { fillNormal, fillUniform } from '../random'

interface InversionOptions {
  latentSize: number
  prior: 'normal' | 'uniform'
  /** Latents drawn from the prior that the descent begins from. */
  starts?: number
  /** Updates of each start; the best of them then goes on for three times as many. */
  steps?: number
  seed?: number
  /** σ, in units of pixels on [0, 1]: the smaller, the less the prior counts. */
  deviation?: number
  learningRate?: number
  /** A layer of a critic, [n, …]; its errors count beside the pixels' (Schlegl et al. 2017, eq. 4 to 6). */
  features?: (x: Tensor4D) => Tensor
  /** λ of eq. 6: the features' share of the error. */
  featureShare?: number
  /** Called after every update, of `total`; whoever waits in it lets others compute, and what it throws ends the descent. */
  onStep?: (done: number, total: number) => Promise<void> | void
}

interface Inversion {
  /** [n, latentSize], row by row. */
  latents: Float32Array
  /** Per picture the mean squared error of pixels, and with features their share of it: [n]. */
  errors: Float32Array
}

/**
 * Inverts `decode` (latents [n, latentSize] → pictures in [0, 1]) at the pictures `target`, all of them at once: `starts` × n
 * pictures are in memory. What is found for a picture does not depend on the others, for all begin from the same starts.
 */
export async function invert(
  decode: (latents: Tensor2D) => Tensor4D,
  target: Tensor4D,
  options: InversionOptions,
): Promise<Inversion> {
  const { latentSize, prior, starts = 4, steps = 50, seed = 0, deviation = 0.1, learningRate = 0.1 } = options
  const { features, featureShare = 0.1, onStep } = options
  const count = target.shape[0]
  const last = 3 * steps
  const total = steps + last

  const perItem = (x: Tensor): Tensor => mean(reshape(x, [x.shape[0]!, -1]), 1)
  const errorsOf = (latents: Tensor2D, x: Tensor4D): Tensor => {
    const drawn = decode(latents)
    const pixels = perItem(square(sub(x, drawn)))
    if (!features) return pixels
    const seen = perItem(square(sub(features(x), features(drawn))))
    return add(mul(pixels, 1 - featureShare), mul(seen, featureShare))
  }
  const pixels = target.size / count
  /** Every item's own, added up: no item's gradient depends on the others. */
  const energy = (latents: Tensor2D, x: Tensor4D): Scalar => {
    const likelihood = mul(sum(errorsOf(latents, x)), pixels / (2 * deviation ** 2))
    return (prior === 'normal' ? add(likelihood, mul(sum(square(latents)), 0.5)) : likelihood) as Scalar
  }

  async function descend(from: Float32Array, x: Tensor4D, updates: number, before: number): Promise<Inversion> {
    const latents = makeVariable(from, [from.length / latentSize, latentSize])
    const optimizer = createOptimizer(TrainingSettings.parse({ learningRate }), { latents })
    const now = latents as Tensor as Tensor2D
    try {
      for (let step = 1; step <= updates; step++) {
        tidy(() => {
          optimizer.apply(gradients(() => energy(now, x), { latents }).grads)
          // Outside of the cube a uniform prior has nothing.
          if (prior === 'uniform') latents.assign(clipByValue(latents, -1, 1))
        })
        await onStep?.(before + step, total)
      }
      const errors = tidy(() => errorsOf(now, x))
      const [z, each] = await Promise.all([now.data(), errors.data()])
      errors.dispose()
      return { latents: Float32Array.from(z), errors: each as Float32Array }
    } finally {
      dispose([latents, ...Object.values(optimizer.slots)])
    }
  }

  const begin = new Float32Array(starts * count * latentSize)
  for (let start = 0; start < starts; start++) {
    const place = new Float32Array(latentSize)
    if (prior === 'normal') fillNormal(place, seed, 'inversion', start)
    else fillUniform(place, seed, 'inversion', start, -1, 1)
    for (let item = 0; item < count; item++) begin.set(place, (start * count + item) * latentSize)
  }
  const all = tile(target, [starts, 1, 1, 1])
  try {
    const tried = await descend(begin, all, steps, 0)
    const best = new Float32Array(count * latentSize)
    for (let item = 0; item < count; item++) {
      let row = item
      for (let other = item; other < starts * count; other += count) if (tried.errors[other]! < tried.errors[row]!) row = other
      best.set(tried.latents.subarray(row * latentSize, (row + 1) * latentSize), item * latentSize)
    }
    return await descend(best, target, last, steps)
  } finally {
    all.dispose()
  }
}
