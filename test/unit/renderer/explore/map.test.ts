import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundsOf, GridIndex } from '../../../../src/renderer/rooms/explore/grid-index'
import { fit, panned, seen, toScreen, toWorld, zoomed } from '../../../../src/renderer/rooms/explore/viewport'

const coordinate = fc.integer({ min: -1000, max: 1000 }).map((value) => value / 7)
const cloud = fc
  .array(coordinate, { minLength: 2, maxLength: 300 })
  .map((values) => Float32Array.from(values.length % 2 ? values.slice(1) : values))

function slowNearest(points: Float32Array, x: number, y: number): number {
  let best = Infinity
  for (let i = 0; i < points.length; i += 2) best = Math.min(best, (points[i]! - x) ** 2 + (points[i + 1]! - y) ** 2)
  return best
}

describe('GridIndex', () => {
  it('finds the nearest point that a search through all finds', () => {
    fc.assert(
      fc.property(cloud, coordinate, coordinate, (points, x, y) => {
        const found = new GridIndex(points).nearest(x, y)
        const distance = (points[2 * found]! - x) ** 2 + (points[2 * found + 1]! - y) ** 2
        expect(distance).toBeCloseTo(slowNearest(points, x, y), 6)
      }),
    )
  })
  it('finds nothing beyond the radius', () => {
    const index = new GridIndex(Float32Array.from([0, 0, 10, 10]))
    expect(index.nearest(4, 0, 3)).toBe(-1)
    expect(index.nearest(2, 0, 3)).toBe(0)
  })
  it('takes points that all lie in one place or on one line', () => {
    expect(new GridIndex(Float32Array.from([3, 3, 3, 3, 3, 3])).nearest(0, 0)).toBeGreaterThanOrEqual(0)
    expect(new GridIndex(Float32Array.from([0, 5, 1, 5, 2, 5, 900, 5])).nearest(880, 4)).toBe(3)
    expect(new GridIndex(new Float32Array(0)).nearest(0, 0)).toBe(-1)
  })
  it('spreads its choice: no two in a square or too near, the same ones while the view moves', () => {
    const points = new Float32Array(2000)
    // The R2 sequence: evenly over the square, and repeatable.
    for (let i = 0; i < 1000; i++) points.set([((i * 0.7548776662) % 1) * 100 - 50, ((i * 0.569840291) % 1) * 100 - 50], 2 * i)
    const index = new GridIndex(points)
    const at = (i: number) => `${Math.floor(points[2 * i]! / 10)} ${Math.floor(points[2 * i + 1]! / 10)}`
    const box = { left: -20, top: -20, right: 20, bottom: 20 }
    const chosen = index.spread(box, 10, 0, 100)
    expect(new Set(chosen.map(at)).size).toBe(chosen.length)
    expect(chosen.length).toBe(36)
    const loose = index.spread(box, 10, 6, 100)
    const apart = (a: number, b: number) => Math.hypot(points[2 * a]! - points[2 * b]!, points[2 * a + 1]! - points[2 * b + 1]!)
    expect(loose.length).toBeGreaterThan(9)
    expect(loose.some((a) => loose.some((b) => a !== b && apart(a, b) < 6))).toBe(false)
    const moved = index.spread({ left: -17, top: -20, right: 23, bottom: 20 }, 10, 6, 100)
    const inBoth = (i: number) => points[2 * i]! > -10 && points[2 * i]! < 10
    expect(moved.filter(inBoth).sort()).toEqual(loose.filter(inBoth).sort())
    expect(index.spread({ left: -50, top: -50, right: 50, bottom: 50 }, 1, 0, 7)).toHaveLength(7)
  })
  it('knows its bounds', () => {
    expect(boundsOf(Float32Array.from([1, 2, -3, 4]))).toEqual({ left: -3, top: 2, right: 1, bottom: 4 })
    expect(boundsOf(new Float32Array(0))).toEqual({ left: -1, top: -1, right: 1, bottom: 1 })
  })
})

describe('viewport', () => {
  const size = { width: 800, height: 600 }
  const whole = fit({ left: -10, top: -5, right: 30, bottom: 5 }, size)
  it('shows the whole box', () => {
    const box = seen(whole, size)
    expect(box.left).toBeLessThan(-10)
    expect(box.right).toBeGreaterThan(30)
    expect(box.top).toBeLessThan(-5)
    expect(box.bottom).toBeGreaterThan(5)
  })
  it('goes to the screen and back', () => {
    fc.assert(
      fc.property(coordinate, coordinate, (x, y) => {
        const [wx, wy] = toWorld(whole, size, ...toScreen(whole, size, x, y))
        expect(wx).toBeCloseTo(x, 6)
        expect(wy).toBeCloseTo(y, 6)
      }),
    )
  })
  it('has up at the top', () => {
    expect(toScreen(whole, size, 0, 4)[1]).toBeLessThan(toScreen(whole, size, 0, -4)[1])
  })
  it('moves what is under the hand with the hand', () => {
    const [x, y] = toWorld(whole, size, 100, 100)
    const [sx, sy] = toScreen(panned(whole, 30, -12), size, x, y)
    expect(sx).toBeCloseTo(130)
    expect(sy).toBeCloseTo(88)
  })
  it('zooms around the pointer, within limits', () => {
    const near = zoomed(whole, size, 650, 120, 3, whole)
    const before = toWorld(whole, size, 650, 120)
    const after = toWorld(near, size, 650, 120)
    expect(after[0]).toBeCloseTo(before[0])
    expect(after[1]).toBeCloseTo(before[1])
    expect(zoomed(whole, size, 0, 0, 1e9, whole).scale).toBe(whole.scale * 400)
    expect(zoomed(whole, size, 0, 0, 1e-9, whole).scale).toBe(whole.scale * 0.5)
  })
})
