import { describe, expect, it } from 'vitest'
import { symmetricEigen, symmetricEigenvalues } from '../../../../src/nn/latent/eigen'
import { principalComponents, project, reconstructionError } from '../../../../src/nn/latent/principal'
import { fillNormal } from '../../../../src/nn/random'

const normals = (n: number, name = 'n'): Float64Array => Float64Array.from(fillNormal(new Float32Array(n), 31, name, 0))
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)

describe('symmetricEigen', () => {
  it('knows a matrix by hand', () => {
    // Values 3 and 1 along (1, 1) and (1, −1).
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2)
    expect(values[0]).toBeCloseTo(3, 12)
    expect(values[1]).toBeCloseTo(1, 12)
    expect(Math.abs(vectors[0]! * vectors[1]!)).toBeCloseTo(0.5, 12)
    expect(vectors[0]! * vectors[2]! + vectors[1]! * vectors[3]!).toBeCloseTo(0, 12)
  })

  it.each([1, 2, 3, 10, 61])('rebuilds a random matrix of %i × %i', (d) => {
    const half = normals(d * d)
    const a = half.map((_, at) => half[at]! + half[(at % d) * d + Math.floor(at / d)]!)
    const { values, vectors } = symmetricEigen(a, d)
    const row = (i: number): Float64Array => vectors.subarray(i * d, (i + 1) * d)
    let worst = 0
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) {
        worst = Math.max(worst, Math.abs(dot(row(i), row(j)) - (i === j ? 1 : 0)))
        let rebuilt = 0
        for (let k = 0; k < d; k++) rebuilt += values[k]! * vectors[k * d + i]! * vectors[k * d + j]!
        worst = Math.max(worst, Math.abs(rebuilt - a[i * d + j]!))
      }
    expect(worst).toBeLessThan(1e-10)
    expect([...values]).toEqual([...values].sort((x, y) => y - x))
    expect(symmetricEigenvalues(a, d)).toEqual(values)
  })

  it('manages repeated, zero and widely different values', () => {
    const d = 5
    for (const diagonal of [
      [1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0],
      [1e12, 1, 1, 1e-12, 0],
    ]) {
      const a = new Float64Array(d * d)
      diagonal.forEach((value, i) => (a[i * d + i] = value))
      expect([...symmetricEigen(a, d).values]).toEqual(diagonal)
      expect([...symmetricEigenvalues(a, d)]).toEqual(diagonal)
    }
  })

  it('says when there is nothing to find', () => {
    expect(() => symmetricEigen(Float64Array.of(1, NaN, NaN, 1), 2)).toThrow('not a number')
  })
})

/** Points that are wide along known directions and narrow elsewhere. */
function cloud(n: number, d: number, widths: number[]): Float32Array {
  const raw = normals(n * widths.length, 'cloud')
  const noise = normals(n * d, 'noise')
  const out = new Float32Array(n * d)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++) {
      // Direction c is the c-th cosine: at right angles to the others, of length √(d/2).
      const sum = widths.reduce(
        (s, width, c) =>
          s + width * raw[i * widths.length + c]! * Math.cos((Math.PI * (c + 1) * (j + 0.5)) / d) * Math.sqrt(2 / d),
        0,
      )
      out[i * d + j] = 0.5 + sum + 0.01 * noise[i * d + j]!
    }
  return out
}

describe('principalComponents', () => {
  it.each([
    [20, 'exactly'],
    [600, 'by subspace iteration'],
  ])('finds the wide directions of %i dimensions %s', (d) => {
    const n = 800
    const data = cloud(n, d, [5, 3, 1])
    const found = principalComponents(data, n, d, 3)
    ;[5, 3, 1].forEach((width, c) => {
      const cosine = found.components
        .subarray(c * d, (c + 1) * d)
        .reduce((sum, v, j) => sum + v * Math.cos((Math.PI * (c + 1) * (j + 0.5)) / d) * Math.sqrt(2 / d), 0)
      expect(Math.abs(cosine)).toBeGreaterThan(0.99)
      expect(Math.sqrt(found.variances[c]!) / width).toBeCloseTo(1, 1)
    })
    const explained = found.variances.reduce((sum, v) => sum + v, 0)
    expect(explained / found.total).toBeGreaterThan(0.99)
    expect(explained).toBeLessThanOrEqual(found.total)
    // What the components leave is what the variances leave.
    expect(reconstructionError(found, data, n) * d).toBeCloseTo(found.total - explained, 3)
    const places = project(found, data, n)
    const variance = places.reduce((sum, v, i) => sum + (i % 3 === 0 ? v * v : 0), 0) / n
    expect(variance / found.variances[0]!).toBeCloseTo(1, 4)
  })

  it('gives the same signs every time, and zero for a flat cloud', () => {
    const data = cloud(50, 8, [2, 1])
    expect(principalComponents(data, 50, 8, 2)).toEqual(principalComponents(data, 50, 8, 2))
    const flat = principalComponents(new Float32Array(30).fill(4), 10, 3, 2)
    expect([...flat.variances]).toEqual([0, 0])
    expect([...flat.mean]).toEqual([4, 4, 4])
    expect([...principalComponents(new Float32Array(1200).fill(4), 2, 600, 1).variances]).toEqual([0])
  })

  it('refuses more components than dimensions', () => {
    expect(() => principalComponents(new Float32Array(6), 3, 2, 3)).toThrow(RangeError)
  })
})
