/** What can compute here. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { EngineState } from '../../contract/engines'
import type { StudioError } from '../../contract/errors'
import { studio } from '../studio'
import { useJobs } from './jobs'

/** How long to wait before asking again for what is still being tried. */
const RETRY_MS = 2000

export const useEngines = defineStore('engines', () => {
  const jobs = useJobs()
  const list = shallowRef<EngineState[]>([])
  const error = shallowRef<StudioError | null>(null)
  const installJob = ref<string | null>(null)

  /** The one that trains when nobody chooses: the first that is ready, as main orders them. */
  const best = computed(() => list.value.find((engine) => engine.ready) ?? null)
  /** A faster one that is to be had. */
  const better = computed(() => {
    const found = list.value.findIndex((engine) => engine.ready || engine.installable)
    return found >= 0 && !list.value[found]!.ready ? list.value[found]! : null
  })
  /** Those a person may choose between; what computes in software is for tests. */
  const ready = computed(() => list.value.filter((engine) => engine.ready && engine.reason !== 'software'))
  /** The one chosen by the person, for as long as it is ready; null: the best. */
  const picked = ref<string | null>(null)
  const chosen = computed(() => ready.value.find((engine) => engine.id === picked.value) ?? null)
  /** The job that fetches an engine now, whoever asked for it. */
  const installing = computed(() => jobs.running.find((job) => job.kind === 'engine') ?? null)

  async function load(): Promise<void> {
    try {
      list.value = await studio.engines.list()
      error.value = null
      if (list.value.some((engine) => engine.reason === 'checking')) setTimeout(() => void load(), RETRY_MS)
    } catch (thrown) {
      error.value = thrown as StudioError
    }
  }

  async function install(engine: string): Promise<void> {
    try {
      const { job } = await studio.engines.install({ engine })
      installJob.value = job
      await jobs.result(job)
    } catch (thrown) {
      if ((thrown as StudioError).code !== 'cancelled') error.value = thrown as StudioError
    }
    installJob.value = null
  }

  jobs.onEnd((job) => job.kind === 'engine' && void load())

  return { list, error, best, better, ready, picked, chosen, installing, load, install }
})
