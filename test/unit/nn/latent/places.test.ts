import { describe, expect, it } from 'vitest'
import { nearest } from '../../../../src/nn/latent/nearest'
import { fillNormal } from '../../../../src/nn/random'

const normals = (n: number, name: string): Float32Array => fillNormal(new Float32Array(n), 41, name, 0)
const length = (v: Float32Array): number => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0))

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
