/** What a line means now, in words: computed from the numbers, so that a chart never stands without a sentence. */
import type { Point } from './series'

export type Trend = 'too-early' | 'falling' | 'level' | 'rising'

export interface Summary {
  trend: Trend
  first: number
  last: number
}

/** Rows below which no trend is claimed. */
export const ENOUGH = 12
const RECENT = 0.3

/**
 * Trend of the recent third of the line: a least-squares slope that stands out of the noise (|slope| > 3 standard errors) and is
 * worth mentioning: its change over the window is over 1.5 % of all the line ever moved, and over 0.2 % of its value. All three,
 * because a long run finds significance in nothing, and a log-likelihood may lie on both sides of zero.
 */
export function trendOf(points: readonly Point[]): Trend {
  if (points.length < ENOUGH) return 'too-early'
  const recent = points.slice(-Math.max(ENOUGH, Math.ceil(points.length * RECENT)))
  const n = recent.length
  const meanX = recent.reduce((sum, point) => sum + point.x, 0) / n
  const meanY = recent.reduce((sum, point) => sum + point.y, 0) / n
  let xx = 0
  let xy = 0
  for (const { x, y } of recent) {
    xx += (x - meanX) ** 2
    xy += (x - meanX) * (y - meanY)
  }
  if (xx === 0) return 'level'
  const slope = xy / xx
  let rest = 0
  for (const { x, y } of recent) rest += (y - meanY - slope * (x - meanX)) ** 2
  const error = Math.sqrt(rest / (n - 2) / xx)
  const moved = slope * (recent[n - 1]!.x - recent[0]!.x)
  const range = points.reduce<[number, number]>(
    ([low, high], { y }) => [Math.min(low, y), Math.max(high, y)],
    [Infinity, -Infinity],
  )
  const worth = Math.max(0.015 * (range[1] - range[0]), 0.002 * Math.abs(meanY))
  if (Math.abs(slope) <= 3 * error || Math.abs(moved) < worth) return 'level'
  return moved < 0 ? 'falling' : 'rising'
}

/** First and last are means over a few rows: one noisy batch must not make a headline. */
export function summarise(points: readonly Point[]): Summary | null {
  if (!points.length) return null
  const few = Math.max(1, Math.min(10, Math.floor(points.length / 10)))
  const mean = (part: readonly Point[]): number => part.reduce((sum, point) => sum + point.y, 0) / part.length
  return { trend: trendOf(points), first: mean(points.slice(0, few)), last: mean(points.slice(-few)) }
}

export type Verdict = 'too-early' | 'learning' | 'level' | 'worse' | 'mixed'

/**
 * One verdict for the whole chart, from what all is judged by (`loss` or `total` where a recipe reports it, else its parts):
 * still learning, hardly any more, or worse. Parts that pull in different directions are `mixed`, which is normal between rivals.
 */
export function verdictOf(trends: Record<string, Trend>): Verdict {
  const all = Object.values(trends)
  if (!all.length || all.every((trend) => trend === 'too-early')) return 'too-early'
  const one = trends.loss ?? trends.total
  if (one && one !== 'too-early') return one === 'falling' ? 'learning' : one === 'rising' ? 'worse' : 'level'
  const [falling, rising] = [all.includes('falling'), all.includes('rising')]
  if (falling && rising) return 'mixed'
  return falling ? 'learning' : rising ? 'worse' : 'level'
}
