/** Which items train and which measure: a function of the pictures and the seed, not of the order in which they came. */
import { createHash } from 'node:crypto'
import type { Preparation } from '../../contract/nouns'
import type { StoredItem } from '../store/store'

export interface Parts {
  /** Training items first, then those kept out. */
  items: StoredItem[]
  train: number
}

/**
 * Items that came with a published split keep it, when both of its sides are there; of the rest, `testShare` is kept out. Both
 * parts are shuffled by SHA-256(seed, picture), so the same pictures and seed always give the same order.
 */
export function splitItems(items: StoredItem[], { seed, testShare }: Pick<Preparation, 'seed' | 'testShare'>): Parts {
  const shuffled = items
    .map((item) => ({ item, key: createHash('sha256').update(`${seed}:${item.sha256}`).digest('hex') }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ item }) => item)
  const published = items.some(({ split }) => split === 'train') && items.some(({ split }) => split === 'test')
  const free = shuffled.filter((item) => !published || item.split === null)
  const kept = new Set(free.slice(0, Math.round(free.length * testShare)))
  const isTest = (item: StoredItem) => (published && item.split === 'test') || kept.has(item)
  const train = shuffled.filter((item) => !isTest(item))
  return { items: [...train, ...shuffled.filter(isTest)], train: train.length }
}

/** What makes two frozen versions the same one: how they were prepared and every picture, tag, caption and side, in order. */
export function fingerprintOf({ items, train }: Parts, preparation: Preparation): string {
  const { size, colour, fit } = preparation
  const hash = createHash('sha256').update(JSON.stringify([1, size, colour, fit, train]))
  for (const { sha256, tags, caption } of items)
    hash.update(JSON.stringify(caption === null ? [sha256, tags] : [sha256, tags, caption]))
  return hash.digest('hex')
}
