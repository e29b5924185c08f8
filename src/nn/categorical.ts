/** Draws from categorical distributions, from noise that is an input: the same numbers on every engine, whoever captures them. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import {
  add,
  cast,
  concat,
  exp,
  gather,
  lessEqual,
  matMul,
  max,
  minimum,
  mul,
  pad,
  reshape,
  slice,
  sub,
  sum,
  tensor,
} from './ops'

/**
 * A category for each row by inversion of its cumulative distribution: logits [n, k] and uniform noise [n] on [0, 1) → int32 [n].
 * One uniform number a row, where Gumbel noise would take k. The categories are summed in about √k blocks: the first look finds
 * the block, the second the category in it, so that no pass over all k accumulates.
 */
export function categorical(logits: Tensor2D, uniform: Tensor1D): Tensor1D {
  const [n, k] = logits.shape
  const size = Math.ceil(Math.sqrt(k))
  const blocks = Math.ceil(k / size)
  const spare = blocks * size - k
  const weight = exp(sub(logits, max(logits, 1, true)))
  const weights = reshape(
    spare > 0
      ? pad(weight, [
          [0, 0],
          [0, spare],
        ])
      : weight,
    [n * blocks, size],
  )

  const masses = reshape(sum(weights, 1), [n, blocks])
  const upTo = cumulative(masses)
  const wanted = mul(slice(upTo, [0, blocks - 1], [n, 1]), reshape(uniform, [n, 1]))
  const block = minimum(passed(upTo, wanted), blocks - 1)
  const before = concat([tensor(new Float32Array(n), [n, 1]), upTo], 1)
  const rows = tensor(Float32Array.from({ length: n }, (_, row) => row))
  const at = (width: number, column: Tensor) => cast(add(mul(rows, width), column), 'int32') as Tensor1D

  const left = sub(wanted, reshape(gather(reshape(before, [n * (blocks + 1)]), at(blocks + 1, block)), [n, 1]))
  const within = cumulative(gather(weights, at(blocks, block)))
  // Rounding may leave a little more than the block holds.
  const category = add(mul(block, size), minimum(passed(within, left), size - 1))
  return cast(minimum(category, k - 1), 'int32') as Tensor1D
}

/** How many of a row's values have been passed: [n, k] and [n, 1] → [n]. */
function passed(values: Tensor, wanted: Tensor): Tensor {
  return sum(cast(lessEqual(values, wanted), 'float32'), 1)
}

/** Sums of everything up to each place, by a matrix product: a scan has no fast kernel on a processor. [n, k] → [n, k]. */
function cumulative(values: Tensor): Tensor {
  const k = values.shape[1]!
  const triangle = Float32Array.from({ length: k * k }, (_, i) => (Math.floor(i / k) <= i % k ? 1 : 0))
  return matMul(values, tensor(triangle, [k, k]))
}
