import '../../../support/backend'
import { describe, expect, it } from 'vitest'
import { frechetFrom, momentsOf } from '../../../../src/nn/metrics/frechet'
import { ballsOf, prdc, type Prdc } from '../../../../src/nn/metrics/prdc'
import { pick, rowsOf, type Rows } from '../../../../src/nn/metrics/rows'
import { memory } from '../../../../src/nn/ops'
import { fillNormal } from '../../../../src/nn/random'

const breathe = async () => {}

function normal(count: number, size: number, stream: string, deviations: number[] = [], means: number[] = []): Rows {
  const values = fillNormal(new Float32Array(count * size), 1, stream, 0)
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * (deviations[i % size] ?? 1) + (means[i % size] ?? 0)
  return rowsOf(values, size)
}

/** Word for word from the definitions, in double precision, one pair after the other. */
function reference(real: Rows, made: Rows, k: number): Prdc {
  const distance = (a: Rows, i: number, b: Rows, j: number) => {
    let square = 0
    for (let n = 0; n < a.size; n++) square += (a.values[i * a.size + n]! - b.values[j * a.size + n]!) ** 2
    return Math.sqrt(square)
  }
  const all = (count: number) => Array.from({ length: count }, (_, i) => i)
  const radii = (set: Rows) =>
    all(set.count).map((i) => {
      const others = all(set.count).filter((j) => j !== i)
      return others.map((j) => distance(set, i, set, j)).sort((a, b) => a - b)[k - 1]!
    })
  const [ofReal, ofMade] = [radii(real), radii(made)]
  const share = (list: boolean[]) => list.filter(Boolean).length / list.length
  const inBall = (i: number, j: number) => distance(real, i, made, j) < ofReal[i]!
  return {
    precision: share(all(made.count).map((j) => all(real.count).some((i) => inBall(i, j)))),
    recall: share(all(real.count).map((i) => all(made.count).some((j) => distance(real, i, made, j) < ofMade[j]!))),
    density: all(made.count).reduce((sum, j) => sum + all(real.count).filter((i) => inBall(i, j)).length, 0) / (k * made.count),
    coverage: share(all(real.count).map((i) => all(made.count).some((j) => inBall(i, j)))),
  }
}

const measured = async (real: Rows, made: Rows, k: number) =>
  prdc(await ballsOf(real, k, breathe), await ballsOf(made, k, breathe), breathe)

describe('precision, recall, density and coverage', () => {
  it.each([
    ['the same distribution', normal(90, 3, 'a'), normal(70, 3, 'b')],
    [
      'a narrower one, far from the origin',
      normal(60, 5, 'c', [], [40, 40, 40, 40, 40]),
      normal(80, 5, 'd', [0.4, 0.4], [40, 40, 40, 40, 40]),
    ],
    ['one beside it', normal(50, 2, 'e'), normal(50, 2, 'f', [], [2, 0])],
  ])('are those of the definitions: %s', async (_, real, made) => {
    const tensors = memory().numTensors
    const found = await measured(real, made, 5)
    const expected = reference(real, made, 5)
    for (const name of ['precision', 'recall', 'density', 'coverage'] as const)
      expect(found[name], name).toBeCloseTo(expected[name], 10)
    expect(memory().numTensors).toBe(tensors)
  })

  it('tell collapse by recall and coverage, and nothing of it by precision', async () => {
    const real = normal(600, 4, 'real')
    const few = pick(
      normal(600, 4, 'other'),
      Array.from({ length: 600 }, (_, i) => i % 6),
    )
    const { precision, recall, coverage } = await measured(real, few, 5)
    expect(precision).toBeGreaterThan(0.6)
    expect(recall).toBeLessThan(0.1)
    expect(coverage).toBeLessThan(0.1)
  })

  it('want more points than neighbours', async () => {
    await expect(ballsOf(normal(5, 2, 'a'), 5, breathe)).rejects.toThrow(RangeError)
  })

  it('stop when they are cancelled, and leave nothing behind', async () => {
    const tensors = memory().numTensors
    const cancelled = () => Promise.reject(new Error('enough'))
    await expect(ballsOf(normal(50, 2, 'a'), 5, cancelled)).rejects.toThrow('enough')
    expect(memory().numTensors).toBe(tensors)
  })
})

describe('the Fréchet distance', () => {
  it('of two Gaussians is that of the closed form', async () => {
    // Independent numbers: Σ (μ₁ − μ₂)² + (σ₁ − σ₂)².
    const [n, size] = [40_000, 4]
    const a = normal(n, size, 'one', [1, 2, 0.5, 1])
    const b = normal(n, size, 'two', [2, 2, 1.5, 0], [1, 0, -2, 3])
    const expected = 1 + 1 + (4 + 1) + (9 + 1)
    const tensors = memory().numTensors
    const distance = await frechetFrom(await momentsOf(a, breathe))(await momentsOf(b, breathe), breathe)
    expect(distance / expected).toBeCloseTo(1, 2)
    expect(memory().numTensors).toBe(tensors)
  })

  it('does not change when both are turned, so covariances that do not commute are right too', async () => {
    const size = 3
    const turned = ({ values, count }: Rows, angle: number): Rows => {
      const out = values.slice()
      const [c, s] = [Math.cos(angle), Math.sin(angle)]
      for (let i = 0; i < count; i++) {
        const [x, y] = [values[i * size]!, values[i * size + 1]!]
        out[i * size] = c * x - s * y
        out[i * size + 1] = s * x + c * y
      }
      return rowsOf(out, size)
    }
    const a = normal(500, size, 'one', [1, 3, 1])
    const b = turned(normal(500, size, 'two', [4, 1, 0]), 0.6)
    const between = async (x: Rows, y: Rows) => frechetFrom(await momentsOf(x, breathe))(await momentsOf(y, breathe), breathe)
    const distance = await between(a, b)
    expect(distance).toBeGreaterThan(1)
    expect(await between(turned(a, 1.1), turned(b, 1.1))).toBeCloseTo(distance, 4)
    expect(await between(b, a)).toBeCloseTo(distance, 4)
    expect(await between(b, b)).toBeCloseTo(0, 5)
  })

  it('of covariances that do not commute is tr(A + B − 2 (AB)^½)', async () => {
    const [a, b] = [
      [2, 1, 1, 3],
      [1, -0.5, -0.5, 4],
    ]
    const product = [0, 1].flatMap((i) => [0, 1].map((j) => a[2 * i]! * b[j]! + a[2 * i + 1]! * b[2 + j]!))
    // Of a 2 × 2 matrix M with positive eigenvalues: tr M^½ = (tr M + 2 (det M)^½)^½.
    const [trace, det] = [product[0]! + product[3]!, product[0]! * product[3]! - product[1]! * product[2]!]
    const expected = 2 + 3 + 1 + 4 - 2 * Math.sqrt(trace + 2 * Math.sqrt(det))
    const moments = (covariance: number[]) => ({ mean: new Float64Array(2), covariance: Float64Array.from(covariance) })
    expect(await frechetFrom(moments(a))(moments(b), breathe)).toBeCloseTo(expected, 10)
  })
})
