/** Exports being made, so that leaving the room and coming back finds them where they are. */
import { defineStore } from 'pinia'
import { reactive, shallowReactive } from 'vue'
import type { ExportFormat, ExportResult } from '../../../contract/exports'
import type { StudioError } from '../../../contract/errors'
import { useJobs } from '../../stores/jobs'
import { studio } from '../../studio'

interface Making {
  job: string | null
  error: StudioError | null
}

export const useMaking = defineStore('making', () => {
  const jobs = useJobs()
  /** By run: everything made of it, newest first. */
  const made = shallowReactive(new Map<string, ExportResult[]>())
  const making = reactive(new Map<string, Making>())
  const key = (run: string, format: ExportFormat) => `${run} ${format}`

  async function load(run: string): Promise<void> {
    const list = await studio.exports.list({ run })
    made.set(run, list)
  }

  async function start(run: string, format: ExportFormat): Promise<void> {
    const state: Making = reactive({ job: null, error: null })
    making.set(key(run, format), state)
    try {
      const { job } = await studio.exports.start({ run, format })
      state.job = job
      await jobs.result<ExportResult>(job)
      await load(run)
      making.delete(key(run, format))
    } catch (thrown) {
      const failure = thrown as StudioError
      if (failure.code === 'cancelled') making.delete(key(run, format))
      else Object.assign(state, { job: null, error: failure })
    }
  }

  return {
    made,
    load,
    start,
    of: (run: string, format: ExportFormat): Making | undefined => making.get(key(run, format)),
    /** The newest files of a format. */
    newest: (run: string, format: ExportFormat): ExportResult | undefined => made.get(run)?.find((one) => one.format === format),
  }
})
