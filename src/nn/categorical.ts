/** Draws from categorical distributions, from noise that is an input: the same numbers on every engine, whoever captures them. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { add, cast, gather, lessEqual, matMul, minimum, mul, pad, reshape, slice, softmax, sub, sum, tensor } from './ops'

/** Keeps what is wanted below the whole when u is the largest float32 below 1. */
const BELOW_ONE = 1 - 2 ** -23

/**
 * A category for each row by inversion of its cumulative distribution: logits [n, k] and uniform noise [n] on [0, 1) → int32 [n].
 * One uniform number a row, where Gumbel noise would take k. The categories are summed in about √k blocks: the first look finds
 * the block, the second the category in it, so that no pass over all k accumulates.
 */
export function categorical(logits: Tensor2D, uniform: Tensor1D): Tensor1D {
  const [n, k] = logits.shape
  const size = blockSize(k)
  const blocks = Math.ceil(k / size)
  const spare: [number, number] = [0, blocks * size - k]
  const chances = softmax(logits)
  const blocked = reshape(spare[1] > 0 ? pad(chances, [[0, 0], spare]) : chances, [n * blocks, size])

  const masses = reshape(sum(blocked, 1), [n, blocks])
  const upTo = cumulative(masses)
  const whole = slice(upTo, [0, blocks - 1], [n, 1])
  const wanted = mul(whole, mul(reshape(uniform, [n, 1]), BELOW_ONE))
  const passed = cast(lessEqual(upTo, wanted), 'float32')
  const block = sum(passed, 1)

  const first = tensor(Float32Array.from({ length: n }, (_, row) => row * blocks))
  const within = cumulative(gather(blocked, cast(add(first, block), 'int32') as Tensor1D))
  const left = sub(wanted, sum(mul(masses, passed), 1, true))
  const place = sum(cast(lessEqual(within, left), 'float32'), 1)
  // By rounding, a little more may be left than the block holds.
  return cast(minimum(add(mul(block, size), place), k - 1), 'int32') as Tensor1D
}

/** About √k: a divisor of k where there is one, so that no block has spare places. */
function blockSize(k: number): number {
  const root = Math.ceil(Math.sqrt(k))
  for (let size = root; size <= 2 * root; size++) if (k % size === 0) return size
  return root
}

/** Sums of everything up to each place, by a matrix product: a scan has no fast kernel on a processor. [n, k] → [n, k]. */
function cumulative(values: Tensor): Tensor {
  const k = values.shape[1]!
  const triangle = Float32Array.from({ length: k * k }, (_, i) => (Math.floor(i / k) <= i % k ? 1 : 0))
  return matMul(values, tensor(triangle, [k, k]))
}
