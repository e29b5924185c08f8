/** The odd ones of a run: their list in windows, and the pictures that say why, as they come into sight. */
import { computed, onScopeDispose, ref, shallowReactive, shallowRef } from 'vue'
import type { OddFound, OddItem, OddMethod } from '../../../contract/odd'
import type { Pictures, Run } from '../../../contract/nouns'
import { useJobs } from '../../stores/jobs'
import { studio } from '../../studio'
import { Latest } from './latest'

const PAGE = 200
/** Pictures asked for at once: where a latent has to be searched for, each takes a part of a second. */
const SOME = 8
/** Rows whose pictures are kept; the oldest go first. */
const KEPT = 240

/** A picture, how the model draws it, and the difference: the `index`-th of each. */
export interface Reason {
  originals: Pictures
  redrawn: Pictures
  differences: Pictures
  index: number
}

/** For a normal distribution the middle half reaches 1.349 standard deviations. */
const MIDDLE_HALF = 1.349

/** How far a score lies above the middle one, in what would be standard deviations. */
export function deviation(score: number, { median, spread }: Pick<OddFound, 'median' | 'spread'>): number {
  return spread > 0 ? ((score - median) * MIDDLE_HALF) / spread : 0
}

/** From so many deviations on. */
const LEVELS = [
  ['far', 8],
  ['clearly', 4],
  ['little', 2],
  ['usual', -Infinity],
] as const

export const levelOf = (deviations: number): (typeof LEVELS)[number][0] => LEVELS.find(([, from]) => deviations >= from)![0]

export function useOdd() {
  const jobs = useJobs()
  const found = shallowRef<OddFound | null>(null)
  const error = shallowRef<unknown>(null)
  const jobId = ref<string | null>(null)
  const total = ref(0)
  const rows = shallowReactive(new Map<number, OddItem>())
  const reasons = shallowReactive(new Map<string, Reason>())
  const asked = new Set<number>()
  /** Answers for what was left must not appear in what comes next. */
  let turn = 0
  let run: Run | null = null

  const fail = (thrown: unknown): void => void (error.value = thrown)

  async function open(which: Run, method: OddMethod): Promise<void> {
    const mine = ++turn
    run = which
    found.value = error.value = null
    total.value = 0
    rows.clear()
    reasons.clear()
    asked.clear()
    try {
      const { job } = await studio.odd.find({ run: which.id, dataset: which.dataset, method })
      if (mine !== turn) return void jobs.cancel(job)
      jobId.value = job
      const answer = await jobs.result<OddFound>(job)
      if (mine !== turn) return
      found.value = answer
      await want(0, 0)
    } catch (thrown) {
      if (mine === turn) fail(thrown)
    } finally {
      if (mine === turn) jobId.value = null
    }
  }

  /** Reads what is missing of the list between two places, both included. */
  async function want(from: number, to: number): Promise<void> {
    const mine = turn
    if (!found.value || !run) return
    const { run: id, step, method } = found.value
    for (let page = Math.floor(from / PAGE); page <= Math.floor(to / PAGE); page++) {
      if (asked.has(page)) continue
      asked.add(page)
      try {
        const offset = page * PAGE
        const answer = await studio.odd.list({ run: id, step, dataset: run.dataset, method, offset, limit: PAGE })
        if (mine !== turn) return
        total.value = answer.total
        answer.items.forEach((item, i) => rows.set(offset + i, item))
      } catch (thrown) {
        asked.delete(page)
        if (mine === turn) fail(thrown)
      }
    }
  }

  const drawing = new Latest<string[]>(async (items) => {
    const mine = turn
    const missing = items.filter((item) => !reasons.has(item)).slice(0, SOME)
    if (!run || missing.length === 0) return
    const pictures = await studio.odd.redrawn({ run: run.id, items: missing })
    if (mine !== turn) return
    missing.forEach((item, index) => reasons.set(item, { ...pictures, index }))
    for (const item of reasons.keys()) if (reasons.size > KEPT && !items.includes(item)) reasons.delete(item)
    if (items.length > missing.length) drawing.ask(items)
  }, fail)

  onScopeDispose(() => {
    turn++
    drawing.close()
    if (jobId.value) void jobs.cancel(jobId.value)
  })

  return {
    found,
    error,
    total,
    job: computed(() => jobs.get(jobId.value)),
    rows,
    reasons,
    open,
    want,
    /** Fetches the pictures of these items, a few at a time; a newer wish replaces an older one. */
    show: (items: string[]) => drawing.ask(items),
    /** Marks an item in the list as set aside, or put back. */
    mark(place: number, aside: boolean): void {
      const row = rows.get(place)
      if (row) rows.set(place, { ...row, aside })
    },
    cancel: () => (jobId.value ? jobs.cancel(jobId.value) : Promise.resolve()),
  }
}
