import '../../support/backend'
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { augment, augmentNoise, CHANGES, type Change } from '../../../src/nn/augment'
import { inputGradient, mul, tensor, tidy } from '../../../src/nn/ops'
import { drawNoise, fillUniform } from '../../../src/nn/random'

const [n, h, w, c] = [4, 16, 24, 3]
const shape: [number, number, number, number] = [n, h, w, c]
const size = n * h * w * c
const x = fillUniform(new Float32Array(size), 9, 'pictures', 0)

const apply = (kinds: Change[], noise: ArrayLike<number>): Float32Array =>
  tidy(() => {
    const given = tensor(Float32Array.from(noise), [n, noise.length / n]) as Tensor2D
    return augment(tensor(x, shape) as Tensor4D, kinds, given).dataSync() as Float32Array
  })
const at = (values: ArrayLike<number>, item: number, row: number, column: number, channel: number): number =>
  values[((item * h + row) * w + column) * c + channel]!
/** The whole picture, from a function of each place. */
const pictures = (value: (item: number, row: number, column: number, channel: number) => number): number[] =>
  Array.from({ length: size }, (_, i) => {
    const channel = i % c
    const column = Math.floor(i / c) % w
    const row = Math.floor(i / c / w) % h
    return value(Math.floor(i / c / w / h), row, column, channel)
  })
const close = (actual: ArrayLike<number>, expected: ArrayLike<number>): void => {
  expect(actual.length).toBe(expected.length)
  const error = Math.max(...Array.from(expected, (value, i) => Math.abs(value - actual[i]!)))
  expect(error).toBeLessThan(1e-5)
}
const average = (values: number[]): number => values.reduce((all, value) => all + value, 0) / values.length

describe('differentiable augmentation', () => {
  it('colour: brightness, then saturation, then contrast', () => {
    // By item: nothing; darkest; grey; flat.
    const noise = [0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0, 0.5, 0.9, 0.2, 0.1]
    const lit = pictures((item, ...place) => at(x, item, ...place) + (noise[3 * item]! - 0.5) / 2)
    const saturated = pictures((item, row, column, channel) => {
      const mean = average([0, 1, 2].map((one) => at(lit, item, row, column, one)))
      return mean + (at(lit, item, row, column, channel) - mean) * 2 * noise[3 * item + 1]!
    })
    const means = Array.from({ length: n }, (_, item) => average(saturated.slice((item * size) / n, ((item + 1) * size) / n)))
    const expected = pictures((item, ...place) => {
      return means[item]! + (at(saturated, item, ...place) - means[item]!) * (0.5 + noise[3 * item + 2]!)
    })
    const given = apply(['colour'], noise)
    close(given, expected)
    close(given.slice(0, size / n), x.slice(0, size / n))
  })

  it('translation: whole pixels up to an eighth of each side, grey comes in', () => {
    // 16 rows move by −2 … 2, 24 columns by −3 … 3.
    const given = apply(['translation'], [0.5, 0.5, 0, 0.999, 0.999, 0, 0.7, 0.15])
    const shifts = [
      [0, 0],
      [-2, 3],
      [2, -3],
      [1, -2],
    ]
    close(
      given,
      pictures((item, row, column, channel) => {
        const [fromRow, fromColumn] = [row - shifts[item]![0]!, column - shifts[item]![1]!]
        const inside = fromRow >= 0 && fromRow < h && fromColumn >= 0 && fromColumn < w
        return inside ? at(x, item, fromRow, fromColumn, channel) : 0.5
      }),
    )
  })

  it('cutout: a half of each side turns grey, also across the border', () => {
    const given = apply(['cutout'], [0, 0, 0.5, 0.5, 0.999, 0.999, 0.3, 0.9])
    // Begins of the cut of 8 rows and 12 columns: ⌊17·u⌋ − 4 and ⌊25·u⌋ − 6.
    const begins = [
      [-4, -6],
      [4, 6],
      [12, 18],
      [1, 16],
    ]
    close(
      given,
      pictures((item, row, column, channel) => {
        const [top, left] = begins[item]!
        const inside = row >= top! && row < top! + 8 && column >= left! && column < left! + 12
        return inside ? 0.5 : at(x, item, row, column, channel)
      }),
    )
  })

  it('takes the noise that it asks for, and the same noise is the same change', () => {
    const spec = augmentNoise([...CHANGES], n)
    expect(spec).toEqual({ shape: [n, 7], distribution: 'uniform' })
    const noise = drawNoise(spec, 1, 'augment', 0)
    const once = apply([...CHANGES], noise)
    expect(apply([...CHANGES], noise)).toEqual(once)
    expect(apply([...CHANGES], drawNoise(spec, 1, 'augment', 1))).not.toEqual(once)
    close(apply([], []), x)
  })

  it('lets gradients through: what a pixel becomes is linear in the pixels', () => {
    const noise = drawNoise(augmentNoise([...CHANGES], n), 1, 'augment', 0)
    const weights = fillUniform(new Float32Array(size), 9, 'weights', 0, -1, 1)
    const change = (pictures: Tensor): Tensor => augment(pictures as Tensor4D, [...CHANGES], tensor(noise, [n, 7]) as Tensor2D)
    const { slope, value, nothing } = tidy(() => {
      const of = (pictures: Tensor): Tensor => mul(change(pictures), tensor(weights, shape))
      const total = (pictures: Tensor): number => of(pictures).sum().dataSync()[0]!
      return {
        slope: inputGradient(of, tensor(x, shape)).dataSync(),
        value: total(tensor(x, shape)),
        nothing: total(tensor(new Float32Array(size), shape)),
      }
    })
    // f(x) − f(0) = ∇f·x for a function that is linear but for a constant.
    const linear = x.reduce((all, value, i) => all + value * slope[i]!, 0)
    expect(linear).toBeCloseTo(value - nothing, 1)
    expect(Array.from(slope).filter((one) => one !== 0).length).toBeGreaterThan(size / 2)
  })
})
