/** Long work: what runs, how far it is, and how it ended. */
import { defineStore } from 'pinia'
import { computed, ref, watch as whenChanged } from 'vue'
import { asStudioError, errors, StudioError, type ErrorCode } from '../../contract/errors'
import type { Job } from '../../contract/nouns'
import { detailsOf } from '../locales/explain'
import { connected, follow, studio } from '../studio'

/** A job's stored error as the one error that the rooms know. */
function errorOf(job: Pick<Job, 'error' | 'state'>): StudioError {
  if (!job.error) return new StudioError(job.state === 'cancelled' ? 'cancelled' : 'unexpected')
  const code = job.error.code in errors ? (job.error.code as ErrorCode) : 'unexpected'
  return new StudioError(code, detailsOf(code, job.error.message))
}

export const useJobs = defineStore('jobs', () => {
  const byId = ref(new Map<string, Job>())
  const waiting = new Map<string, ((job: Job) => void)[]>()
  const listeners = new Set<(job: Job) => void>()
  /** Oldest first. */
  const running = computed(() => [...byId.value.values()].filter((job) => job.state === 'running'))
  let ended: (() => void) | null = null

  function take(job: Job): void {
    const before = byId.value.get(job.id)?.state
    byId.value.set(job.id, job)
    if (job.state === 'running') return
    for (const wake of waiting.get(job.id) ?? []) wake(job)
    waiting.delete(job.id)
    if (before === 'running') for (const listener of listeners) listener(job)
  }

  /** Follows every job from now on; once for the page. */
  function watch(): void {
    ended ??= follow((signal) => studio.jobs.watch(undefined, { signal }), take)
  }

  // A studio that was started anew knows nothing of the jobs before: they must not seem to run for ever.
  whenChanged(connected, async (now) => {
    if (!now || running.value.length === 0) return
    const known = new Set((await studio.jobs.list().catch(() => running.value)).map((job) => job.id))
    for (const job of running.value)
      if (!known.has(job.id)) take({ ...job, state: 'failed', error: new StudioError('studio-away').toJSON() })
  })

  /** The finished job's result; throws its error. */
  async function result<T>(id: string): Promise<T> {
    watch()
    const known = byId.value.get(id)
    const job =
      known && known.state !== 'running'
        ? known
        : await new Promise<Job>((wake) => waiting.set(id, [...(waiting.get(id) ?? []), wake]))
    if (job.state !== 'done') throw errorOf(job)
    return job.result as T
  }

  return {
    byId,
    running,
    watch,
    result,
    get: (id: string | null): Job | undefined => (id ? byId.value.get(id) : undefined),
    /** Calls back for each job that ends from now on. Returns what ends it. */
    onEnd(listener: (job: Job) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    cancel: (id: string) => studio.jobs.cancel({ job: id }).catch((thrown: unknown) => Promise.reject(asStudioError(thrown))),
  }
})
