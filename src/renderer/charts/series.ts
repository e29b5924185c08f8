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
 * Exponential average over a window of `share` of the line, corrected for its start (Kingma & Ba 2015, §3), so that the first
 * values are not pulled towards zero.
 */
export function smoothed(points: readonly Point[], share = 0.05): Point[] {
  const keep = 1 - 1 / Math.max(1, points.length * share)
  let average = 0
  let weight = 0
  return points.map(({ x, y }) => {
    average = keep * average + (1 - keep) * y
    weight = keep * weight + (1 - keep)
    return { x, y: average / weight }
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
 * Bounds for an axis: of all but the most extreme hundredth of the values, with some room, because the first few steps of a
 * training are often so far off that everything after them would be one flat line.
 * @param log bounds above zero, for a logarithmic axis of positive values
 */
export function rangeOf(lines: readonly (readonly Point[])[], log = false): { min?: number; max?: number } {
  const values = lines.flatMap((line) => line.map((point) => point.y)).sort((a, b) => a - b)
  if (!values.length) return {}
  const cut = Math.floor(values.length / 100)
  const [low, high] = [values[cut]!, values[values.length - 1 - cut]!]
  if (log) return { min: low / 1.1, max: high * 1.1 }
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1
  // A quantity that is never negative is not given a negative axis.
  return { min: values[0]! >= 0 ? Math.max(0, low - room) : low - room, max: high + room }
}
