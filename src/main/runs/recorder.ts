/**
 * Writes what a trainer says to the store, in its order and in bundles: rows wait while a write is under way and go together
 * with the next. When too many wait, the trainer's pipe is held until the store has caught up.
 */
import type { MetricRow, Run } from '../../contract/nouns'
import type { Store } from '../store/store'

export interface Recorder {
  rows(rows: MetricRow[]): void
  /** Samples and checkpoints: written after all rows that came before. */
  other(write: () => Promise<void>): void
  /** Fields of the run; many changes in a short time are one write. */
  change(change: Partial<Run>): void
  /** Resolves when all that came before is stored, or could not be (see `onFailed`). */
  settled(): Promise<void>
}

const TOO_MANY = 20_000
const PROGRESS_MS = 1000

export interface RecorderOptions {
  store: Store
  run: string
  /** More waits than the store can take (true), or it has caught up (false). */
  onFull: (full: boolean) => void
  /** Rows are told to watchers only once they are stored, so that what was seen can be read again. */
  onRows: (rows: MetricRow[]) => void
  /** The store refuses (a full disk …); nothing more is written. */
  onFailed: (thrown: unknown) => void
}

export function createRecorder({ store, run, onFull, onRows, onFailed }: RecorderOptions): Recorder {
  let waitingRows: MetricRow[] = []
  let waitingChange: Partial<Run> = {}
  const others: (() => Promise<void>)[] = []
  let working: Promise<void> | null = null
  let failed = false
  let full = false
  let timer: NodeJS.Timeout | undefined

  const waiting = () => waitingRows.length > 0 || others.length > 0 || Object.keys(waitingChange).length > 0

  async function work(): Promise<void> {
    while (waiting()) {
      const rows = waitingRows
      const change = waitingChange
      waitingRows = []
      waitingChange = {}
      if (rows.length > 0) {
        await store.appendMetrics(run, rows)
        onRows(rows)
      }
      // Rows first: a sample or checkpoint at a step follows the rows up to it.
      for (const write of others.splice(0)) await write()
      if (Object.keys(change).length > 0) await store.updateRun(run, change)
      if (full && waitingRows.length === 0) onFull((full = false))
    }
  }

  function wake(): void {
    clearTimeout(timer)
    timer = undefined
    if (failed || working || !waiting()) return
    working = work()
      .catch((thrown) => {
        failed = true
        onFailed(thrown)
      })
      .finally(() => (working = null))
  }

  return {
    rows(rows) {
      waitingRows.push(...rows)
      if (!full && waitingRows.length > TOO_MANY) onFull((full = true))
      wake()
    },
    other(write) {
      others.push(write)
      wake()
    },
    change(change) {
      Object.assign(waitingChange, change)
      timer ??= setTimeout(wake, PROGRESS_MS)
    },
    async settled() {
      for (wake(); working; wake()) await working
    },
  }
}
