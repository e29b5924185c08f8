/** How odd pictures are to a model, and how it draws them itself: what `odd.ts` of the contract names. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import type { OddMethod } from '../../contract/odd'
import { invert } from '../../nn/latent/inversion'
import { add, dispose, mean, mul, reshape, square, sub, tensor, tidy, tile } from '../../nn/ops'
import { drawNoise } from '../../nn/random'
import { chunkSize, latentSize, need } from '../abilities'
import { conditionSize, conditionsOf } from '../conditions'
import { range, type PictureItems } from '../items'
import type { PictureModel } from '../model'
import { toBytes, toFloats } from '../pixels'
import type { CallContext } from './latents'

/** Draws of the posterior that a bound is averaged over. */
const DRAWS = 8
/** Beginnings of a search for a latent, which are in memory together. */
const STARTS = 4

export interface Judge {
  /** u8 pictures [n, h, w, c] → a number each, larger is odder: [n]. A picture's depends on nothing but the picture. */
  score(pictures: Uint8Array, by: OddMethod, context: CallContext): Promise<Float32Array>
  /** u8 pictures as the model draws them, through its encoder or, where it has none, by inversion. */
  redraw(pictures: Uint8Array, context: CallContext): Promise<Uint8Array>
}

/** Throws `ability-missing` where the model has no such way. */
export function createJudge(model: PictureModel, items: PictureItems): Judge {
  const { data, shown: weights, built } = model
  const { abilities } = built
  const each = data.height * data.width * data.channels
  const condition = usualCondition(model, items)

  const decode = (latents: Tensor2D): Tensor4D => {
    const run = need(model, 'decode', abilities.decode)
    return run(
      weights,
      latents,
      condition ? (tile(tensor(condition, [1, condition.length]), [latents.shape[0], 1]) as Tensor2D) : undefined,
    )
  }
  const redrawn = (x: Tensor4D): Tensor4D => decode(need(model, 'encode', abilities.encode)(weights, x))
  const errors = (x: Tensor4D): Tensor => mean(reshape(square(sub(x, redrawn(x))), [x.shape[0], each]), 1)

  /** The same noise for every picture. */
  function own(x: Tensor4D): Tensor {
    const score = need(model, 'score', abilities.score)
    const draws = abilities.scoreNoise ? DRAWS : 1
    const shared = (draw: number) =>
      Object.fromEntries(
        Object.entries(abilities.scoreNoise?.(1) ?? {}).map(([name, spec]) => {
          const one = tensor(drawNoise(spec, 0, `odd/${name}`, draw), spec.shape)
          return [name, tile(one, [x.shape[0], ...spec.shape.slice(1).map(() => 1)])]
        }),
      )
    const all = range(0, draws).map((draw) => score(weights, x, shared(draw)))
    return mul(
      all.reduce((sum, some) => add(sum, some)),
      1 / draws,
    )
  }

  /** Calls `work` with as many pictures at a time as memory allows, divided by `share`; gives what it gave in a row. */
  async function inParts(
    pictures: Uint8Array,
    share: number,
    { breathe, progress }: CallContext,
    work: (x: Tensor4D, told: (part: number) => Promise<void>) => Promise<Float32Array>,
  ): Promise<Float32Array> {
    const size = Math.max(1, Math.floor(chunkSize(model) / share))
    const total = pictures.length / each
    const parts: Float32Array[] = []
    for (let from = 0; from < total; from += size) {
      const count = Math.min(size, total - from)
      const some = toFloats(pictures.subarray(from * each, (from + count) * each))
      const x = tensor(some, [count, data.height, data.width, data.channels]) as Tensor4D
      const told = async (part: number) => {
        progress(Math.floor(from + part * count), total)
        await breathe()
      }
      try {
        parts.push(await work(x, told))
      } finally {
        x.dispose()
      }
      await told(1)
    }
    return joined(parts)
  }

  const inverted = async (x: Tensor4D, told: (part: number) => Promise<void>) =>
    invert(decode, x, {
      latentSize: latentSize(model),
      prior: built.prior ?? model.recipe.prior,
      starts: STARTS,
      onStep: (done, of) => told(done / of),
    })

  return {
    score: (pictures, by, context) =>
      by === 'inversion'
        ? inParts(pictures, STARTS, context, async (x, told) => (await inverted(x, told)).errors)
        : inParts(pictures, 1, context, (x) => values(() => (by === 'redrawing' ? errors(x) : own(x)))),
    async redraw(pictures, context) {
      const drawn = abilities.encode
        ? await inParts(pictures, 1, context, (x) => values(() => redrawn(x)))
        : await inParts(pictures, STARTS, context, async (x, told) => {
            const { latents } = await inverted(x, told)
            return values(() => decode(tensor(latents, [x.shape[0], latentSize(model)]) as Tensor2D))
          })
      return toBytes(drawn)
    },
  }
}

/** Items whose rows are in memory together: descriptions may have hundreds of words. */
const SOME = 1024

/** What a conditional model is told of pictures that nothing is known of: each tag's share of the training items. */
function usualCondition(model: PictureModel, items: PictureItems): Float32Array | null {
  const size = conditionSize(model)
  if (size === 0) return null
  const shares = new Float32Array(size)
  const { train } = items.pack
  for (let from = 0; from < train; from += SOME) {
    const rows = conditionsOf(model, items, range(from, Math.min(train, from + SOME)))!
    rows.forEach((value, at) => (shares[at % size]! += value / train))
  }
  return shares
}

async function values(run: () => Tensor): Promise<Float32Array> {
  const result = tidy(run)
  try {
    return (await result.data()) as Float32Array
  } finally {
    dispose(result)
  }
}

function joined(parts: Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
