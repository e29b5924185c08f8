/** The items of a dataset by their place in the grid, read in pages as they come into sight: 100,000 of them cost no more than 1,000. */
import { ref, shallowReactive, watch } from 'vue'
import type { StudioError } from '../../../contract/errors'
import type { Item } from '../../../contract/nouns'
import { studio } from '../../studio'

const PAGE = 250
/** Pages kept in memory; the farthest from sight go first. */
const KEPT = 80

export interface ItemWindow {
  total: { value: number }
  loaded: { value: boolean }
  error: { value: StudioError | null }
  at(index: number): Item | undefined
  /** Reads what is missing between two places, both included. */
  want(from: number, to: number): Promise<void>
  /** The ids of items at these places, read where needed. */
  idsOf(places: Iterable<number>): Promise<string[]>
}

const narrowed = ({ tag, search }: { tag: string | null; search?: string }) => ({
  ...(tag === null ? {} : { tag }),
  ...(search ? { search } : {}),
})

/** @param source what to show; null shows nothing. `changes` counts up when the items may have changed. */
export function useItems(
  source: () => { dataset: string; tag: string | null; search?: string; changes: number } | null,
): ItemWindow {
  const pages = shallowReactive(new Map<number, Item[]>())
  const asked = new Map<number, Promise<void>>()
  const total = ref(0)
  const loaded = ref(false)
  const error = ref<StudioError | null>(null)
  let turn = 0
  let seen: [from: number, to: number] = [0, PAGE - 1]

  async function read(page: number, replaced: Set<number>): Promise<void> {
    const from = source()
    if (!from) return
    const mine = turn
    try {
      const answer = await studio.datasets.items({
        dataset: from.dataset,
        offset: page * PAGE,
        limit: PAGE,
        ...narrowed(from),
      })
      if (mine !== turn) return
      total.value = answer.total
      pages.set(page, answer.items)
      replaced.delete(page)
      error.value = null
      loaded.value = true
      forgetFar(page)
    } catch (thrown) {
      if (mine !== turn) return
      error.value = thrown as StudioError
      asked.delete(page)
    }
  }

  function forgetFar(near: number): void {
    if (pages.size <= KEPT) return
    const far = [...pages.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near))
    for (const page of far.slice(0, pages.size - KEPT)) {
      pages.delete(page)
      asked.delete(page)
    }
  }

  async function want(from: number, to: number): Promise<void> {
    seen = [from, to]
    const wanted: Promise<void>[] = []
    for (let page = Math.floor(Math.max(0, from) / PAGE); page <= Math.floor(to / PAGE); page++) {
      if (page > 0 && page * PAGE >= total.value) break
      if (!asked.has(page)) asked.set(page, read(page, stale))
      wanted.push(asked.get(page)!)
    }
    await Promise.all(wanted)
  }

  /** Pages of before a change, shown until the new ones are here, so that nothing flickers. */
  const stale = new Set<number>()
  watch(
    source,
    async (now, before) => {
      turn++
      asked.clear()
      const same = now && before && now.dataset === before.dataset && now.tag === before.tag && now.search === before.search
      if (same) for (const page of pages.keys()) stale.add(page)
      else {
        pages.clear()
        stale.clear()
        loaded.value = false
        total.value = 0
        seen = [0, PAGE - 1]
      }
      const mine = turn
      await want(...seen)
      if (mine !== turn) return
      for (const page of stale) pages.delete(page)
      stale.clear()
    },
    { immediate: true },
  )

  async function idsOf(places: Iterable<number>): Promise<string[]> {
    const byPage = new Map<number, number[]>()
    for (const place of places) {
      const page = Math.floor(place / PAGE)
      byPage.set(page, [...(byPage.get(page) ?? []), place % PAGE])
    }
    const ids: string[] = []
    for (const [page, within] of byPage) {
      // Taken at once: far pages are forgotten while many are read.
      const items = pages.get(page) ?? (await readOnly(page))
      for (const index of within) if (items[index]) ids.push(items[index].id)
    }
    return ids
  }

  async function readOnly(page: number): Promise<Item[]> {
    const from = source()!
    const offset = page * PAGE
    return (await studio.datasets.items({ dataset: from.dataset, offset, limit: PAGE, ...narrowed(from) })).items
  }

  return { total, loaded, error, want, idsOf, at: (index) => pages.get(Math.floor(index / PAGE))?.[index % PAGE] }
}
