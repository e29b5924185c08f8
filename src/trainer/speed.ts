/** Steps a second, as the median of many short measurements: saving, drawing and a busy moment do not count. */

const KEPT = 64

export interface Speed {
  /** After the step's losses were read: until then an engine may still be computing. */
  mark(step: number): void
  /** Something else took time: what lies between the last mark and the next is not measured. */
  rest(): void
  /** Null until two measurements are there. */
  perSecond(): number | null
}

/** `now`: a clock in milliseconds that never jumps. */
export function createSpeed(now: () => number = () => performance.now()): Speed {
  const measured: number[] = []
  let from: { step: number; at: number } | null = null
  let steps = 0
  return {
    mark(step) {
      const at = now()
      // The first measurement holds whatever the engine sets up on its first step.
      if (from && step > from.step && steps++ > 0) measured.push((at - from.at) / (step - from.step))
      if (measured.length > KEPT) measured.shift()
      from = { step, at }
    },
    rest() {
      from = null
    },
    perSecond() {
      const sorted = measured.filter((ms) => ms > 0).sort((a, b) => a - b)
      return sorted.length < 2 ? null : 1000 / sorted[sorted.length >> 1]!
    },
  }
}
