import '../../../support/backend'
import { describe, expect, it } from 'vitest'
import { resized } from '../../../../src/nn/metrics/pictures'
import { inBatches, randomFeatures } from '../../../../src/nn/metrics/random-features'
import { memory, mul } from '../../../../src/nn/ops'
import { fillUniform } from '../../../../src/nn/random'

const breathe = async () => {}
const pictures = (count: number, size: number) =>
  Uint8Array.from(fillUniform(new Float32Array(count * size), 1, 'pictures', 0), (value) => 256 * value)

describe('random-features-1', () => {
  it('are the same numbers for ever', async () => {
    const tensors = memory().numTensors
    const features = randomFeatures({ height: 28, width: 28, channels: 1 })
    const { values, count, size } = await features.of(pictures(3, 784), breathe)
    features.dispose()
    expect([count, size]).toEqual([3, 256])
    expect(memory().numTensors).toBe(tensors)
    const expected = { 0: 0, 1: 0.2767916, 3: 0.014489, 700: 0.0469416, 702: 0.0195326, 703: 0.1025683 }
    for (const [place, value] of Object.entries(expected)) expect(values[Number(place)]).toBeCloseTo(value, 6)
  })

  it('do not depend on who else is in the batch', async () => {
    const features = randomFeatures({ height: 16, width: 12, channels: 3 })
    const all = pictures(5, 576)
    const { values } = await features.of(all, breathe)
    const last = await features.of(all.subarray(4 * 576), breathe)
    for (let i = 0; i < 256; i++) expect(values[4 * 256 + i]).toBeCloseTo(last.values[i]!, 5)
    features.dispose()
  })

  it('come in the order of the pictures, however many there are', async () => {
    const all = pictures(300, 4)
    const { values, count } = await inBatches(all, { height: 2, width: 2, channels: 1 }, 2, breathe, (x) => mul(x, 255))
    expect(count).toBe(300)
    expect(Array.from(values, Math.round)).toEqual(Array.from(all))
  })
})

describe('pictures of another size', () => {
  it('keep an even ground even, and their mean', () => {
    const flat = new Uint8Array(9 * 7 * 2).fill(51)
    for (const side of [4, 32])
      for (const value of resized(flat, { height: 9, width: 7, channels: 2 }, side)) expect(value).toBeCloseTo(0.2, 6)
    const noise = pictures(1, 64 * 64)
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(resized(noise, { height: 64, width: 64, channels: 1 }, 16))).toBeCloseTo(mean(noise) / 255, 2)
  })

  it('stay what they are at their own size, channel by channel', () => {
    const some = pictures(2, 8 * 8 * 3)
    expect(Array.from(resized(some, { height: 8, width: 8, channels: 3 }, 8))).toEqual(
      Array.from(some, (v) => Math.fround(v / 255)),
    )
  })

  it('are enlarged bilinearly', () => {
    const edge = Uint8Array.of(0, 255, 0, 255)
    const wide = resized(edge, { height: 2, width: 2, channels: 1 }, 4)
    expect(Array.from(wide.subarray(0, 4))).toEqual([0, 0.25, 0.75, 1])
  })
})
