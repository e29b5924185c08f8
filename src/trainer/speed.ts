/**
 * Steps a second, as the median of many short measurements: saving, drawing and a busy moment do not count. And the share of their
 * time in which steps waited for their inputs.
 */

const KEPT = 64

export interface Speed {
  /**
   * After the step's losses were read: until then an engine may still be computing. `waited`: milliseconds that steps have waited
   * for their inputs so far.
   */
  mark(step: number, waited: number): void
  /** Something else took time: what lies between the last mark and the next is not measured. */
  rest(): void
  /** Null until two measurements are there. */
  perSecond(): number | null
  /** 0 … 1, of the same measurements; null as long as there is no speed. */
  waiting(): number | null
}

/** `now`: a clock in milliseconds that never jumps. */
export function createSpeed(now: () => number = () => performance.now()): Speed {
  const measured: { steps: number; ms: number; waited: number }[] = []
  let from: { step: number; at: number; waited: number } | null = null
  let marks = 0
  const sum = (values: number[]) => values.reduce((all, value) => all + value, 0)
  return {
    mark(step, waited) {
      const at = now()
      // The first measurement holds whatever the engine sets up on its first step.
      if (from && step > from.step && marks++ > 0 && at > from.at)
        measured.push({ steps: step - from.step, ms: at - from.at, waited: waited - from.waited })
      if (measured.length > KEPT) measured.shift()
      from = { step, at, waited }
    },
    rest() {
      from = null
    },
    perSecond() {
      const sorted = measured.map(({ steps, ms }) => ms / steps).sort((a, b) => a - b)
      return sorted.length < 2 ? null : 1000 / sorted[sorted.length >> 1]!
    },
    waiting() {
      return measured.length < 2
        ? null
        : Math.min(1, sum(measured.map(({ waited }) => waited)) / sum(measured.map(({ ms }) => ms)))
    },
  }
}
