/** Every run of the project as the renderer knows it, kept true by watching those that still move. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { StudioError } from '../../contract/errors'
import type { Run, RunStatus } from '../../contract/nouns'
import type { StartRun } from '../../contract/runs'
import { studio } from '../studio'
import { useDatasets } from './datasets'
import { followRun, type RunFeed } from './run-feed'

const MOVING: readonly RunStatus[] = ['queued', 'preparing', 'running']

/** Whether a run's numbers change by themselves. */
export const isMoving = (run: Pick<Run, 'status'>): boolean => MOVING.includes(run.status)
/** Whether a run can go on from its last saved state. */
export const canResume = (run: Pick<Run, 'status'>): boolean => !isMoving(run) && run.status !== 'finished'
/** Whether a run has a model to look at. */
export const hasModel = (run: Pick<Run, 'status' | 'step'>): boolean =>
  run.step > 0 && run.status !== 'queued' && run.status !== 'preparing'

export const useRuns = defineStore('runs', () => {
  const datasets = useDatasets()
  const byId = ref(new Map<string, Run>())
  const loaded = ref(false)
  const error = shallowRef<StudioError | null>(null)
  /** Newest first. */
  const list = computed(() => [...byId.value.values()].sort((a, b) => b.createdAt - a.createdAt))
  /** The run that computes now, or waits to. */
  const active = computed(() => list.value.find((run) => run.status === 'running') ?? list.value.findLast(isMoving) ?? null)
  const queued = computed(() => list.value.filter((run) => run.status === 'queued'))
  /** Runs that a crash or a power cut ended, which can go on exactly where they were saved. */
  const interrupted = computed(() => list.value.filter((run) => run.status === 'interrupted'))
  const kindOf = (run: Run) => datasets.list.find(({ id }) => id === run.dataset)?.kind
  /** Runs with a model of pictures, the newest finished one first. */
  const explorable = computed(() =>
    list.value
      .filter((run) => hasModel(run) && kindOf(run) !== 'texts')
      .sort((a, b) => Number(b.status === 'finished') - Number(a.status === 'finished')),
  )

  const feeds = new Map<string, { feed: RunFeed; users: number }>()
  const background = new Map<string, RunFeed>()

  /** Remembers a run's newest state, and follows it for as long as it moves. */
  function put(run: Run): Run {
    byId.value.set(run.id, run)
    if (isMoving(run) && !background.has(run.id)) background.set(run.id, openFeed(run.id))
    else if (!isMoving(run) && background.has(run.id)) {
      background.delete(run.id)
      closeFeed(run.id)
    }
    return run
  }

  /** One feed a run, however many look at it. */
  function openFeed(id: string): RunFeed {
    const known = feeds.get(id)
    if (known) {
      known.users++
      return known.feed
    }
    const feed = followRun(id, put)
    feeds.set(id, { feed, users: 1 })
    return feed
  }

  function closeFeed(id: string): void {
    const known = feeds.get(id)
    if (!known || --known.users > 0) return
    known.feed.stop()
    feeds.delete(id)
  }

  async function refresh(): Promise<void> {
    try {
      const all = await studio.runs.list()
      for (const id of byId.value.keys()) if (!all.some((run) => run.id === id)) forget(id)
      for (const run of all) put(run)
      error.value = null
    } catch (thrown) {
      error.value = thrown as StudioError
    }
    loaded.value = true
  }

  function forget(id: string): void {
    byId.value.delete(id)
    if (background.delete(id)) closeFeed(id)
  }

  /** For another project: nothing of this one stays. */
  function reset(): void {
    for (const { feed } of feeds.values()) feed.stop()
    feeds.clear()
    background.clear()
    byId.value.clear()
    loaded.value = false
    error.value = null
  }

  return {
    list,
    loaded,
    error,
    active,
    queued,
    interrupted,
    explorable,
    refresh,
    reset,
    openFeed,
    closeFeed,
    get: (id: string): Run | undefined => byId.value.get(id),
    start: async (start: Partial<StartRun> & Pick<StartRun, 'version' | 'recipe'>) => put(await studio.runs.start(start)),
    pause: async (run: string) => put(await studio.runs.pause({ run })),
    resume: async (run: string, stop?: Run['stop']) => put(await studio.runs.resume(stop ? { run, stop } : { run })),
    branch: async (run: string, training: StartRun['training']) => put(await studio.runs.branch({ run, training })),
    stop: async (run: string) => put(await studio.runs.stop({ run })),
    rename: async (run: string, name: string) => put(await studio.runs.rename({ run, name })),
    remove: async (run: string) => {
      await studio.runs.remove({ run })
      forget(run)
    },
  }
})
