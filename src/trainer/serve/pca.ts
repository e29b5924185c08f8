/** PCA of pictures, computed by the engine: the error that a linear model of the same size makes, to compare with. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { matMul, mean, mul, square, sub, sum, tensor, tidy } from '../../nn/ops'
import { symmetricEigen } from '../../nn/latent/eigen'
import { fillNormal } from '../../nn/random'
import { range, type PictureItems } from '../items'

/** Up to so many dimensions the covariance is formed, and iterated on until it no longer changes. */
const MOST_FORMED = 4096
/** Directions beyond those asked for make the iteration settle faster (Halko, Martinsson & Tropp 2011, §4). */
const EXTRA = 10
const ROUNDS = 200
/** Rounds over the data itself, where the covariance is too large. */
const ROUNDS_OVER_DATA = 15
const SETTLED = 1e-7
/** Numbers in one piece of the data. */
const PIECE = 4_000_000

/**
 * Mean squared error per pixel on `test` when each picture is rebuilt from its `count` principal components, which are those of
 * the items `train`. `breathe` is awaited between pieces.
 */
export async function pcaError(
  items: PictureItems,
  train: ArrayLike<number>,
  test: ArrayLike<number>,
  count: number,
  breathe: () => Promise<void>,
): Promise<number> {
  const d = items.each
  const k = Math.min(d, count)
  const centre = await meanOf(items, train, breathe)
  const basis = await principalBasis(items, train, centre, Math.min(d, k + EXTRA), k, breathe)
  let lost = 0
  await overPieces(items, test, breathe, async (piece) => {
    const each = tidy(() => {
      const x = sub(piece, tensor(centre, [1, d])) as Tensor2D
      // The rows are orthonormal: by Pythagoras what is lost is the length less the part that is kept.
      const kept = matMul(x, tensor(basis, [k, d]) as Tensor2D, false, true)
      return sub(sum(square(x), 1), sum(square(kept), 1))
    })
    for (const value of await each.data()) lost += value
    each.dispose()
  })
  return lost / (test.length * d)
}

/** The k widest directions as orthonormal rows [k, d], by subspace iteration with `wide` ≥ k rows. */
async function principalBasis(
  items: PictureItems,
  train: ArrayLike<number>,
  centre: Float32Array,
  wide: number,
  k: number,
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const d = items.each
  const formed = d <= MOST_FORMED
  const covariance = formed ? await covarianceOf(items, train, centre, breathe) : null
  let rows = orthonormal(fillNormal(new Float32Array(wide * d), 0, 'pca', 0), wide, d)
  let before = 0
  try {
    for (let round = 0; ; round++) {
      const next = covariance
        ? await times(covariance, rows, wide, d)
        : await timesData(items, train, centre, rows, wide, breathe)
      // Rayleigh–Ritz: the best directions within the subspace, and the variance along them.
      const { values, vectors } = symmetricEigen(products(next, rows, wide, d), wide)
      const captured = values.slice(0, k).reduce((all, value) => all + value, 0)
      const settled = Math.abs(captured - before) <= SETTLED * captured
      if (settled || round === (formed ? ROUNDS : ROUNDS_OVER_DATA)) return combined(vectors, rows, k, wide, d)
      before = captured
      rows = orthonormal(next, wide, d)
    }
  } finally {
    covariance?.dispose()
  }
}

/** A · Bᵀ of two sets of rows, made exactly symmetric: [wide, wide]. */
function products(a: Float32Array, b: Float32Array, wide: number, d: number): Float64Array {
  const out = new Float64Array(wide * wide)
  for (let i = 0; i < wide; i++)
    for (let j = 0; j < wide; j++) {
      let all = 0
      for (let n = 0; n < d; n++) all += a[i * d + n]! * b[j * d + n]!
      out[i * wide + j]! += all / 2
      out[j * wide + i]! += all / 2
    }
  return out
}

/** The first k rows of vectors · rows. */
function combined(vectors: Float64Array, rows: Float32Array, k: number, wide: number, d: number): Float32Array {
  const out = new Float32Array(k * d)
  for (let i = 0; i < k; i++)
    for (let n = 0; n < d; n++) {
      let all = 0
      for (let j = 0; j < wide; j++) all += vectors[i * wide + j]! * rows[j * d + n]!
      out[i * d + n] = all
    }
  return out
}

async function meanOf(items: PictureItems, positions: ArrayLike<number>, breathe: () => Promise<void>): Promise<Float32Array> {
  const total = new Float64Array(items.each)
  await overPieces(items, positions, breathe, async (piece, size) => {
    const each = tidy(() => mean(piece, 0))
    const values = await each.data()
    for (let j = 0; j < total.length; j++) total[j]! += values[j]! * size
    each.dispose()
  })
  return Float32Array.from(total, (value) => value / positions.length)
}

/** [d, d], divided by the number of items. */
async function covarianceOf(
  items: PictureItems,
  positions: ArrayLike<number>,
  centre: Float32Array,
  breathe: () => Promise<void>,
): Promise<Tensor2D> {
  const d = items.each
  const total = new Float64Array(d * d)
  await overPieces(items, positions, breathe, async (piece) => {
    const part = tidy(() => {
      const x = sub(piece, tensor(centre, [1, d])) as Tensor2D
      return matMul(x, x, true, false)
    })
    const values = await part.data()
    for (let j = 0; j < total.length; j++) total[j]! += values[j]!
    part.dispose()
  })
  return tensor(
    Float32Array.from(total, (value) => value / positions.length),
    [d, d],
  ) as Tensor2D
}

/** Rows · C. */
async function times(covariance: Tensor2D, rows: Float32Array, wide: number, d: number): Promise<Float32Array> {
  const product = tidy(() => matMul(tensor(rows, [wide, d]) as Tensor2D, covariance))
  const values = (await product.data()) as Float32Array
  product.dispose()
  return values
}

/** Rows · C without C, piece by piece of the data. */
async function timesData(
  items: PictureItems,
  positions: ArrayLike<number>,
  centre: Float32Array,
  rows: Float32Array,
  wide: number,
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const d = items.each
  const total = new Float32Array(wide * d)
  await overPieces(items, positions, breathe, async (piece) => {
    const part = tidy(() => {
      const x = sub(piece, tensor(centre, [1, d])) as Tensor2D
      const places = matMul(tensor(rows, [wide, d]) as Tensor2D, x, false, true)
      return mul(matMul(places as Tensor2D, x), 1 / positions.length)
    })
    const values = await part.data()
    for (let j = 0; j < total.length; j++) total[j]! += values[j]!
    part.dispose()
  })
  return total
}

/** Calls `work` with the items in pieces [size, d], which it must not keep. */
async function overPieces(
  items: PictureItems,
  positions: ArrayLike<number>,
  breathe: () => Promise<void>,
  work: (piece: Tensor, size: number) => Promise<void>,
): Promise<void> {
  const step = Math.max(1, Math.floor(PIECE / items.each))
  for (let from = 0; from < positions.length; from += step) {
    const some = range(from, Math.min(positions.length, from + step)).map((i) => positions[i]!)
    const piece = tensor(items.floats(some), [some.length, items.each])
    try {
      await work(piece, some.length)
    } finally {
      piece.dispose()
    }
    await breathe()
  }
}

/** Modified Gram–Schmidt on the rows, twice, for one pass loses digits. */
function orthonormal(values: Float32Array, wide: number, d: number): Float32Array {
  const rows = Float64Array.from(values)
  for (let pass = 0; pass < 2; pass++)
    for (let i = 0; i < wide; i++) {
      const row = rows.subarray(i * d, (i + 1) * d)
      for (let j = 0; j < i; j++) {
        const other = rows.subarray(j * d, (j + 1) * d)
        const along = dot(row, other)
        for (let n = 0; n < d; n++) row[n]! -= along * other[n]!
      }
      const length = Math.sqrt(dot(row, row))
      for (let n = 0; n < d; n++) row[n] = length > 1e-30 ? row[n]! / length : 0
    }
  return Float32Array.from(rows)
}

function dot(a: Float64Array, b: Float64Array): number {
  let all = 0
  for (let i = 0; i < a.length; i++) all += a[i]! * b[i]!
  return all
}
