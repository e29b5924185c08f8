import type { Tag } from '../../../contract/nouns'

/** Below this share of the items a model tends to forget what a tag looks like. */
const RARE = 0.08
/** In small sets and long lists every share is small and says nothing. */
const LEAST_ITEMS = 100
const MOST_TAGS = 40

/** The rarest tag that is worth a word; null where all are common enough. */
export function rareTag(tags: readonly Tag[], items: number): Tag | null {
  if (items < LEAST_ITEMS || tags.length < 2 || tags.length > MOST_TAGS) return null
  const rarest = tags
    .filter((tag) => tag.items > 0)
    .reduce<Tag | null>((least, tag) => (least && least.items <= tag.items ? least : tag), null)
  return rarest && rarest.items / items < RARE ? rarest : null
}
