/** Points in a feature space, and the distances between two sets of them: the engine multiplies, block by block. */
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { add, matMul, maximum, mul, reshape, square, sub, sum, tensor, tidy } from '../ops'

/** f32 [count, size], row by row. */
export interface Rows {
  values: Float32Array
  count: number
  size: number
}

/** Awaited between pieces of work, so that others get their turn; throws when the work was cancelled. */
export type Breathe = () => Promise<void>

export function rowsOf(values: Float32Array, size: number): Rows {
  if (values.length % size !== 0) throw new RangeError(`${values.length} numbers are no rows of ${size}`)
  return { values, count: values.length / size, size }
}

/** Some of the rows, in the order of `positions`. */
export function pick({ values, size }: Rows, positions: ArrayLike<number>): Rows {
  const out = new Float32Array(positions.length * size)
  for (let i = 0; i < positions.length; i++) out.set(values.subarray(positions[i]! * size, (positions[i]! + 1) * size), i * size)
  return { values: out, count: positions.length, size }
}

export function meanOf({ values, count, size }: Rows): Float64Array {
  const mean = new Float64Array(size)
  for (let i = 0, at = 0; i < count; i++) for (let j = 0; j < size; j++) mean[j]! += values[at++]!
  for (let j = 0; j < size; j++) mean[j]! /= count
  return mean
}

/** Distances in one block: 16 MB of them. */
const BLOCK = 4_000_000

/**
 * Calls `use` with the squared distances of `rows` rows of `a`, from `from` on, to all rows of `b`: [rows, b.count]. Memory is that
 * of the two sets and one block. Both are moved by the mean of `b` first, as |a|² + |b|² − 2a·b loses digits far from the origin.
 */
export async function overPairs(
  a: Rows,
  b: Rows,
  breathe: Breathe,
  use: (squares: Float32Array, from: number, rows: number) => void,
): Promise<void> {
  const centre = Float32Array.from(meanOf(b))
  const moved = (values: Float32Array, rows: number) =>
    sub(tensor(values, [rows, a.size]), tensor(centre, [1, a.size])) as Tensor2D
  const [all, lengths] = tidy(() => {
    const all = moved(b.values, b.count)
    return [all, reshape(sum(square(all), 1), [1, b.count])] as const
  })
  try {
    const step = Math.max(1, Math.floor(BLOCK / b.count))
    for (let from = 0; from < a.count; from += step) {
      const rows = Math.min(step, a.count - from)
      const squares = tidy(() => {
        const some = moved(a.values.slice(from * a.size, (from + rows) * a.size), rows)
        const products = matMul(some, all, false, true)
        return maximum(sub(add(sum(square(some), 1, true), lengths), mul(products, 2)), 0)
      })
      try {
        use((await squares.data()) as Float32Array, from, rows)
      } finally {
        squares.dispose()
      }
      await breathe()
    }
  } finally {
    all.dispose()
    lengths.dispose()
  }
}

/** The `k` smallest of `length` numbers from `at` on, and their places, smallest first; the place `skip` is left out. */
export function smallest(
  values: Float32Array,
  at: number,
  length: number,
  k: number,
  skip = -1,
): { places: number[]; values: number[] } {
  const places: number[] = []
  const found: number[] = []
  let worst = Infinity
  for (let j = 0; j < length; j++) {
    const value = values[at + j]!
    if (!(value < worst) || j === skip) continue
    let slot = found.length
    while (slot > 0 && found[slot - 1]! > value) slot--
    found.splice(slot, 0, value)
    places.splice(slot, 0, j)
    if (found.length > k) {
      found.pop()
      places.pop()
    }
    if (found.length === k) worst = found[k - 1]!
  }
  return { places, values: found }
}
