/** Rows of losses as lines: reading, smoothing, bounds. No drawing here. */
import type { MetricRow } from '../../contract/nouns'

export interface Point {
  x: number
  y: number
}

/** Names of the parts in order of first appearance. */
export function partNames(rows: readonly MetricRow[]): string[] {
  const names = new Set<string>()
  for (const row of rows) for (const name in row.losses) names.add(name)
  return [...names]
}

/** One part as points; steps where it was not measured (another phase, another stage) are left out. */
export function lineOf(rows: readonly MetricRow[], part: string): Point[] {
  const points: Point[] = []
  for (const row of rows) {
    const y = row.losses[part]
    if (y !== undefined && Number.isFinite(y)) points.push({ x: row.step, y })
  }
  return points
}

/**
 * The mean over a window of `share` of the line around each point. The window is centred, so the course is not delayed, and it
 * shrinks towards both ends, so that they stay where they are.
 */
export function smoothed(points: readonly Point[], share = 0.04): Point[] {
  const sums = new Float64Array(points.length + 1)
  points.forEach((point, i) => (sums[i + 1] = sums[i]! + point.y))
  const half = Math.floor((points.length * share) / 2)
  return points.map(({ x }, i) => {
    const reach = Math.min(half, i, points.length - 1 - i)
    return { x, y: (sums[i + reach + 1]! - sums[i - reach]!) / (2 * reach + 1) }
  })
}

/** Whether a logarithmic scale can show these lines. */
export function allPositive(lines: readonly (readonly Point[])[]): boolean {
  return lines.some((line) => line.length > 0) && lines.every((line) => line.every((point) => point.y > 0))
}

/** The row at or before `step`, by halving; the first one when all are later. */
export function rowAt(rows: readonly MetricRow[], step: number): MetricRow | undefined {
  let low = 0
  let high = rows.length - 1
  if (high < 0) return undefined
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (rows[middle]!.step <= step) low = middle
    else high = middle - 1
  }
  return rows[low]
}

/**
 * Bounds of all but the most extreme hundredth of the values, because the first few steps of a training are often so far off
 * that everything after them would be one flat line. Null without values.
 */
export function rangeOf(lines: readonly (readonly Point[])[]): { low: number; high: number } | null {
  const values = lines.flatMap((line) => line.map((point) => point.y)).sort((a, b) => a - b)
  if (!values.length) return null
  const cut = Math.floor(values.length / 100)
  return { low: values[cut]!, high: values[values.length - 1 - cut]! }
}
