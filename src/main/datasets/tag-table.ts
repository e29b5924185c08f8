/** The tags of a version, and the words of its captions, as tables that a trainer reads. */
import { wordsOf } from '../../contract/words'

/** Kept in a version, the most frequent ones: one byte an item each. */
const MOST_TAGS = 512
const MOST_WORDS = 512
/** Captions that a word stands in at least: from fewer nobody learns what it means. */
const LEAST_CAPTIONS = 2
const MOST_OFTEN = 255

interface Table {
  /** In the order of the alphabet. */
  names: string[]
  /** u8 [items, names.length] */
  bytes: Uint8Array
}

export function tagTable(items: readonly { tags: string[] }[]): Table {
  return countTable(
    items.map(({ tags }) => tags),
    MOST_TAGS,
    1,
  )
}

/** How often the words stand in each caption; null where no item has a caption of such words. */
export function wordTable(items: readonly { caption: string | null }[]): Table | null {
  const table = countTable(
    items.map(({ caption }) => wordsOf(caption ?? '')),
    MOST_WORDS,
    LEAST_CAPTIONS,
  )
  return table.names.length > 0 ? table : null
}

/** How often each of the names stands in each item's list: of those that at least `least` items have, the `most` frequent. */
function countTable(lists: string[][], most: number, least: number): Table {
  const counts = new Map<string, number>()
  for (const list of lists) for (const name of new Set(list)) counts.set(name, (counts.get(name) ?? 0) + 1)
  const names = [...counts]
    .filter(([, count]) => count >= least)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([name]) => name)
    .sort()
  const place = new Map(names.map((name, at) => [name, at]))
  const bytes = new Uint8Array(lists.length * names.length)
  lists.forEach((list, row) => {
    for (const name of list) {
      const at = place.get(name)
      if (at === undefined) continue
      const cell = row * names.length + at
      bytes[cell] = Math.min(MOST_OFTEN, bytes[cell]! + 1)
    }
  })
  return { names, bytes }
}
