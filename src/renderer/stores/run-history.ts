/** What a run has measured and drawn so far, kept whole whatever order it arrives in: from the store and from live events. */
import type { MetricRow, Sample } from '../../contract/nouns'

/** Rows kept for a chart; beyond it every second one of the older half goes. */
const MOST_ROWS = 8000

export class RunHistory {
  rows: MetricRow[] = []
  samples: Sample[] = []

  /** Takes what the store holds as the truth. */
  load(rows: readonly MetricRow[], samples: readonly Sample[]): void {
    this.rows = [...rows]
    this.samples = [...samples].sort((a, b) => a.step - b.step)
  }

  /** Adds rows; a step that is known already is replaced, so an event that the store had told before does no harm. */
  addRows(rows: readonly MetricRow[]): void {
    for (const row of rows) place(this.rows, row)
    if (this.rows.length > MOST_ROWS) {
      const half = this.rows.length >> 1
      this.rows = this.rows.filter((_, i) => i >= half || i % 2 === 0)
    }
  }

  addSample(sample: Sample): void {
    place(this.samples, sample)
  }

  /** A resumed run starts again at `step`: what lay beyond was taken back. */
  rewind(step: number): void {
    this.rows = this.rows.filter((row) => row.step <= step)
    this.samples = this.samples.filter((sample) => sample.step <= step)
  }
}

/** Inserts by step; nearly always at the end. */
function place<T extends { step: number }>(list: T[], one: T): void {
  let at = list.length
  while (at > 0 && list[at - 1]!.step > one.step) at--
  if (at > 0 && list[at - 1]!.step === one.step) list[at - 1] = one
  else list.splice(at, 0, one)
}
