import { describe, expect, it } from 'vitest'
import { tagDirection } from '../../../../src/nn/latent/directions'
import { lerp, morph, slerp } from '../../../../src/nn/latent/interpolation'
import { nearest } from '../../../../src/nn/latent/nearest'
import { fillNormal } from '../../../../src/nn/random'

const normals = (n: number, name: string): Float32Array => fillNormal(new Float32Array(n), 41, name, 0)
const length = (v: Float32Array): number => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0))

describe('interpolation', () => {
  const a = Float32Array.of(2, 0)
  const b = Float32Array.of(0, 2)

  it('goes straight, or along the circle', () => {
    expect([...lerp(a, b, 0.25)]).toEqual([1.5, 0.5])
    const middle = slerp(a, b, 0.5)
    expect(middle[0]).toBeCloseTo(Math.SQRT2, 6)
    for (const t of [0, 0.1, 0.5, 0.9, 1]) expect(length(slerp(a, b, t))).toBeCloseTo(2, 5)
    expect(length(lerp(a, b, 0.5))).toBeLessThan(1.5)
  })

  it('starts at a and ends at b, also where the circle does not exist', () => {
    for (const [from, to] of [
      [a, b],
      [a, a],
      [a, a.map((v) => -v)],
      [new Float32Array(2), b],
    ] as const) {
      const way = morph(from, to, 5, 'normal')
      expect(way).toHaveLength(5)
      way[0]!.forEach((v, i) => expect(v).toBeCloseTo(from[i]!, 5))
      way[4]!.forEach((v, i) => expect(v).toBeCloseTo(to[i]!, 5))
      expect(way.flatMap((v) => [...v]).every(Number.isFinite)).toBe(true)
    }
    expect([...morph(a, b, 3, 'uniform')[1]!]).toEqual([1, 1])
    expect(morph(a, b, 1, 'normal')).toEqual([a])
  })
})

describe('tagDirection', () => {
  const [n, d] = [400, 6]
  const has = Uint8Array.from({ length: n }, (_, i) => (i % 5 === 0 ? 1 : 0))
  /** Items with the tag are `shift` further along the third axis. */
  const latents = (shift: number): Float32Array =>
    normals(n * d, 'z').map((v, at) => (at % d === 2 && has[Math.floor(at / d)] ? v + shift : v))

  it('finds the axis that the tag moves, and how well it tells', () => {
    const found = tagDirection(latents(4), d, has, 1)!
    expect(found.direction[2]).toBeGreaterThan(0.95)
    expect(length(found.direction)).toBeCloseTo(1, 5)
    expect(found.distance).toBeGreaterThan(3.5)
    expect(found.distance).toBeLessThan(4.6)
    // Two normal groups 4 apart: Φ(2) = 0.977 are on the right side.
    expect(found.accuracy).toBeGreaterThan(0.93)
    expect(tagDirection(latents(4), d, has, 1)).toEqual(found)
  })

  it('does not boast about a tag that leaves no trace', () => {
    const found = tagDirection(latents(0), d, has, 1)!
    expect(Math.abs(found.accuracy - 0.5)).toBeLessThan(0.12)
  })

  it('has nothing to say about very few', () => {
    const few = new Uint8Array(n)
    few.fill(1, 0, 3)
    expect(tagDirection(latents(0), d, few, 1)).toBeNull()
    expect(tagDirection(latents(0), d, new Uint8Array(n), 1)).toBeNull()
    expect(tagDirection(new Float32Array(n * d), d, has, 1)!.accuracy).toBe(0.5)
  })
})

describe('nearest', () => {
  it('equals sorting everything', () => {
    const [n, d] = [300, 5]
    const latents = normals(n * d, 'z')
    const place = normals(d, 'place')
    const all = Array.from({ length: n }, (_, i) => ({
      i,
      distance: length(latents.subarray(i * d, (i + 1) * d).map((v, j) => v - place[j]!)),
    }))
    all.sort((a, b) => a.distance - b.distance)
    for (const count of [1, 7, n, n + 5]) {
      const { indices, distances } = nearest(latents, place, count)
      expect(indices).toEqual(all.slice(0, count).map(({ i }) => i))
      distances.forEach((distance, k) => expect(distance).toBeCloseTo(all[k]!.distance, 4))
    }
  })

  it('keeps the order of equals and takes none when asked for none', () => {
    expect(nearest(Float32Array.of(1, 1, 0, 1), Float32Array.of(1), 2)).toEqual({ indices: [0, 1], distances: [0, 0] })
    expect(nearest(Float32Array.of(1, 2), Float32Array.of(1), 0).indices).toEqual([])
  })
})
