/** What every export answers, and how its answer is compared with the studio's own. */
import { StudioError } from '../../contract/errors'

export interface Exported {
  /** Names in the folder that was given. */
  files: string[]
  /** Largest absolute difference to the studio's own answer. */
  maxDifference: number
  /** By what it was opened again, and on what. */
  checked: string
}

/** Largest difference an export may show. */
export const TOLERANCE = 1e-4

/** NaN anywhere counts as infinitely far. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!)
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference
  }
  return largest
}

/** Throws `export-differs`. */
export function refuse(difference: number): never {
  throw new StudioError('export-differs', { difference: difference.toPrecision(3) })
}
