import { computed, type ComputedRef } from 'vue'
import type { Room } from '../router'
import { useDatasets } from '../stores/datasets'
import { useRuns } from '../stores/runs'

/** The room in which the next step of the work waits; null while that is not known. */
export function useNextStep(): ComputedRef<Room | null> {
  const datasets = useDatasets()
  const runs = useRuns()
  return computed(() => {
    if (!datasets.loaded || !runs.loaded) return null
    if (!datasets.list.some((dataset) => dataset.items > 0)) return 'data'
    if (runs.explorable.some((run) => run.status === 'finished')) return 'explore'
    return 'train'
  })
}
