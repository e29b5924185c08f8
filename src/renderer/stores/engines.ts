/** What can compute here. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { EngineState } from '../../contract/engines'
import type { StudioError } from '../../contract/errors'
import { studio } from '../studio'
import { useJobs } from './jobs'

export const useEngines = defineStore('engines', () => {
  const jobs = useJobs()
  const list = shallowRef<EngineState[]>([])
  const error = shallowRef<StudioError | null>(null)
  const installJob = ref<string | null>(null)

  /** The one that trains when nobody chooses: the first that is ready, as main orders them. */
  const best = computed(() => list.value.find((engine) => engine.ready) ?? null)
  /** A faster one that is to be had. */
  const better = computed(() => list.value.find((engine) => !engine.ready && engine.installable) ?? null)
  /** The job that fetches an engine now, whoever asked for it. */
  const installing = computed(() => jobs.running.find((job) => job.kind === 'engine') ?? null)

  async function load(): Promise<void> {
    try {
      list.value = await studio.engines.list()
      error.value = null
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

  return { list, error, best, better, installing, load, install }
})
