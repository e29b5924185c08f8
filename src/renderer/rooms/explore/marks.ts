/** Which points of the map carry a tag: asked for page by page, because a dataset may be large. */
import { computed, type ComputedRef, ref, type Ref, shallowRef, type ShallowRef, watch } from 'vue'
import type { Tag } from '../../../contract/nouns'
import { useExplore } from '../../stores/explore'
import { studio } from '../../studio'

const PAGE = 500

export function useMarks(): {
  tags: ShallowRef<Tag[]>
  tag: Ref<string>
  marks: ShallowRef<Uint8Array | null>
  counted: ComputedRef<number>
} {
  const explore = useExplore()
  const tags = shallowRef<Tag[]>([])
  const tag = ref('')
  const marks = shallowRef<Uint8Array | null>(null)
  const counted = computed(() => marks.value?.reduce((sum, mark) => sum + mark, 0) ?? 0)
  let turn = 0

  watch(
    () => explore.run?.dataset,
    async (dataset) => {
      tag.value = ''
      tags.value = dataset ? await studio.datasets.tags({ dataset }).catch(() => []) : []
    },
    { immediate: true },
  )

  watch([tag, () => explore.map], async ([name, map]) => {
    const mine = ++turn
    if (!name || !map || !explore.run) return void (marks.value = null)
    const places = new Map(map.items.map((item, index) => [item, index]))
    const found = new Uint8Array(map.count)
    for (let offset = 0, total = 1; offset < total; offset += PAGE) {
      const page = await studio.datasets.items({ dataset: explore.run.dataset, offset, limit: PAGE, tag: name }).catch(() => null)
      if (mine !== turn || !page) return
      total = page.total
      for (const item of page.items) {
        const index = places.get(item.id)
        if (index !== undefined) found[index] = 1
      }
    }
    marks.value = found
  })
  return { tags, tag, marks, counted }
}
