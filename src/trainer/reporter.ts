/** What a run tells main: rows exactly once and in order, progress a few times a second however fast the steps are. */
import type { Losses, MetricRow } from '../contract/nouns'
import type { TrainerEvent } from '../contract/trainer'

/** A quarter of a second: with rows and progress that is eight events a second, and two to spare for samples and checkpoints. */
const EVERY_MS = 250
/** So many rows are sent even before their time, to keep a frame small. */
const MOST_ROWS = 1000

type Progress = Omit<Extract<TrainerEvent, { type: 'progress' }>, 'type'>

export interface Reporter {
  row(step: number, seconds: number, losses: Losses): void
  /** Sends rows and progress when it is time, or at once. */
  report(progress: () => Progress, now?: boolean): void
  /** Sends the rows that wait: before a checkpoint, for what lies behind it is never told again. */
  flush(): void
}

export function createReporter(tell: (event: TrainerEvent) => void, clock: () => number = () => performance.now()): Reporter {
  let rows: MetricRow[] = []
  let toldAt = -Infinity
  function flush(): void {
    if (rows.length > 0) tell({ type: 'metrics', rows })
    rows = []
  }
  return {
    row(step, seconds, losses) {
      rows.push({ step, seconds, losses })
      if (rows.length >= MOST_ROWS) flush()
    },
    report(progress, now = false) {
      if (!now && clock() - toldAt < EVERY_MS) return
      toldAt = clock()
      flush()
      tell({ type: 'progress', ...progress() })
    },
    flush,
  }
}
