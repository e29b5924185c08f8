/**
 * Do the made look real, and is everything real among them? Precision and recall (Kynkäänniemi et al. 2019, eq. 2), density and
 * coverage (Naeem et al. 2020, eq. 5 and 8). A set is known by the balls around its points, each as wide as the way to the point's
 * k-th nearest neighbour in the same set.
 */
import { overPairs, smallest, type Breathe, type Rows } from './rows'

/** Naeem et al.'s own choice. */
export const NEIGHBOURS = 5

export interface Balls extends Rows {
  /** Squared: [count]. */
  radii: Float32Array
  k: number
}

/** Throws `RangeError` when there are no k neighbours. */
export async function ballsOf(rows: Rows, k: number, breathe: Breathe): Promise<Balls> {
  if (rows.count <= k) throw new RangeError(`${rows.count} points have no ${k} neighbours`)
  const radii = new Float32Array(rows.count)
  await overPairs(rows, rows, breathe, (squares, from, some) => {
    for (let i = 0; i < some; i++) radii[from + i] = smallest(squares, i * rows.count, rows.count, k, from + i).values[k - 1]!
  })
  return { ...rows, radii, k }
}

export interface Prdc {
  /** Share of the made that lie in a ball of the real. */
  precision: number
  /** Share of the real that lie in a ball of the made. */
  recall: number
  /** In how many balls of the real a made one lies, in the mean, over k: about 1 for real against real, and it may be more. */
  density: number
  /** Share of the balls of the real that hold a made one. */
  coverage: number
}

export async function prdc(real: Balls, made: Balls, breathe: Breathe): Promise<Prdc> {
  const inReal = new Uint32Array(made.count)
  let recalled = 0
  let covered = 0
  await overPairs(real, made, breathe, (squares, from, some) => {
    for (let i = 0; i < some; i++) {
      const radius = real.radii[from + i]!
      let holds = false
      let held = false
      for (let j = 0, at = i * made.count; j < made.count; j++, at++) {
        const square = squares[at]!
        if (square < radius) {
          holds = true
          inReal[j]!++
        }
        if (square < made.radii[j]!) held = true
      }
      if (holds) covered++
      if (held) recalled++
    }
  })
  let [precise, dense] = [0, 0]
  for (const balls of inReal) {
    if (balls > 0) precise++
    dense += balls
  }
  return {
    precision: precise / made.count,
    recall: recalled / real.count,
    density: dense / (real.k * made.count),
    coverage: covered / real.count,
  }
}
