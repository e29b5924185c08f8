/** What the training that is being put together would need: parameters and memory, as the trainer itself counts them. */
import { onScopeDispose, ref, shallowRef, type ShallowRef, watch, type Ref } from 'vue'
import { studio } from '../../studio'
import { useDraft } from './draft'

export interface Needs {
  parameters: number
  memoryBytes: number
  networks: { name: string; parameters: number }[]
  settings?: Record<string, unknown>
}

/** Settings rest this long before they are counted again. */
const REST = 400

/** `valid`: settings that are wrong are not asked about; the last answer stays. */
export function useNeeds(valid: () => boolean): {
  needs: ShallowRef<Needs | null>
  busy: Ref<boolean>
  error: ShallowRef<unknown>
} {
  const draft = useDraft()
  const needs = shallowRef<Needs | null>(null)
  const error = shallowRef<unknown>(null)
  const busy = ref(false)
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(): Promise<void> {
    const mine = ++turn
    const recipe = draft.recipe
    if (!recipe || !draft.dataset || !draft.preparation) return
    busy.value = true
    try {
      const version = await draft.prepare()
      if (mine !== turn) return
      const batchSize = Number(draft.training.batchSize ?? 64)
      const answer = await studio.recipes.describe({
        recipe: recipe.id,
        version: version.id,
        settings: { ...draft.settings },
        batchSize,
      })
      if (mine !== turn) return
      needs.value = answer
      error.value = null
    } catch (thrown) {
      if (mine === turn) error.value = thrown
    }
    if (mine === turn) busy.value = false
  }

  watch(
    () => JSON.stringify([draft.recipe?.id, draft.dataset?.id, draft.preparation, draft.settings, draft.training.batchSize]),
    () => {
      clearTimeout(timer)
      if (valid()) timer = setTimeout(() => void ask(), needs.value ? REST : 0)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    turn++
    clearTimeout(timer)
  })
  return { needs, busy, error }
}
