/**
 * What watchers of a run receive. A slow watcher never holds the run: it skips to the newest state, and rows that piled up are
 * dropped and read again from the store when it asks, so its chart has no gap.
 */
import type { MetricRow, Run } from '../../contract/nouns'
import type { RunEvent } from '../../contract/runs'

const MOST_ROWS = 5000

type Watcher = AsyncIteratorObject<RunEvent, void, void> & { tell(event: RunEvent): void; end(): void }

export interface Feed {
  tell(run: string, event: RunEvent): void
  /** `first` is told at once; `read` gives stored rows after a step. Ends with `signal` or when the feed closes. */
  watch(run: string, first: () => Promise<Run>, read: (after: number) => Promise<MetricRow[]>, signal?: AbortSignal): Watcher
  close(): void
}

function createWatcher(first: () => Promise<Run>, read: (after: number) => Promise<MetricRow[]>, onEnd: () => void): Watcher {
  let state: Run | null = null
  let started = false
  let rows: MetricRow[] = []
  /** Rows were dropped: those after this step must be read again. */
  let missedAfter: number | null = null
  let delivered = -1
  const others: RunEvent[] = []
  let ended = false
  let wake = () => {}

  async function pull(): Promise<RunEvent | null> {
    if (!started) {
      started = true
      const run = await first()
      // What came meanwhile is newer than what was read.
      const newest = state ?? run
      state = null
      return { type: 'state', run: newest }
    }
    if (others.length > 0) return others.shift()!
    if (state) {
      const run = state
      state = null
      return { type: 'state', run }
    }
    if (missedAfter !== null) {
      const after = missedAfter
      missedAfter = null
      rows = await read(after)
    }
    const fresh = rows.filter((row) => row.step > delivered)
    rows = []
    if (fresh.length === 0) return null
    delivered = fresh.at(-1)!.step
    return { type: 'metrics', rows: fresh }
  }

  const watcher: Watcher = {
    tell(event) {
      if (event.type === 'state') state = event.run
      else if (event.type === 'metrics') {
        if (missedAfter !== null) return
        rows.push(...event.rows)
        if (rows.length > MOST_ROWS) {
          missedAfter = delivered
          rows = []
        }
      } else {
        if (event.type === 'rewind') {
          rows = rows.filter((row) => row.step <= event.step)
          delivered = Math.min(delivered, event.step)
          if (missedAfter !== null) missedAfter = Math.min(missedAfter, event.step)
        }
        others.push(event)
      }
      wake()
    },
    end() {
      ended = true
      onEnd()
      wake()
    },
    async next() {
      while (!ended) {
        const event = await pull()
        if (event) return { done: false, value: event }
        await new Promise<void>((resolve) => {
          wake = resolve
          if (ended || state || rows.length > 0 || others.length > 0 || missedAfter !== null) resolve()
        })
      }
      return { done: true, value: undefined }
    },
    async return() {
      watcher.end()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => watcher,
    async [Symbol.asyncDispose]() {
      watcher.end()
    },
  }
  return watcher
}

export function createFeed(): Feed {
  const watchers = new Map<string, Set<Watcher>>()
  return {
    tell(run, event) {
      for (const watcher of watchers.get(run) ?? []) watcher.tell(event)
    },
    watch(run, first, read, signal) {
      const these = watchers.get(run) ?? new Set()
      watchers.set(run, these)
      const watcher = createWatcher(first, read, () => {
        these.delete(watcher)
        if (these.size === 0 && watchers.get(run) === these) watchers.delete(run)
      })
      these.add(watcher)
      if (signal?.aborted) watcher.end()
      signal?.addEventListener('abort', () => watcher.end(), { once: true })
      return watcher
    },
    close() {
      for (const these of [...watchers.values()]) for (const watcher of [...these]) watcher.end()
    },
  }
}
