/** The sets of pictures that are compared, as many in each: training items, other real ones, samples, and what a collapse looks like. */
import type { Pack } from '../../contract/trainer'
import { fillNormal, permutation } from '../../nn/random'
import { decode, latentSize } from '../abilities'
import { conditionSize, drawConditions } from '../conditions'
import { range, type PictureItems } from '../items'
import type { PictureModel } from '../model'
import { toBytes, toFloats } from '../pixels'

export interface PictureSet {
  count: number
  /** u8 pictures `from` … `to` − 1. */
  pictures(from: number, to: number): Uint8Array | Promise<Uint8Array>
}

/** Held-out items are compared with where there are so many, or all that are asked for. */
const ENOUGH = 500
/** Of a hundred pictures in a collapsed set, one is of its own; the others repeat it, with this much noise. */
const REPEATS = 100
const NOISE = 0.02

export interface Chosen {
  /** Training items that all others are compared with. */
  reference: number[]
  real: number[]
  kind: 'held-out' | 'other-training'
}

/** At most `count` of each, in an order that does not depend on the model. */
export function choose({ items, train }: Pack, count: number): Chosen {
  const order = Array.from(permutation(0, 0, train))
  const enough = Math.min(count, train, ENOUGH)
  if (items - train >= enough) {
    const n = Math.min(count, train, items - train)
    const others = permutation(0, 1, items - train)
    return { reference: order.slice(0, n), real: Array.from(others.subarray(0, n), (i) => train + i), kind: 'held-out' }
  }
  const n = Math.min(count, train >> 1)
  return { reference: order.slice(0, n), real: order.slice(n, 2 * n), kind: 'other-training' }
}

export function itemsAt(items: PictureItems, positions: readonly number[]): PictureSet {
  return { count: positions.length, pictures: (from, to) => items.bytes(positions.slice(from, to)) }
}

/** One of each latent. A conditional model is told what training items are, as `seed` picks them. */
export function madeBy(model: PictureModel, items: PictureItems, latents: Float32Array, seed: number): PictureSet {
  const size = latentSize(model)
  const count = latents.length / size
  const rows = drawConditions(model, items, count, seed)
  const told = conditionSize(model)
  return {
    count,
    pictures: (from, to) => decode(model, latents.slice(from * size, to * size), rows && rows.slice(from * told, to * told)),
  }
}

export function repeatedOf(count: number): number {
  return Math.max(1, Math.round(count / REPEATS))
}

/** A few of these items again and again. */
export function collapsed(items: PictureItems, positions: readonly number[]): PictureSet {
  const few = positions.slice(0, repeatedOf(positions.length))
  return {
    count: positions.length,
    pictures(from, to) {
      const pictures = toFloats(items.bytes(range(from, to).map((i) => few[i % few.length]!)))
      const noise = fillNormal(new Float32Array(items.each), 0, 'collapse', 0)
      for (let i = from; i < to; i++) {
        fillNormal(noise, 0, 'collapse', i)
        for (let j = 0; j < items.each; j++) pictures[(i - from) * items.each + j]! += NOISE * noise[j]!
      }
      return toBytes(pictures)
    },
  }
}
