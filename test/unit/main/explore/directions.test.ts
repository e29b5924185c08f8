import { describe, expect, it } from 'vitest'
import { tagDirections } from '../../../../src/main/explore/directions'
import { fillNormal } from '../../../../src/nn/random'
import { path, spherical } from '../../../../src/main/explore/paths'

/** Two clouds of 3 numbers that differ by 4 along the second, with a deterministic spread of ±1. */
function clouds(count: number) {
  const latents = new Float32Array(count * 3)
  const has = new Uint8Array(count * 2)
  for (let item = 0; item < count; item++) {
    const tagged = item % 2
    const wave = ((item * 7) % 11) / 5 - 1
    latents.set([wave, tagged * 4 + ((item * 3) % 7) / 3.5 - 1, -wave], item * 3)
    has[item * 2] = tagged
    has[item * 2 + 1] = item < 3 ? 1 : 0
  }
  return { latents, has }
}

describe('a direction of a tag', () => {
  it('points from those without to those with it, and tells how well it separates', async () => {
    const { latents, has } = clouds(700)
    const directions = await tagDirections(latents, 3, has, ['smile', 'rare'])
    expect(directions.map(({ tag }) => tag)).toEqual(['smile'])
    const [smile] = directions
    expect(smile!.vector[1]).toBeGreaterThan(0.99)
    expect(smile!.accuracy).toBe(1)
    // Half the items at 0 and half at 4, each with its own spread of about 0.6.
    expect(smile!.spread).toBeGreaterThan(2)
    expect(smile!.spread).toBeLessThan(2.2)
  })

  it('is worth little when the tag means nothing', async () => {
    const { latents } = clouds(700)
    const has = Uint8Array.from({ length: 700 }, (_, i) => (Math.floor(i / 2) % 2 === 0 ? 1 : 0))
    const [direction] = await tagDirections(latents, 3, has, ['nothing'])
    expect(direction!.accuracy).toBeLessThan(0.6)
  })
})

describe('a direction of few items among many latents', () => {
  it('does not boast: a plane parts any twelve points in sixty dimensions', async () => {
    const size = 60
    const latents = fillNormal(new Float32Array(12 * size), 41, 'z', 0)
    const has = Uint8Array.from({ length: 12 }, (_, i) => (i < 6 ? 1 : 0))
    const [direction] = await tagDirections(latents, size, has, ['chance'])
    expect(direction!.accuracy).toBeLessThan(0.8)
  })

  it('is not told where too few have the tag, or nothing tells them apart', async () => {
    expect(await tagDirections(new Float32Array(20), 2, new Uint8Array(10).fill(1, 0, 4), ['few'])).toEqual([])
    expect(await tagDirections(new Float32Array(20), 2, new Uint8Array(10).fill(1, 0, 5), ['same'])).toEqual([])
  })
})

describe('a path', () => {
  it('keeps the length on the sphere where a straight line loses it', () => {
    const [from, to] = [[3, 0, 0, 4], [0, 5, 0, 0]] // prettier-ignore
    for (const point of path(from!, to!, 9, true)) expect(Math.hypot(...point)).toBeCloseTo(5)
    expect(Math.hypot(...path(from!, to!, 3, false)[1]!)).toBeLessThan(4)
  })

  it('has no hole for equal, opposite or zero ends', () => {
    for (const [from, to] of [
      [
        [1, 1],
        [1, 1],
      ],
      [
        [1, 0],
        [-1, 0],
      ],
      [
        [0, 0],
        [1, 0],
      ],
    ] as [number[], number[]][])
      // prettier-ignore
      for (const value of spherical(from, to, 0.3)) expect(Number.isFinite(value)).toBe(true)
  })
})
