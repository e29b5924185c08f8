import '../../../support/backend'
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { LOG_VARIANCE_LIMIT, normalKl, posterior, reparameterise } from '../../../../src/nn/objectives/elbo'
import { bernoulliNll, gaussianNll } from '../../../../src/nn/objectives/likelihood'
import { tensor, tidy } from '../../../../src/nn/ops'
import { fillNormal, fillUniform } from '../../../../src/nn/random'

const normals = (n: number, name: string): number[] => [...fillNormal(new Float32Array(n), 11, name, 0)]
const uniforms = (n: number, name: string): number[] => [...fillUniform(new Float32Array(n), 11, name, 0)]
const close = (actual: ArrayLike<number>, expected: number[], digits = 4): void => {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits))
}

describe('the bound, against float64 by hand', () => {
  const [n, d] = [4, 5]
  const mu = normals(n * d, 'mu')
  const lv = normals(n * d, 'lv')
  const rows = (values: number[], width: number): number[][] =>
    Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width))

  it('KL is ½ Σ (μ² + σ² − log σ² − 1), and not the article’s', () => {
    const expected = rows(mu, d).map((row, i) =>
      row.reduce((sum, m, j) => sum + 0.5 * (m * m + Math.exp(lv[i * d + j]!) - lv[i * d + j]! - 1), 0),
    )
    const kl = tidy(() =>
      normalKl({ mean: tensor(mu, [n, d]) as Tensor2D, logVariance: tensor(lv, [n, d]) as Tensor2D }).dataSync(),
    )
    close(kl, expected)
    expect([...kl].every((value) => value >= 0)).toBe(true)
  })

  it('KL agrees with its integral', () => {
    // One latent, numerically: ∫ q log(q / p).
    const [m, logVariance] = [0.7, -1.2]
    const s = Math.exp(logVariance / 2)
    let integral = 0
    const dz = 1e-3
    for (let z = -12; z < 12; z += dz) {
      const q = Math.exp(-((z - m) ** 2) / (2 * s * s)) / (s * Math.sqrt(2 * Math.PI))
      if (q > 0) integral += q * (Math.log(q) + z ** 2 / 2 + 0.5 * Math.log(2 * Math.PI)) * dz
    }
    const kl = tidy(() =>
      normalKl({ mean: tensor([m], [1, 1]) as Tensor2D, logVariance: tensor([logVariance], [1, 1]) as Tensor2D }).dataSync(),
    )
    expect(kl[0]).toBeCloseTo(integral, 4)
  })

  it('KL of the prior is nought', () => {
    const zero = (): Tensor2D => tensor([0, 0], [1, 2]) as Tensor2D
    expect(tidy(() => normalKl({ mean: zero(), logVariance: zero() }).dataSync()[0])).toBe(0)
  })

  it('Bernoulli is the cross-entropy of logits, stable where p is 0 or 1', () => {
    const logits = normals(n * 6, 'logits').map((v) => v * 3)
    const x = uniforms(n * 6, 'x')
    const expected = rows(logits, 6).map((row, i) =>
      row.reduce((sum, l, j) => {
        const p = 1 / (1 + Math.exp(-l))
        return sum - x[i * 6 + j]! * Math.log(p) - (1 - x[i * 6 + j]!) * Math.log(1 - p)
      }, 0),
    )
    close(
      tidy(() => bernoulliNll(tensor(logits, [n, 2, 3, 1]), tensor(x, [n, 2, 3, 1])).dataSync()),
      expected,
    )
    const extreme = tidy(() => bernoulliNll(tensor([200, -200, 200], [3, 1]), tensor([1, 0, 0], [3, 1])).dataSync())
    close(extreme, [0, 0, 200])
  })

  it('Gaussian is the density, constant included', () => {
    const m = uniforms(n * 6, 'm')
    const x = uniforms(n * 6, 'x')
    const s = 0.3
    const expected = rows(m, 6).map((row, i) =>
      row.reduce(
        (sum, mean, j) => sum - Math.log(Math.exp(-((x[i * 6 + j]! - mean) ** 2) / (2 * s * s)) / (s * Math.sqrt(2 * Math.PI))),
        0,
      ),
    )
    close(
      tidy(() => gaussianNll(tensor(m, [n, 2, 3, 1]), tensor(x, [n, 2, 3, 1]), s).dataSync()),
      expected,
    )
  })

  it('a sample is μ + σ·ε', () => {
    const eps = normals(n * d, 'eps')
    const z = tidy(() => {
      const q = { mean: tensor(mu, [n, d]) as Tensor2D, logVariance: tensor(lv, [n, d]) as Tensor2D }
      return reparameterise(q, tensor(eps, [n, d])).dataSync()
    })
    close(
      z,
      mu.map((m, i) => m + Math.exp(lv[i]! / 2) * eps[i]!),
    )
  })

  it('the log-variance is bent into its limits and left alone near nought', () => {
    const { mean, logVariance } = tidy(() => {
      const q = posterior(tensor([1, 2, 3, 0.1, -1, 1e6], [1, 6]))
      return { mean: q.mean.dataSync(), logVariance: q.logVariance.dataSync() }
    })
    close(mean, [1, 2, 3])
    close(logVariance, [0.1, -1, LOG_VARIANCE_LIMIT], 2)
    expect(Number.isFinite(Math.exp(LOG_VARIANCE_LIMIT))).toBe(true)
  })
})
