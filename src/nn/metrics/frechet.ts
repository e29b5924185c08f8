/**
 * Fréchet distance between two sets of points, each taken for a Gaussian (Dowson & Landau 1982; Heusel et al. 2017, eq. 6):
 * |μ₁ − μ₂|² + tr(C₁ + C₂ − 2 (C₁C₂)^½). It falls with the number of points, so it compares only at equal counts.
 */
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { symmetricEigen, symmetricEigenvalues } from '../latent/eigen'
import { matMul, sub, tensor, tidy } from '../ops'
import { meanOf, type Breathe, type Rows } from './rows'

export interface Moments {
  mean: Float64Array
  /** Over n − 1: [size, size]. */
  covariance: Float64Array
}

/** Numbers in one piece of the points. */
const PIECE = 4_000_000

export async function momentsOf(rows: Rows, breathe: Breathe): Promise<Moments> {
  const { values, count, size } = rows
  const mean = meanOf(rows)
  const centre = Float32Array.from(mean)
  const covariance = new Float64Array(size * size)
  const step = Math.max(1, Math.floor(PIECE / size))
  for (let from = 0; from < count; from += step) {
    const some = Math.min(step, count - from)
    const part = tidy(() => {
      const x = sub(tensor(values.slice(from * size, (from + some) * size), [some, size]), tensor(centre, [1, size]))
      return matMul(x as Tensor2D, x as Tensor2D, true, false)
    })
    try {
      const products = await part.data()
      for (let i = 0; i < covariance.length; i++) covariance[i]! += products[i]!
    } finally {
      part.dispose()
    }
    await breathe()
  }
  for (let i = 0; i < covariance.length; i++) covariance[i]! /= Math.max(1, count - 1)
  return { mean, covariance }
}

/**
 * The distance of others from these. With C₁ = VᵀΛV and B = Λ^½V, the eigenvalues of C₁C₂ are those of the symmetric BC₂Bᵀ, so no
 * root of a matrix that is not symmetric is ever taken. O(size³), in double precision: 784 numbers take seconds.
 */
export function frechetFrom(from: Moments): (to: Moments, breathe: Breathe) => Promise<number> {
  const d = from.mean.length
  const { values, vectors } = symmetricEigen(from.covariance, d)
  for (let i = 0; i < d; i++) {
    const root = Math.sqrt(Math.max(0, values[i]!))
    for (let j = 0; j < d; j++) vectors[i * d + j]! *= root
  }
  return async (to, breathe) => {
    let distance = 0
    for (let i = 0; i < d; i++)
      distance += (from.mean[i]! - to.mean[i]!) ** 2 + from.covariance[i * d + i]! + to.covariance[i * d + i]!
    const between = await sandwiched(vectors, to.covariance, d, breathe)
    for (const value of symmetricEigenvalues(between, d)) distance -= 2 * Math.sqrt(Math.max(0, value))
    return Math.max(0, distance)
  }
}

/** Rows worked on between two breaths. */
const SOME = 64

/** B·C·Bᵀ, exactly symmetric. */
async function sandwiched(b: Float64Array, c: Float64Array, d: number, breathe: Breathe): Promise<Float64Array> {
  const out = new Float64Array(d * d)
  const row = new Float64Array(d)
  for (let i = 0; i < d; i++) {
    if (i % SOME === 0) await breathe()
    row.fill(0)
    for (let k = 0; k < d; k++) {
      const weight = b[i * d + k]!
      if (weight === 0) continue
      for (let j = 0, at = k * d; j < d; j++) row[j]! += weight * c[at++]!
    }
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0, at = j * d; k < d; k++) sum += row[k]! * b[at++]!
      out[i * d + j] = out[j * d + i] = sum
    }
  }
  return out
}
