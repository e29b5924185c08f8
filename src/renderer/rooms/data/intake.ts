/** Files on their way into the project, from wherever they come: a drop, a dialog, the sample. One way in, for every room. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ImportResult } from '../../../contract/datasets'
import type { StudioError } from '../../../contract/errors'
import type { Kind } from '../../../contract/nouns'
import { useDatasets } from '../../stores/datasets'
import { useJobs } from '../../stores/jobs'
import { useProjects } from '../../stores/projects'
import { chooseFiles, grantsOfDrop, type UploadProgress } from '../../studio'

export interface Into {
  /** Add to this dataset; absent: a new one. */
  dataset?: string
  name?: string
  kind?: Kind
  /** Name of the project to make where none is open. */
  project: string
}

export const useIntake = defineStore('intake', () => {
  const jobs = useJobs()
  const projects = useProjects()
  const datasets = useDatasets()
  /** Files being sent to a web host; null in the desktop window, where nothing needs to be sent. */
  const upload = shallowRef<UploadProgress | null>(null)
  const busy = ref(false)
  const error = shallowRef<StudioError | null>(null)
  let stop = new AbortController()

  /** The import that runs now, also one that another window started. */
  const job = computed(() => jobs.running.find((one) => one.kind === 'import' || one.kind === 'sample') ?? null)

  const onUpload = (progress: UploadProgress) => (upload.value = progress)

  /** Runs one intake; null when it failed (see `error`), was cancelled, or nothing was chosen. */
  async function run(bring: () => Promise<ImportResult | null>): Promise<ImportResult | null> {
    busy.value = true
    error.value = null
    try {
      return await bring()
    } catch (thrown) {
      const failure = thrown as StudioError
      if (failure.code !== 'cancelled') error.value = failure
      return null
    } finally {
      busy.value = false
      upload.value = null
    }
  }

  /** `sure`: there is something to import, so the project can be made while it is being sent. */
  async function take(granting: Promise<string[]>, into: Into, sure: boolean): Promise<ImportResult | null> {
    granting.catch(() => {}) // Awaited below, but perhaps not before it fails.
    return run(async () => {
      if (sure && !projects.current) await projects.create(into.project)
      const grants = await granting
      upload.value = null
      if (grants.length === 0) return null
      if (!projects.current) await projects.create(into.project)
      const { project: _, ...rest } = into
      return datasets.importGrants(grants, rest)
    })
  }

  function fresh(): AbortSignal {
    stop = new AbortController()
    return stop.signal
  }

  return {
    upload,
    busy,
    error,
    job,
    /** Call it inside the drop's own event. */
    drop: (data: DataTransfer, into: Into) => take(grantsOfDrop(data, onUpload, fresh()), into, true),
    choose: (folders: boolean, into: Into) => take(chooseFiles({ folders }, onUpload, fresh()), into, false),
    /** A project of its own with the built-in sample in it. */
    faces: (project: string, count = 2000) =>
      run(async () => {
        await projects.create(project)
        return datasets.sample(count)
      }),
    /** The built-in sample into the project that is open. */
    addFaces: (count = 2000) => run(() => datasets.sample(count)),
    cancel: () => {
      stop.abort()
      if (job.value) void jobs.cancel(job.value.id)
    },
  }
})
