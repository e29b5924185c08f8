import { describe, expect, it } from 'vitest'
import { Augmentation } from '../../../src/contract/nouns'
import { createVary, DRAWS, light, move, variationOf, type Variation } from '../../../src/trainer/augment'

const still: Variation = { flip: false, right: 0, down: 0, angle: 0, zoom: 1, brightness: 0, contrast: 1 }
const grey = (height: number, width: number) => ({ height, width, channels: 1 })

function moved(
  picture: number[],
  shape: { height: number; width: number; channels: number },
  change: Partial<Variation>,
): number[] {
  const values = Float32Array.from(picture)
  move(values, shape, { ...still, ...change })
  return [...values]
}

/** 0, 0.01, 0.02 … */
const counted = (length: number) => Array.from({ length }, (_, i) => Math.fround(i / 100))
/** Grows by 0.02 a pixel to the right and 0.03 a pixel down: between pixels, bilinear reading is exact. */
const slope = (x: number, y: number) => 0.02 * x + 0.03 * y + 0.1

describe('a picture', () => {
  it('stays itself when nothing is asked', () => {
    expect(moved(counted(12), grey(3, 4), {})).toEqual(counted(12))
  })

  it('is mirrored to the bit', () => {
    expect(moved([1, 2, 3, 4, 5, 6], grey(2, 3), { flip: true })).toEqual([3, 2, 1, 6, 5, 4])
    expect(moved([1, 2, 3, 4, 5, 6], { height: 1, width: 2, channels: 3 }, {})).toEqual([1, 2, 3, 4, 5, 6])
    const colours = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    expect(moved(colours, { height: 2, width: 2, channels: 3 }, { flip: true })).toEqual([4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9])
  })

  it('is moved by whole pixels to the bit, and its edge goes on', () => {
    expect(moved([1, 2, 3, 4, 5, 6, 7, 8, 9], grey(3, 3), { right: 1 })).toEqual([1, 1, 2, 4, 4, 5, 7, 7, 8])
    expect(moved([1, 2, 3, 4, 5, 6, 7, 8, 9], grey(3, 3), { down: -1 })).toEqual([4, 5, 6, 7, 8, 9, 7, 8, 9])
  })

  it('is turned a quarter clockwise', () => {
    const turned = moved([1, 2, 3, 4, 5, 6, 7, 8, 9], grey(3, 3), { angle: Math.PI / 2 })
    turned.forEach((value, i) => expect(value).toBeCloseTo([7, 4, 1, 8, 5, 2, 9, 6, 3][i]!, 5))
  })

  it.each([
    ['enlarged', { zoom: 1.25 }],
    ['turned', { angle: 0.15 }],
    ['mirrored, shrunk, turned and moved', { flip: true, zoom: 0.9, angle: -0.1, right: 1, down: -2 }],
  ])('is read between its pixels where it is %s', (_, change) => {
    const side = 16
    const picture = Array.from({ length: side * side }, (_, i) => slope(i % side, Math.floor(i / side)))
    const values = moved(picture, grey(side, side), change)
    const { flip, right, down, angle, zoom } = { ...still, ...change }
    // Forward, from the old place to the new: the way back is what the code takes.
    for (const [x, y] of [
      [6, 7],
      [8, 8],
      [9, 5],
      [7, 10],
    ] as const) {
      const [u, v] = [(flip ? -1 : 1) * (x - 7.5), y - 7.5]
      const newX = 7.5 + right + zoom * (Math.cos(angle) * u - Math.sin(angle) * v)
      const newY = 7.5 + down + zoom * (Math.sin(angle) * u + Math.cos(angle) * v)
      // The result is a slope too, so that its value between pixels follows from four of them.
      const [left, top] = [Math.floor(newX), Math.floor(newY)]
      const [a, b] = [newX - left, newY - top]
      const at = (dx: number, dy: number) => values[(top + dy) * side + left + dx]!
      const read = (1 - b) * ((1 - a) * at(0, 0) + a * at(1, 0)) + b * ((1 - a) * at(0, 1) + a * at(1, 1))
      expect(read).toBeCloseTo(slope(x, y), 5)
    }
  })

  it('keeps the colour of what is seen where it meets what is not', () => {
    const picture = [0.8, 0.4, 0.2, 1, 0, 0, 0, 0, 0.8, 0.4, 0.2, 1, 0, 0, 0, 0]
    const values = moved(picture, { height: 2, width: 2, channels: 4 }, { zoom: 2 })
    for (let at = 0; at < 16; at += 4) {
      const [red, green, blue, seen] = values.slice(at, at + 4)
      expect(seen).toBeGreaterThan(0)
      ;[red! - 0.8, green! - 0.4, blue! - 0.2].forEach((difference) => expect(difference).toBeCloseTo(0, 6))
    }
    expect(values[3]).toBeCloseTo(0.75, 6)
    expect(values[7]).toBeCloseTo(0.25, 6)
  })
})

describe('light', () => {
  const lit = (picture: number[], channels: number, change: Partial<Variation>) => {
    const values = Float32Array.from(picture)
    light(values, { height: 1, width: picture.length / channels, channels }, { ...still, ...change })
    return [...values].map((value) => Number(value.toFixed(5)))
  }
  it('adds brightness and stretches contrast about the mean, within what can be shown', () => {
    expect(lit([0.2, 0.4, 0.6], 1, { brightness: 0.1 })).toEqual([0.3, 0.5, 0.7])
    expect(lit([0.2, 0.4, 0.6], 1, { contrast: 1.5 })).toEqual([0.1, 0.4, 0.7])
    expect(lit([0, 0.5, 1], 1, { contrast: 2, brightness: 0.1 })).toEqual([0, 0.6, 1])
  })
  it('leaves alone how much is seen, and what is not', () => {
    expect(lit([0.2, 0.4, 0.6, 0.5, 0, 0, 0, 0], 4, { brightness: 0.1 })).toEqual([0.3, 0.5, 0.7, 0.5, 0, 0, 0, 0])
  })
})

describe('what is drawn', () => {
  const draws = (value: number) => Float32Array.from({ length: DRAWS }, () => value)
  it('is nothing but what was asked for', () => {
    for (const way of Augmentation.options) {
      const { flip, right, down, angle, zoom, brightness, contrast } = variationOf([way], grey(20, 30), draws(0))
      expect({
        flip,
        shift: right !== 0 && down !== 0,
        rotate: angle !== 0,
        zoom: zoom !== 1,
        light: brightness !== 0 && contrast !== 1,
      }).toEqual(Object.fromEntries(Augmentation.options.map((one) => [one, one === way])))
    }
    expect(variationOf([], grey(20, 30), draws(0))).toEqual(still)
  })

  it('is at most a tenth of a side, ten degrees, and as much smaller as larger', () => {
    const all = Augmentation.options
    expect(variationOf(all, grey(20, 30), draws(0))).toMatchObject({ flip: true, right: -3, down: -2 })
    const [least, most] = [variationOf(all, grey(20, 30), draws(0)), variationOf(all, grey(20, 30), draws(0.999999))]
    expect([least.angle, most.angle].map((angle) => Math.round((angle / Math.PI) * 180))).toEqual([-10, 10])
    expect(least.zoom * most.zoom).toBeCloseTo(1, 4)
    expect(least.contrast * most.contrast).toBeCloseTo(1, 4)
  })

  it('belongs to the seed, the stream and the step, and each picture has its own', () => {
    const shape = { height: 8, width: 8, channels: 3 }
    const one = counted(192)
    const varied = (seed: number, stream: string, index: number, count = 4) => {
      const values = Float32Array.from({ length: count * 192 }, (_, i) => one[i % 192]!)
      createVary(['shift', 'rotate', 'light'], shape, seed)(values, stream, index)
      return values
    }
    expect(varied(1, 'a', 5)).toEqual(varied(1, 'a', 5))
    for (const other of [varied(2, 'a', 5), varied(1, 'b', 5), varied(1, 'a', 6)]) expect(other).not.toEqual(varied(1, 'a', 5))
    const values = varied(1, 'a', 5)
    expect(values.subarray(0, 192)).not.toEqual(values.subarray(192, 384))
    // A larger batch begins with the same.
    expect(varied(1, 'a', 5, 8).subarray(0, 768)).toEqual(values)
  })
})
