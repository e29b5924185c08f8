/** What a line means now, in words: computed from the numbers, so that a chart never stands without a sentence. */
import type { Point } from './series'

export type Trend = 'too-early' | 'falling' | 'level' | 'rising'

export interface Summary {
  trend: Trend
  first: number
  last: number
  /** Change since the start as a share of it, −1 … ; null where the start is too close to zero to divide by. */
  change: number | null
}

/** Rows below which no trend is claimed. */
export const ENOUGH = 12
const RECENT = 0.3

/**
 * Trend of the recent third of the line: a least-squares slope that stands out of the noise (|slope| > 3 standard errors) and is
 * worth mentioning (its change over the window is over 2 % of the value it starts from). Both, because a long run finds
 * significance in nothing and a short one finds nothing significant.
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
  const scale = Math.max(Math.abs(meanY - moved / 2), 1e-9)
  if (Math.abs(slope) <= 3 * error || Math.abs(moved) < 0.02 * scale) return 'level'
  return moved < 0 ? 'falling' : 'rising'
}

/** First and last are means over a few rows: one noisy batch must not make a headline. */
export function summarise(points: readonly Point[]): Summary | null {
  if (!points.length) return null
  const few = Math.max(1, Math.min(10, Math.floor(points.length / 10)))
  const mean = (part: readonly Point[]): number => part.reduce((sum, point) => sum + point.y, 0) / part.length
  const first = mean(points.slice(0, few))
  const last = mean(points.slice(-few))
  return { trend: trendOf(points), first, last, change: Math.abs(first) > 1e-9 ? (last - first) / Math.abs(first) : null }
}

export type Verdict = 'too-early' | 'learning' | 'level' | 'worse' | 'mixed'

/**
 * One verdict for the whole chart, from what all is judged by (`total` where a recipe reports it, else its parts): still
 * learning, hardly any more, or worse. Parts that pull in different directions are `mixed`, which is normal between rivals.
 */
export function verdictOf(trends: Record<string, Trend>): Verdict {
  const all = Object.values(trends)
  if (!all.length || all.every((trend) => trend === 'too-early')) return 'too-early'
  const one = trends.total
  if (one && one !== 'too-early') return one === 'falling' ? 'learning' : one === 'rising' ? 'worse' : 'level'
  const [falling, rising] = [all.includes('falling'), all.includes('rising')]
  if (falling && rising) return 'mixed'
  return falling ? 'learning' : rising ? 'worse' : 'level'
}
