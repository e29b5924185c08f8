/**
 * Whether helpers are worth it just now. On a busy computer a helper is put aside in the middle of its part, and waiting for it
 * costs more than it has done. So the gain is watched, and when there is none the work is done alone for a while. This changes
 * only who computes, never the result.
 */
export interface Sharing {
  /** Asked before each job. */
  worthwhile(): boolean
  /** Told after each shared job: milliseconds at work and waiting for helpers, and own and all units. */
  observe(working: number, waiting: number, own: number, all: number): void
}

/** A gain is forgotten over about so many jobs: less than one training step. */
const MEMORY = 20
/** Jobs done alone after helpers were found to cost; each time in a row twice as many, to the most. */
const REST = { least: 50, most: 1600 }
/** Milliseconds that helpers may cost before they are put to rest. */
const PATIENCE = 2

export function createSharing(): Sharing {
  let gain = 0
  let resting = 0
  let rest = REST.least
  return {
    worthwhile() {
      if (resting === 0) return true
      resting -= 1
      return false
    },
    observe(working, waiting, own, all) {
      const alone = (working * all) / Math.max(1, own)
      gain = gain * (1 - 1 / MEMORY) + (alone - working - waiting)
      if (gain > PATIENCE) rest = REST.least
      if (gain >= -PATIENCE) return
      resting = rest
      rest = Math.min(REST.most, rest * 2)
      gain = 0
    },
  }
}
