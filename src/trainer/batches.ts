/** Which items a step sees: a function of (seed, stage, position) and of nothing that happened before. */
import { permutation } from '../nn/random'

export interface Batches {
  /** Items in each batch: the setting, or as many as there are to draw from. */
  readonly size: number
  /** Whole batches in an epoch; the last partial one is dropped. */
  readonly perEpoch: number
  /** Positions of the items in the n-th batch of a stage. */
  positions(stage: number, n: number): Uint32Array
}

/** An epoch of one stage is not the same order as that epoch of another. 2²⁴ epochs are more than anyone trains. */
const EPOCHS_A_STAGE = 2 ** 24

/** `drawn`: the positions an epoch has, in any order; what stands there several times comes as often. */
export function createBatches(seed: number, drawn: Uint32Array, batchSize: number): Batches {
  const size = Math.min(batchSize, drawn.length)
  const perEpoch = Math.floor(drawn.length / size)
  let known = -1
  let order: Uint32Array = new Uint32Array(0)
  return {
    size,
    perEpoch,
    positions(stage, n) {
      const epoch = stage * EPOCHS_A_STAGE + Math.floor(n / perEpoch)
      if (epoch !== known) order = permutation(seed, (known = epoch), drawn.length)
      const at = (n % perEpoch) * size
      return order.slice(at, at + size).map((place) => drawn[place]!)
    },
  }
}
