import '../support/backend'
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { normalKl, reparameterise } from '../../src/nn/objectives/elbo'
import { gaussianNll } from '../../src/nn/objectives/likelihood'
import { matMul, tensor, tidy } from '../../src/nn/ops'
import { fillNormal } from '../../src/nn/random'

/**
 * Probabilistic PCA (Tipping & Bishop 1999): z ~ N(0, I), x | z ~ N(Wz, σ²I). With orthogonal columns of W the posterior is a
 * diagonal normal distribution, and there the bound must equal log p(x) = log N(x; 0, WWᵀ + σ²I) exactly: any wrong factor or
 * mean in either term opens a gap.
 */
describe('the bound where it is tight', () => {
  const sigma = 0.4
  // Columns of lengths 1 and 2, at right angles.
  const w = [
    [0.6, 0],
    [0.8, 0],
    [0, 2],
  ]
  const lengths = [1, 4]
  const x = [0.9, -0.3, 1.7]

  // M = WᵀW + σ²I is diagonal: mean M⁻¹Wᵀx, covariance σ²M⁻¹.
  const m = lengths.map((length) => length + sigma ** 2)
  const project = [0, 1].map((j) => x.reduce((sum, v, i) => sum + w[i]![j]! * v, 0))
  const posteriorMean = project.map((v, j) => v / m[j]!)
  const posteriorVariance = m.map((v) => sigma ** 2 / v)

  it('equals the exact log-likelihood', () => {
    // log det and Mahalanobis distance of WWᵀ + σ²I from its eigenvectors: W's columns, and the rest with σ².
    const along = project.map((v, j) => v ** 2 / lengths[j]!)
    const rest = x.reduce((sum, v) => sum + v * v, 0) - along[0]! - along[1]!
    const logDet = Math.log(m[0]!) + Math.log(m[1]!) + Math.log(sigma ** 2)
    const distance = along[0]! / m[0]! + along[1]! / m[1]! + rest / sigma ** 2
    const logLikelihood = -0.5 * (3 * Math.log(2 * Math.PI) + logDet + distance)

    const n = 100_000
    const { nll, kl } = tidy(() => {
      const repeat = (row: number[]): Tensor2D => tensor(Array.from({ length: n }, () => row).flat(), [n, row.length]) as Tensor2D
      const q = { mean: repeat(posteriorMean), logVariance: repeat(posteriorVariance.map(Math.log)) }
      const z = reparameterise(q, tensor(fillNormal(new Float32Array(2 * n), 3, 'eps', 0), [n, 2]))
      const mean = matMul(z, tensor(w.map((row) => row[0]!).concat(w.map((row) => row[1]!)), [2, 3]) as Tensor2D)
      return { nll: gaussianNll(mean, repeat(x), sigma).dataSync() as Float32Array, kl: normalKl(q).dataSync()[0]! }
    })
    const reconstruction = nll.reduce((sum, v) => sum + v, 0) / n
    const error = Math.sqrt(nll.reduce((sum, v) => sum + (v - reconstruction) ** 2, 0) / n / n)
    // Five standard errors of the sampled term.
    expect(Math.abs(-(reconstruction + kl) - logLikelihood)).toBeLessThan(5 * error)
    expect(error).toBeLessThan(0.01)
  })
})
