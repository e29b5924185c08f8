/** log p(x) of items, estimated by importance sampling from a model's posterior. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { LogLikelihood } from '../contract/explore'
import { logMeanExp } from '../nn/objectives/importance'
import { tensor, tidy } from '../nn/ops'
import { drawNoise } from '../nn/random'
import type { NoiseSpec } from '../recipes/define'
import { chunkSize, need } from './abilities'
import type { PictureItems } from './items'
import type { PictureModel } from './model'
import type { CallContext } from './serve/latents'

/**
 * Over the items at these positions. The noise is a function of the position of a batch's first item and of the sample, so the same
 * model gives the same number each time. Throws `ability-missing` for a model without a posterior.
 */
export async function logLikelihood(
  model: PictureModel,
  items: Pick<PictureItems, 'floats'>,
  positions: number[],
  samples: number,
  { breathe, progress }: CallContext,
): Promise<LogLikelihood> {
  const { height, width, channels } = model.data
  const { of, itemNoise, sampleNoise } = need(model, 'tell likelihoods', model.built.abilities.logWeights)
  const room = chunkSize(model)
  /** Items at once, and samples of each at once: together as many decoded pictures as there is room for. */
  const few = Math.max(1, Math.floor(room / samples))
  const some = Math.min(samples, room)
  const draw = (specs: Record<string, NoiseSpec>, stream: string, index: number): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => [name, tensor(drawNoise(spec, 0, `${stream}/${name}`, index), spec.shape)]),
    )

  let sum = 0
  let squares = 0
  for (let from = 0; from < positions.length; from += few) {
    const part = positions.slice(from, from + few)
    const count = part.length
    const pictures = items.floats(part)
    const weights = new Float32Array(count * samples)
    for (let sample = 0; sample < samples; sample += some) {
      const drawn = Math.min(some, samples - sample)
      const made = tidy(() => {
        const x = tensor(pictures, [count, height, width, channels]) as Tensor4D
        const noise = {
          ...draw(itemNoise(count), 'likelihood', from),
          ...draw(sampleNoise(count, drawn), `likelihood/${sample}`, from),
        }
        return of(model.shown, x, drawn, noise)
      })
      const values = await made.data()
      made.dispose()
      for (let i = 0; i < count; i++) weights.set(values.subarray(i * drawn, (i + 1) * drawn), i * samples + sample)
      await breathe()
    }
    for (const value of logMeanExp(weights, samples)) {
      sum += value
      squares += value * value
    }
    progress(from + count, positions.length)
  }
  const n = positions.length
  const mean = sum / n
  const variance = n > 1 ? Math.max(0, squares - n * mean * mean) / (n - 1) : 0
  return { samples, mean, standardError: Math.sqrt(variance / n) }
}
