/** The tags of a version as a table that a trainer reads. */

/** Tags kept in a version, the most frequent ones: one byte an item each. */
const MOST_TAGS = 512

/** Names of the tags in the order of the alphabet, and u8 [items, names.length]. */
export function tagTable(items: readonly { tags: string[] }[]): { names: string[]; bytes: Uint8Array } {
  const counts = new Map<string, number>()
  for (const { tags } of items) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  const names = [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, MOST_TAGS)
    .map(([name]) => name)
    .sort()
  const place = new Map(names.map((name, at) => [name, at]))
  const bytes = new Uint8Array(items.length * names.length)
  items.forEach(({ tags }, row) => {
    for (const tag of tags) {
      const at = place.get(tag)
      if (at !== undefined) bytes[row * names.length + at] = 1
    }
  })
  return { names, bytes }
}
