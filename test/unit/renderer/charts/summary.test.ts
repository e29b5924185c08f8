import { describe, expect, it } from 'vitest'
import type { MetricRow } from '../../../../src/contract/nouns'
import { allPositive, lineOf, partNames, type Point, rangeOf, rowAt, smoothed } from '../../../../src/renderer/charts/series'
import { ENOUGH, summarise, trendOf, verdictOf } from '../../../../src/renderer/charts/summary'

/** A repeatable ripple instead of noise: never periodic within a line, mean close to zero. */
const ripple = (i: number): number => Math.sin(i * 12.9898) * Math.cos(i * 4.1414)
const line = (count: number, f: (i: number) => number): Point[] =>
  Array.from({ length: count }, (_, i) => ({ x: i * 10, y: f(i) }))

describe('trendOf', () => {
  it('claims nothing before there is enough', () => {
    expect(trendOf(line(ENOUGH - 1, (i) => 100 - i))).toBe('too-early')
  })
  it('tells falling, rising and level apart under noise', () => {
    expect(trendOf(line(200, (i) => 100 - 0.2 * i + ripple(i)))).toBe('falling')
    expect(trendOf(line(200, (i) => 10 + 0.1 * i + ripple(i)))).toBe('rising')
    expect(trendOf(line(200, (i) => 50 + ripple(i)))).toBe('level')
  })
  it('calls a slope that noise hides level', () => {
    expect(trendOf(line(40, (i) => 50 + 0.01 * i + 20 * ripple(i)))).toBe('level')
  })
  it('looks at what happens now, not at the beginning', () => {
    expect(trendOf(line(300, (i) => 40 + 100 * Math.exp(-i / 15) + 0.3 * ripple(i)))).toBe('level')
  })
  it('does not make much of a significant but tiny slope', () => {
    expect(trendOf(line(500, (i) => 100 - 0.001 * i))).toBe('level')
  })
  it('works for log-likelihoods, below zero and across it', () => {
    expect(trendOf(line(200, (i) => -10 - 0.1 * i + 0.1 * ripple(i)))).toBe('falling')
    expect(trendOf(line(200, (i) => 10 - 0.1 * i + 0.1 * ripple(i)))).toBe('falling')
    expect(trendOf(line(400, (i) => -14000 + 30000 * Math.exp(-i / 40) + 100 * ripple(i)))).toBe('level')
  })
})

describe('summarise', () => {
  it('compares the beginning and the end without trusting single rows', () => {
    const summary = summarise(line(100, (i) => 200 - i))!
    expect(summary.first).toBeCloseTo(195.5)
    expect(summary.last).toBeCloseTo(105.5)
  })
  it('has nothing to say about nothing', () => {
    expect(summarise([])).toBeNull()
  })
})

describe('verdictOf', () => {
  it('believes the total where there is one', () => {
    expect(verdictOf({ total: 'falling', kl: 'rising' })).toBe('learning')
    expect(verdictOf({ total: 'level', kl: 'rising' })).toBe('level')
    expect(verdictOf({ total: 'rising' })).toBe('worse')
  })
  it('judges by the parts otherwise', () => {
    expect(verdictOf({ generator: 'rising', critic: 'falling' })).toBe('mixed')
    expect(verdictOf({ a: 'level', b: 'falling' })).toBe('learning')
    expect(verdictOf({ a: 'too-early' })).toBe('too-early')
    expect(verdictOf({})).toBe('too-early')
  })
})

describe('series', () => {
  const rows: MetricRow[] = [
    { step: 0, seconds: 0, losses: { total: 3, kl: 1 } },
    { step: 10, seconds: 1, losses: { total: 2 } },
    { step: 20, seconds: 2, losses: { total: 1, kl: Number.NaN } },
  ]
  it('reads each part, without the steps at which it was not measured', () => {
    expect(partNames(rows)).toEqual(['total', 'kl'])
    expect(lineOf(rows, 'kl')).toEqual([{ x: 0, y: 1 }])
  })
  it('finds the row at a step', () => {
    expect([-5, 0, 9, 10, 999].map((step) => rowAt(rows, step)!.step)).toEqual([0, 0, 0, 10, 20])
    expect(rowAt([], 3)).toBeUndefined()
  })
  it('smooths without delaying the course or moving the ends', () => {
    expect(smoothed(line(100, () => 7)).every((point) => Math.abs(point.y - 7) < 1e-9)).toBe(true)
    const slope = line(50, (i) => 3 * i)
    expect(smoothed(slope).every((point, i) => Math.abs(point.y - slope[i]!.y) < 1e-9)).toBe(true)
    const wild = line(400, (i) => 50 + 10 * ripple(i))
    const spread = (points: Point[]) =>
      Math.max(...points.slice(50).map((p) => p.y)) - Math.min(...points.slice(50).map((p) => p.y))
    expect(spread(smoothed(wild))).toBeLessThan(spread(wild) / 2)
  })
  it('gives bounds that one wild step does not decide', () => {
    expect(rangeOf([line(300, (i) => (i === 0 ? 9000 : 20 + ripple(i)))])!.high).toBeLessThan(22)
    expect(rangeOf([line(50, (i) => i), line(50, (i) => -i)])).toEqual({ low: -48, high: 48 })
    expect(rangeOf([])).toBeNull()
  })
  it('knows when a logarithm is possible', () => {
    expect(allPositive([line(3, () => 1)])).toBe(true)
    expect(allPositive([line(3, (i) => i)])).toBe(false)
    expect(allPositive([])).toBe(false)
  })
})
