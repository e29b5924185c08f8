/** Which items of a grid are chosen, and where the keyboard is: by place, as a person thinks of them. */
import { computed, ref, type ComputedRef, type Ref } from 'vue'

export interface Selection {
  /** The place the keyboard is at. */
  active: Ref<number>
  /** Chosen places. */
  chosen: Ref<Set<number>>
  count: ComputedRef<number>
  /** Goes to a place: alone, adding or removing it (`toggle`), or everything up to it (`extend`). */
  go(to: number, how?: 'only' | 'toggle' | 'extend' | 'move'): void
  all(): void
  clear(): void
}

export function useSelection(total: () => number): Selection {
  const active = ref(0)
  const chosen = ref(new Set<number>())
  let anchor = 0

  function go(to: number, how: 'only' | 'toggle' | 'extend' | 'move' = 'only'): void {
    const place = Math.min(Math.max(0, to), Math.max(0, total() - 1))
    active.value = place
    if (how === 'extend') {
      const [from, until] = anchor < place ? [anchor, place] : [place, anchor]
      chosen.value = new Set(Array.from({ length: until - from + 1 }, (_, index) => from + index))
      return
    }
    anchor = place
    if (how === 'only') chosen.value = new Set([place])
    else if (how === 'toggle') {
      const next = new Set(chosen.value)
      if (!next.delete(place)) next.add(place)
      chosen.value = next
    }
  }

  return {
    active,
    chosen,
    count: computed(() => chosen.value.size),
    go,
    all: () => (chosen.value = new Set(Array.from({ length: total() }, (_, index) => index))),
    clear: () => {
      chosen.value = new Set()
      anchor = active.value
    },
  }
}
