/** What the training that is being put together would need: parameters and memory, as the trainer itself counts them. */
import { onScopeDispose, ref, shallowRef, type ShallowRef, watch, type Ref } from 'vue'
import type { Needs } from '../../../contract/memory'
import type { StartRun } from '../../../contract/runs'
import { useEngines } from '../../stores/engines'
import { studio } from '../../studio'
import { useDraft } from './draft'

export interface NeedsAsked {
  needs: ShallowRef<Needs | null>
  busy: Ref<boolean>
  error: ShallowRef<unknown>
}

/** Settings rest this long before they are counted again. */
const REST = 400

/** `wanted`: settings that are wrong, or whose needs nobody looks at, are not asked about; the last answer stays. */
export function useNeeds(wanted: () => boolean): NeedsAsked {
  const draft = useDraft()
  const engines = useEngines()
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
      const answer = await studio.recipes.describe({
        recipe: recipe.id,
        version: version.id,
        settings: { ...draft.settings },
        training: { ...draft.training } as StartRun['training'],
        engine: engines.chosen?.id,
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
    () => {
      const { recipe, dataset, preparation, settings, training } = draft
      const engine = engines.chosen?.id ?? engines.best?.id
      return wanted() && JSON.stringify([recipe?.id, dataset?.id, preparation, settings, training, engine])
    },
    (now) => {
      clearTimeout(timer)
      if (now) timer = setTimeout(() => void ask(), needs.value ? REST : 0)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    turn++
    clearTimeout(timer)
  })
  return { needs, busy, error }
}
