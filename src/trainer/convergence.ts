/**
 * The stop rule `converged`: a stage ends when the smoothed held-out loss has not become better for a while.
 *
 * Every so many steps (an epoch's, but at least 50 and at most 500) the stage's loss is taken on up to 256 held-out items, with
 * the same noise each time and schedules at their end (a KL weight that still rises would look like getting worse). It is
 * smoothed by v ← 0.7·v + 0.3·loss. When the best smoothed value was last beaten by 0.1 % or more eight checks ago, the stage
 * is over; in any case after 1,000 epochs, for some losses (a GAN's) never settle.
 */
import type { CheckpointManifest } from '../contract/trainer'

export type Convergence = NonNullable<CheckpointManifest['convergence']>

/** Held-out items a check looks at. */
export const CHECK_ITEMS = 256

const KEPT_SHARE = 0.7
const LEAST_GAIN = 0.001
const PATIENCE = 8
const MOST_EPOCHS = 1000

/** Steps between checks. */
export function checkEvery(batchesPerEpoch: number): number {
  return Math.min(500, Math.max(50, batchesPerEpoch))
}

/** What is known after another check. */
export function observe(before: Convergence | null, loss: number, step: number): Convergence {
  if (!before) return { smoothed: loss, best: loss, bestStep: step }
  const smoothed = KEPT_SHARE * before.smoothed + (1 - KEPT_SHARE) * loss
  const better = smoothed < before.best - LEAST_GAIN * Math.abs(before.best)
  return better ? { smoothed, best: smoothed, bestStep: step } : { ...before, smoothed }
}

export function hasConverged(known: Convergence | null, step: number, batches: number, batchesPerEpoch: number): boolean {
  if (batches >= MOST_EPOCHS * batchesPerEpoch) return true
  return known !== null && step - known.bestStep >= PATIENCE * checkEvery(batchesPerEpoch)
}
