/** What a model can do, on plain arrays: batched so that memory stays small, and with the prior that its recipe declares. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { StudioError } from '../contract/errors'
import { dispose, tensor, tidy } from '../nn/ops'
import { drawNoise, fillNormal, fillUniform } from '../nn/random'
import { conditionSize } from './conditions'
import { toBytes, toFloats } from './pixels'
import type { Model, PictureModel } from './model'

/** Pictures in one go: about this many numbers, so that large pictures take no more memory than small ones. */
const NUMBERS = 1_000_000
const MOST = 256

export function chunkSize({ data }: Pick<PictureModel, 'data'>): number {
  return Math.max(1, Math.min(MOST, Math.floor(NUMBERS / (data.height * data.width * data.channels))))
}

/** Throws `ability-missing`. */
export function need<T>(model: Pick<Model, 'recipe'>, ability: string, value: T | undefined): T {
  if (value === undefined) throw new StudioError('ability-missing', { recipe: model.recipe.title.en, ability })
  return value
}

/** u8 pictures [n, h, w, c] → the posterior's means [n, latentSize]. */
export async function encode(model: PictureModel, pictures: Uint8Array): Promise<Float32Array> {
  const { height, width, channels } = model.data
  const run = need(model, 'encode', model.built.abilities.encode)
  const each = height * width * channels
  const size = latentSize(model)
  const out = new Float32Array((pictures.length / each) * size)
  const step = chunkSize(model)
  for (let from = 0; from * each < pictures.length; from += step) {
    const some = toFloats(pictures.subarray(from * each, (from + step) * each))
    const count = some.length / each
    out.set(await values(() => run(model.shown, tensor(some, [count, height, width, channels]) as Tensor4D)), from * size)
  }
  return out
}

/**
 * Latents [n, latentSize] → u8 pictures [n, h, w, c]. `rows`: what a conditional model is told of each, [n, conditionSize]; see
 * `conditions.ts`.
 */
export async function decode(model: PictureModel, latents: Float32Array, rows: Float32Array | null = null): Promise<Uint8Array> {
  const { height, width, channels } = model.data
  const run = need(model, 'decode', model.built.abilities.decode)
  const each = height * width * channels
  const size = latentSize(model)
  const told = conditionSize(model)
  if ((rows?.length ?? 0) * size !== latents.length * told) throw new Error('every picture is told one row, or none')
  const out = new Uint8Array((latents.length / size) * each)
  const step = chunkSize(model)
  for (let from = 0; from * size < latents.length; from += step) {
    const some = latents.slice(from * size, (from + step) * size)
    const count = some.length / size
    const pictures = await values(() => {
      const condition = told && (tensor(rows!.slice(from * told, (from + count) * told), [count, told]) as Tensor2D)
      return run(model.shown, tensor(some, [count, size]) as Tensor2D, condition || undefined)
    })
    out.set(toBytes(pictures), from * each)
  }
  return out
}

/** Latents drawn from the prior, [count, latentSize]: row i is a function of (seed, i), however many are drawn. */
export function drawPrior(model: PictureModel, count: number, seed: number): Float32Array {
  const size = latentSize(model)
  const out = new Float32Array(count * size)
  for (let i = 0; i < count; i++) {
    const row = out.subarray(i * size, (i + 1) * size)
    if ((model.built.prior ?? model.recipe.prior) === 'normal') fillNormal(row, seed, 'prior', i)
    else fillUniform(row, seed, 'prior', i, -1, 1)
  }
  return out
}

/** Losses per item by name, from float pictures in one batch; the noise is a function of `index`. */
export async function measure(model: PictureModel, pictures: Float32Array, index: number): Promise<Record<string, Float32Array>> {
  const { height, width, channels } = model.data
  const { measure: run, scoreNoise } = model.built.abilities
  const losses = need(model, 'measure', run)
  const count = pictures.length / (height * width * channels)
  const made = tidy(() => {
    const noise: Record<string, Tensor> = {}
    for (const [name, spec] of Object.entries(scoreNoise?.(count) ?? {}))
      noise[name] = tensor(drawNoise(spec, 0, `measure/${name}`, index), spec.shape)
    return losses(model.shown, tensor(pictures, [count, height, width, channels]) as Tensor4D, noise)
  })
  const out: Record<string, Float32Array> = {}
  for (const [name, each] of Object.entries(made)) out[name] = (await each.data()) as Float32Array
  dispose(made)
  return out
}

export function latentSize(model: PictureModel): number {
  return need(model, 'latents', model.built.abilities.latentSize)
}

async function values(run: () => Tensor): Promise<Float32Array> {
  const result = tidy(run)
  try {
    return (await result.data()) as Float32Array
  } finally {
    result.dispose()
  }
}
