import '../../support/backend'
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { categorical } from '../../../src/nn/categorical'
import { tensor, tidy } from '../../../src/nn/ops'
import { fillNormal, fillUniform } from '../../../src/nn/random'

function draw(logits: Float32Array, k: number, uniform: Float32Array): Int32Array {
  return tidy(() => {
    const drawn = categorical(tensor(logits, [uniform.length, k]) as Tensor2D, tensor(uniform, [uniform.length]) as Tensor1D)
    expect(drawn.dtype).toBe('int32')
    return drawn.dataSync() as Int32Array
  })
}

/** The first category up to which a row's probabilities sum to more than u, in doubles. */
function inverse(logits: Float32Array, u: number): { category: number; distance: number } {
  const weights = [...logits].map((logit) => Math.exp(logit))
  const total = weights.reduce((a, b) => a + b)
  let sum = 0
  let category = -1
  let distance = Infinity
  weights.forEach((weight, i) => {
    sum += weight / total
    distance = Math.min(distance, Math.abs(sum - u))
    if (category < 0 && sum > u) category = i
  })
  return { category, distance }
}

describe('categorical', () => {
  // 7: a block that is partly spare; 9: none; 1: nothing to choose.
  it.each([1, 2, 7, 9, 30, 517])('inverts the cumulative distribution over %i categories', (k) => {
    const n = 200
    const logits = fillNormal(new Float32Array(n * k), 5, 'logits', k).map((value) => 3 * value)
    const uniform = fillUniform(new Float32Array(n), 5, 'u', k)
    const drawn = draw(logits, k, uniform)
    let compared = 0
    drawn.forEach((category, row) => {
      const expected = inverse(logits.subarray(row * k, (row + 1) * k), uniform[row]!)
      // At a boundary, float32 may fall on the other side.
      if (k > 1 && expected.distance < 1e-6) return
      compared++
      expect(category).toBe(expected.category)
    })
    expect(compared).toBeGreaterThan(0.9 * n)
  })

  it('stays in range at both ends, and takes a certain category with certainty', () => {
    const k = 10
    const flat = new Float32Array(2 * k)
    expect([...draw(flat, k, Float32Array.of(0, 1 - 2 ** -24))]).toEqual([0, 9])
    const certain = new Float32Array(3 * k).map((_, i) => (i % k === 4 ? 200 : -200))
    expect([...draw(certain, k, Float32Array.of(0, 0.5, 1 - 2 ** -24))]).toEqual([4, 4, 4])
  })
})
