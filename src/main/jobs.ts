/** Long work: it outlives the window that asked for it, shows progress and time left, and can be cancelled. */
import { randomBytes } from 'node:crypto'
import { asStudioError } from '../contract/errors'
import type { Job } from '../contract/nouns'

export interface JobHandle {
  readonly signal: AbortSignal
  progress(done: number, total?: number): void
}

export interface Jobs {
  /** Starts the work and returns its id at once. */
  start(about: Pick<Job, 'kind' | 'title' | 'unit'>, work: (job: JobHandle) => Promise<unknown>): { job: string }
  list(): Job[]
  cancel(id: string): void
  /** Every job now, then each change; ends when `signal` does. */
  watch(signal?: AbortSignal): AsyncGenerator<Job>
  /** Resolves to the finished job's result, or throws its error. For hosts without a window. */
  result(id: string, onProgress?: (job: Job) => void): Promise<unknown>
  /** Cancels all and waits for them. */
  close(): Promise<void>
}

/** Identifiers: 80 random bits, safe in file names and URLs. */
export function newId(): string {
  return BigInt(`0x${randomBytes(10).toString('hex')}`)
    .toString(36)
    .padStart(16, '0')
}

/** Changes are told at most this often a job; the last one always. */
const QUIET_MS = 100
/** Finished jobs stay listed this long, so that a window that reconnects still sees how they ended. */
const KEPT = 50

/** `onFailed` hears what each failed job threw, for the log; people read its sentence in the job itself. */
export function createJobs({ onFailed }: { onFailed?: (thrown: unknown, job: Job) => void } = {}): Jobs {
  interface Entry {
    job: Job
    abort: AbortController
    ended: Promise<void>
    cause: unknown
    startedAt: number
    toldAt: number
    timer: NodeJS.Timeout | undefined
  }
  const entries = new Map<string, Entry>()
  const listeners = new Set<(job: Job) => void>()

  function tell(entry: Entry, now = false): void {
    const wait = QUIET_MS - (performance.now() - entry.toldAt)
    if (!now && wait > 0) {
      entry.timer ??= setTimeout(() => tell(entry, true), wait)
      return
    }
    clearTimeout(entry.timer)
    entry.timer = undefined
    entry.toldAt = performance.now()
    for (const listener of listeners) listener({ ...entry.job })
  }

  return {
    start(about, work) {
      const job: Job = {
        ...about,
        id: newId(),
        state: 'running',
        done: 0,
        total: 0,
        secondsLeft: null,
        error: null,
        result: null,
      }
      const abort = new AbortController()
      const entry: Entry = {
        job,
        abort,
        cause: null,
        startedAt: performance.now(),
        toldAt: -Infinity,
        timer: undefined,
        ended: Promise.resolve(),
      }
      const handle: JobHandle = {
        signal: abort.signal,
        progress(done, total = job.total) {
          job.done = done
          job.total = total
          const seconds = (performance.now() - entry.startedAt) / 1000
          job.secondsLeft = done > 0 && total > 0 && seconds > 1 ? (seconds * (total - done)) / done : null
          tell(entry)
        },
      }
      entry.ended = (async () => {
        try {
          job.result = (await work(handle)) ?? null
          job.state = 'done'
        } catch (thrown) {
          entry.cause = thrown
          job.error = asStudioError(thrown).toJSON()
          job.state = abort.signal.aborted ? 'cancelled' : 'failed'
          if (job.state === 'failed') onFailed?.(thrown, job)
        }
        job.secondsLeft = null
        tell(entry, true)
        const over = [...entries.values()].filter((other) => other.job.state !== 'running')
        for (const old of over.slice(0, Math.max(0, over.length - KEPT))) entries.delete(old.job.id)
      })()
      entries.set(job.id, entry)
      tell(entry, true)
      return { job: job.id }
    },
    list: () => [...entries.values()].map((entry) => ({ ...entry.job })),
    cancel: (id) => entries.get(id)?.abort.abort(),
    async *watch(signal) {
      const waiting: Job[] = [...entries.values()].map((entry) => ({ ...entry.job }))
      let wake = () => {}
      const listener = (job: Job) => {
        waiting.push(job)
        wake()
      }
      listeners.add(listener)
      signal?.addEventListener('abort', () => wake())
      try {
        while (!signal?.aborted) {
          while (waiting.length > 0) yield waiting.shift()!
          await new Promise<void>((resolve) => {
            wake = resolve
            if (signal?.aborted || waiting.length > 0) resolve()
          })
        }
      } finally {
        listeners.delete(listener)
      }
    },
    async result(id, onProgress) {
      const entry = entries.get(id)
      if (!entry) throw new Error(`no job ${id}`)
      const listener = (job: Job) => job.id === id && onProgress?.(job)
      listeners.add(listener)
      await entry.ended
      listeners.delete(listener)
      if (entry.cause) throw entry.cause
      return entry.job.result
    },
    async close() {
      for (const entry of entries.values()) entry.abort.abort()
      await Promise.allSettled([...entries.values()].map((entry) => entry.ended))
      for (const entry of entries.values()) clearTimeout(entry.timer)
    },
  }
}
