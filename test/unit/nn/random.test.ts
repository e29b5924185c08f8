import { describe, expect, it } from 'vitest'
import { fillNormal, fillUniform, initialValues, permutation, philox } from '../../../src/nn/random'

const hex = (words: Uint32Array): string => [...words].map((word) => word.toString(16).padStart(8, '0')).join(' ')

describe('Philox4x32-10', () => {
  // The published vectors: Random123, `kat_vectors`.
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('%# equals the reference', (counter, key, expected) => {
    const out = new Uint32Array(4)
    philox(counter[0]!, counter[1]!, counter[2]!, counter[3]!, key[0]!, key[1]!, out)
    expect(hex(out)).toBe(expected)
  })
})

describe('streams', () => {
  const normal = (n: number, seed = 1, stream = 'eps', index = 0) => fillNormal(new Float32Array(n), seed, stream, index)

  it('are functions of seed, name and index', () => {
    expect(normal(64)).toEqual(normal(64))
    for (const other of [normal(64, 2), normal(64, 1, 'eps2'), normal(64, 1, 'eps', 1), normal(64, 1 + 2 ** 32)])
      expect(other).not.toEqual(normal(64))
  })

  it('do not depend on how many are drawn', () => {
    for (const n of [1, 2, 3, 5, 63]) {
      expect(normal(n)).toEqual(normal(64).subarray(0, n))
      expect(fillUniform(new Float32Array(n), 1, 'u', 0)).toEqual(fillUniform(new Float32Array(64), 1, 'u', 0).subarray(0, n))
    }
  })

  it('have the moments of their distributions', () => {
    const n = 200_000
    const moments = (values: Float32Array) =>
      [1, 2, 3, 4].map((power) => values.reduce((sum, v) => sum + v ** power, 0) / values.length)
    const [m1, m2, m3, m4] = moments(normal(n)) as [number, number, number, number]
    // Four standard errors each.
    expect(Math.abs(m1)).toBeLessThan(4 * Math.sqrt(1 / n))
    expect(Math.abs(m2 - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
    expect(Math.abs(m3)).toBeLessThan(4 * Math.sqrt(15 / n))
    expect(Math.abs(m4 - 3)).toBeLessThan(4 * Math.sqrt(96 / n))
    const uniform = fillUniform(new Float32Array(n), 7, 'u', 3, -1, 1)
    const [u1, u2] = moments(uniform) as [number, number]
    expect(Math.abs(u1)).toBeLessThan(4 * Math.sqrt(1 / 3 / n))
    expect(Math.abs(u2 - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / n))
    expect(Math.min(...uniform.subarray(0, 1000))).toBeGreaterThanOrEqual(-1)
    expect(uniform.every((v) => v >= -1 && v < 1)).toBe(true)
  })
})

describe('permutation', () => {
  it('holds every item once and changes with seed and epoch', () => {
    const order = permutation(5, 0, 1001)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1001 }, (_, i) => i))
    expect(permutation(5, 0, 1001)).toEqual(order)
    expect(permutation(5, 1, 1001)).not.toEqual(order)
    expect(permutation(6, 0, 1001)).not.toEqual(order)
  })

  it('puts every item in every place equally often', () => {
    const n = 6
    const draws = 6000
    const counts = Array.from({ length: n }, () => new Array<number>(n).fill(0))
    for (let epoch = 0; epoch < draws; epoch++) permutation(1, epoch, n).forEach((item, place) => counts[item]![place]!++)
    const expected = draws / n
    const chi2 = counts.flat().reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 25 degrees of freedom: the 99.9 % point is 52.6.
    expect(chi2).toBeLessThan(52.6)
  })

  it('handles none and one', () => {
    expect(permutation(1, 0, 0)).toHaveLength(0)
    expect([...permutation(1, 0, 1)]).toEqual([0])
  })
})

describe('initialValues', () => {
  it('follows the declared distribution, by name', () => {
    const shape = [50, 40]
    expect(initialValues({ name: 'b', shape, initial: { kind: 'zeros' } }, 1, 'net').every((v) => v === 0)).toBe(true)
    expect(initialValues({ name: 'g', shape, initial: { kind: 'ones' } }, 1, 'net').every((v) => v === 1)).toBe(true)
    const uniform = initialValues({ name: 'w', shape, initial: { kind: 'uniform', limit: 0.1 } }, 1, 'net')
    expect(uniform.length).toBe(2000)
    expect(uniform.every((v) => Math.abs(v) <= 0.1)).toBe(true)
    const normal = initialValues({ name: 'w', shape, initial: { kind: 'normal', deviation: 0.02 } }, 1, 'net')
    const deviation = Math.sqrt(normal.reduce((sum, v) => sum + v * v, 0) / normal.length)
    expect(deviation).toBeCloseTo(0.02, 2)
    expect(initialValues({ name: 'v', shape, initial: { kind: 'uniform', limit: 0.1 } }, 1, 'net')).not.toEqual(uniform)
    expect(initialValues({ name: 'w', shape, initial: { kind: 'uniform', limit: 0.1 } }, 1, 'other')).not.toEqual(uniform)
  })
})
