/** The datasets of the project, the one that is looked at, and what was found in it. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ImportResult } from '../../contract/datasets'
import type { StudioError } from '../../contract/errors'
import type { AnyPreparation, Dataset, Kind, Quarantined, Tag, Version } from '../../contract/nouns'
import { studio } from '../studio'
import { useJobs } from './jobs'

export const useDatasets = defineStore('datasets', () => {
  const jobs = useJobs()
  const list = shallowRef<Dataset[]>([])
  const versions = shallowRef<Version[]>([])
  const loaded = ref(false)
  const error = shallowRef<StudioError | null>(null)
  const selected = ref<string | null>(null)
  const current = computed(() => list.value.find((dataset) => dataset.id === selected.value) ?? list.value.at(-1) ?? null)
  const tags = shallowRef<Tag[]>([])
  const quarantined = shallowRef<Quarantined[]>([])
  /** How the last import of a dataset went, for as long as the window is open. */
  const imported = ref(new Map<string, ImportResult>())
  /** Counts up whenever the items of a dataset may have changed. */
  const changes = ref(0)

  /** Versions of the dataset that is looked at, newest first. */
  const currentVersions = computed(() =>
    versions.value.filter((version) => version.dataset === current.value?.id).sort((a, b) => b.number - a.number),
  )

  let turn = 0
  async function load(): Promise<void> {
    const mine = ++turn
    try {
      const [datasets, frozen] = await Promise.all([studio.datasets.list(), studio.datasets.versions({})])
      if (mine !== turn) return
      list.value = datasets
      versions.value = frozen
      error.value = null
      await loadCurrent(mine)
    } catch (thrown) {
      if (mine === turn) error.value = thrown as StudioError
    }
    if (mine === turn) loaded.value = true
  }

  async function loadCurrent(mine: number): Promise<void> {
    const dataset = current.value?.id
    const [counted, bad] = dataset
      ? await Promise.all([studio.datasets.tags({ dataset }), studio.datasets.quarantined({ dataset })])
      : [[], []]
    if (mine !== turn) return
    tags.value = counted
    quarantined.value = bad
    changes.value++
  }

  /** Waits for an import, then shows what came of it. Throws the job's error. */
  async function finished(started: Promise<{ job: string }>): Promise<ImportResult> {
    const { job } = await started
    const result = await jobs.result<ImportResult>(job)
    imported.value.set(result.dataset, result)
    selected.value = result.dataset
    await load()
    return result
  }

  jobs.onEnd((job) => {
    // Also those that another window or the command line started, and what a cancelled import had already brought.
    if (job.kind === 'import' || job.kind === 'sample' || job.kind === 'freeze') void load()
  })

  return {
    list,
    versions,
    currentVersions,
    loaded,
    error,
    selected,
    current,
    tags,
    quarantined,
    imported,
    changes,
    load,
    select: (dataset: string) => {
      selected.value = dataset
      return load()
    },
    importGrants: (grants: string[], into: { dataset?: string; name?: string; kind?: Kind } = {}) =>
      finished(studio.datasets.import({ grants, ...into })),
    sample: (count: number) => finished(studio.datasets.sample({ sample: 'cartoon-faces', count })),
    /** Sets items aside; they stay in the project. */
    remove: async (items: string[]) => {
      await studio.datasets.removeItems({ items })
      await load()
    },
    restore: async (items: string[]) => {
      await studio.datasets.restoreItems({ items })
      await load()
    },
    describe: async (item: string, caption: string | null) => {
      await studio.datasets.describe({ item, caption })
      await load()
    },
    rename: async (dataset: string, name: string) => {
      await studio.datasets.rename({ dataset, name })
      await load()
    },
    /** Freezes a version and gives it; the same preparation of the same items gives the same version back. */
    freeze: async (dataset: string, preparation: AnyPreparation): Promise<Version> => {
      const { job } = await studio.datasets.freeze({ dataset, preparation })
      const version = await jobs.result<Version>(job)
      await load()
      return version
    },
    /** For another project: nothing of this one stays. */
    reset: () => {
      turn++
      list.value = []
      versions.value = []
      tags.value = []
      quarantined.value = []
      imported.value.clear()
      selected.value = null
      loaded.value = false
      error.value = null
    },
  }
})
