import { describe, expect, it } from 'vitest'
import { componentsFor, drawMixture, fitMixture, type Mixture } from '../../../../src/nn/latent/mixture'
import { fillNormal, fillUniform } from '../../../../src/nn/random'

function fit(data: Float32Array, n: number, d: number, k: number, seed = 1): { mixture: Mixture; rounds: number[] } {
  const rounds: number[] = []
  const steps = fitMixture(data, n, d, k, seed)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return { mixture: value, rounds }
    rounds.push(value)
  }
}

/** Three clouds in the plane, of different shapes and sizes, and their parameters. */
const clouds = [
  { share: 0.5, mean: [0, 0], factor: [1, 0, 0.8, 0.6] },
  { share: 0.3, mean: [8, 0], factor: [0.5, 0, 0, 2] },
  { share: 0.2, mean: [0, 9], factor: [2, 0, -1, 0.3] },
]
function draw(n: number): Float32Array {
  const data = new Float32Array(2 * n)
  const normal = fillNormal(new Float32Array(2 * n), 5, 'points', 0)
  for (let i = 0; i < n; i++) {
    const { mean, factor } = clouds[i < n * 0.5 ? 0 : i < n * 0.8 ? 1 : 2]!
    for (let row = 0; row < 2; row++)
      data[2 * i + row] = mean[row]! + factor[2 * row]! * normal[2 * i]! + factor[2 * row + 1]! * normal[2 * i + 1]!
  }
  return data
}

/** Log density by the formula, with the inverse and determinant of a 2 × 2 covariance. */
function logDensity({ shares, means, factors }: Mixture, x: number, y: number): number {
  let sum = 0
  shares.forEach((share, c) => {
    const [a, , b, e] = factors.subarray(4 * c, 4 * c + 4)
    const [xx, xy, yy] = [a! * a!, a! * b!, b! * b! + e! * e!]
    const det = xx * yy - xy * xy
    const [dx, dy] = [x - means[2 * c]!, y - means[2 * c + 1]!]
    const distance = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / det
    sum += (share * Math.exp(-0.5 * distance)) / (2 * Math.PI * Math.sqrt(det))
  })
  return Math.log(sum)
}

describe('a mixture of normal distributions', () => {
  const n = 6000
  const data = draw(n)
  const { mixture, rounds } = fit(data, n, 2, 3)

  it('finds the clouds that the points were drawn from', () => {
    for (const { share, mean, factor } of clouds) {
      const c = [0, 1, 2].find((c) => Math.hypot(mixture.means[2 * c]! - mean[0]!, mixture.means[2 * c + 1]! - mean[1]!) < 0.3)
      expect(c, `near ${mean.join()}`).toBeDefined()
      expect(mixture.shares[c!]).toBeCloseTo(share, 1)
      const [a, zero, b, e] = mixture.factors.subarray(4 * c!, 4 * c! + 4)
      expect(zero).toBe(0)
      // Covariances, for a factor's columns may change their sign.
      const [p, , q, r] = factor as [number, number, number, number]
      const found = [a! * a!, a! * b!, b! * b! + e! * e!]
      const drawn = [p * p, p * q, q * q + r * r]
      found.forEach((value, i) => expect(Math.abs(value - drawn[i]!)).toBeLessThan(0.15 * Math.max(1, Math.abs(drawn[i]!))))
    }
  })

  it('rises with every round, to the likelihood that the formula gives', () => {
    rounds.slice(1).forEach((value, i) => expect(value).toBeGreaterThan(rounds[i]! - 1e-4))
    let sum = 0
    for (let i = 0; i < n; i++) sum += logDensity(mixture, data[2 * i]!, data[2 * i + 1]!)
    expect(sum / n).toBeCloseTo(rounds.at(-1)!, 2)
  })

  it('is the same each time', () => {
    expect(fit(data, n, 2, 3).mixture).toEqual(mixture)
  })

  it('draws what it was fitted to, each point by its own index', () => {
    const count = 20_000
    const drawn = new Float32Array(2 * count)
    for (let i = 0; i < count; i++) drawMixture(mixture, drawn.subarray(2 * i, 2 * i + 2), 7, 'prior', i)
    const again = new Float32Array(2)
    drawMixture(mixture, again, 7, 'prior', 11)
    expect([...again]).toEqual([...drawn.subarray(22, 24)])
    const moments = (values: Float32Array): number[] => {
      const m = values.length / 2
      const all = [0, 0, 0, 0, 0]
      for (let i = 0; i < m; i++) {
        const [x, y] = [values[2 * i]!, values[2 * i + 1]!]
        ;[x, y, x * x, x * y, y * y].forEach((value, j) => (all[j]! += value / m))
      }
      return all
    }
    const [theirs, ours] = [moments(data), moments(drawn)]
    ours.forEach((value, j) => expect(Math.abs(value - theirs[j]!)).toBeLessThan(0.05 * Math.max(2, Math.abs(theirs[j]!))))
  })

  it('stays whole where points coincide, or lie on a line', () => {
    const same = new Float32Array(200).fill(3)
    const flat = fillUniform(new Float32Array(200), 1, 'flat', 0).map((value, i) => (i % 2 ? 1 : value))
    for (const values of [same, flat]) {
      const { mixture } = fit(values, 100, 2, 3)
      for (const numbers of [mixture.shares, mixture.means, mixture.factors])
        expect([...numbers].every(Number.isFinite)).toBe(true)
      expect(mixture.shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 9)
    }
  })

  it('takes as many components as the points can carry', () => {
    expect(componentsFor(10_000, 32)).toBe(10)
    expect(componentsFor(1000, 32)).toBe(3)
    expect(componentsFor(100, 32)).toBe(1)
    expect(() => fit(new Float32Array(4), 2, 2, 3)).toThrow(RangeError)
  })
})
