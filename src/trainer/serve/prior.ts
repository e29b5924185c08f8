/** New latents for a served model: from its own prior, or from one fitted after training to where real pictures lie. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { Prior } from '../../contract/prior'
import { componentsFor, drawMixture, fitMixture, type Mixture } from '../../nn/latent/mixture'
import { tensor, tidy } from '../../nn/ops'
import { drawNoise } from '../../nn/random'
import { chunkSize, drawPrior, encode, latentSize } from '../abilities'
import { writeDurable } from '../durable'
import { range, type PictureItems } from '../items'
import type { PictureModel } from '../model'
import { asFloats, decodeSafetensors, encodeSafetensors, floats } from '../safetensors'
import type { CallContext } from './latents'

/** Training pictures that a fit looks at, at most. */
const MOST_POINTS = 10_000
const FILE = 'prior.safetensors'

/** Latents [count, latentSize]: row i is a function of (prior, seed, i). Progress in pictures, while the prior is being fitted. */
export type DrawLatents = (prior: Prior, count: number, seed: number, context: CallContext) => Promise<Float32Array>

/**
 * `state`: the checkpoint's folder; a fitted prior is kept there, beside the weights that it belongs to, and is fitted when it is
 * first asked for. Throws `ability-missing` for a model that does not encode.
 */
export function createPrior(model: PictureModel, items: PictureItems, state: string): DrawLatents {
  const file = join(state, FILE)
  const size = latentSize(model)
  let known: Mixture | null = null
  let turn: Promise<unknown> = Promise.resolve()

  /** One caller at a time: whoever comes while it is fitted finds it done, or, where that was cancelled, does it. */
  function fitted(context: CallContext): Promise<Mixture> {
    const own = turn.then(async () => (known ??= readMixture(file, size) ?? (await make(context))))
    turn = own.catch(() => undefined)
    return own
  }

  async function make(context: CallContext): Promise<Mixture> {
    const mixture = await fit(await encodings(model, items, context), size, context)
    writeMixture(file, mixture, size)
    // As everybody later will read it, so that the same seed gives the same pictures.
    return readMixture(file, size)!
  }

  return async (prior, count, seed, context) => {
    if (prior === 'standard') return drawPrior(model, count, seed)
    const mixture = await fitted(context)
    const out = new Float32Array(count * size)
    for (let i = 0; i < count; i++) drawMixture(mixture, out.subarray(i * size, (i + 1) * size), seed, 'fitted prior', i)
    return out
  }
}

/** One latent of each training picture's posterior, f32 [n, latentSize]; its mean where the model has no more to tell. */
async function encodings(model: PictureModel, items: PictureItems, { breathe, progress }: CallContext): Promise<Float32Array> {
  const { height, width, channels, items: all } = model.data
  const { drawLatents, scoreNoise } = model.built.abilities
  const size = latentSize(model)
  const n = Math.min(MOST_POINTS, all)
  const latents = new Float32Array(n * size)
  const step = chunkSize(model)
  for (let from = 0; from < n; from += step) {
    // Evenly over the whole set, for its order may mean something.
    const positions = range(from, Math.min(n, from + step)).map((i) => Math.floor((i * all) / n))
    if (!drawLatents) latents.set(await encode(model, items.bytes(positions)), from * size)
    else {
      const count = positions.length
      const drawn = tidy(() => {
        const noise: Record<string, Tensor> = {}
        for (const [name, spec] of Object.entries(scoreNoise?.(count) ?? {}))
          noise[name] = tensor(drawNoise(spec, 0, `prior/${name}`, from), spec.shape)
        return drawLatents(model.shown, tensor(items.floats(positions), [count, height, width, channels]) as Tensor4D, noise)
      })
      latents.set(await drawn.data(), from * size)
      drawn.dispose()
    }
    progress(Math.min(n, from + step), n)
    await breathe()
  }
  return latents
}

async function fit(latents: Float32Array, d: number, { breathe }: CallContext): Promise<Mixture> {
  const n = latents.length / d
  const rounds = fitMixture(latents, n, d, componentsFor(n, d), 0)
  for (;;) {
    const { done, value } = rounds.next()
    if (done) return value
    await breathe()
  }
}

function writeMixture(file: string, { shares, means, factors }: Mixture, d: number): void {
  const k = shares.length
  const tensors = new Map([
    ['shares', floats([k], Float32Array.from(shares))],
    ['means', floats([k, d], Float32Array.from(means))],
    ['factors', floats([k, d, d], Float32Array.from(factors))],
  ])
  writeDurable(file, encodeSafetensors({ tensors, metadata: { format: 'latent-studio' } }))
}

/** Null where there is none that is whole: it can be fitted again. */
function readMixture(file: string, d: number): Mixture | null {
  try {
    const { tensors } = decodeSafetensors(readFileSync(file))
    const read = (name: string) => Float64Array.from(asFloats(tensors.get(name)!))
    const mixture = { shares: read('shares'), means: read('means'), factors: read('factors') }
    const k = mixture.shares.length
    return mixture.means.length === k * d && mixture.factors.length === k * d * d ? mixture : null
  } catch {
    return null
  }
}
