/**
 * Classes of very different sizes, evened out: which items the batches are drawn from, and what each of them counts. All of it is
 * a function of the items' tags and the seed.
 */
import { StudioError } from '../contract/errors'
import type { Balance } from '../contract/nouns'
import type { Classes } from '../contract/versions'
import { permutation } from '../nn/random'

/** What batches are drawn from. In shared memory, for the thread that makes them. */
export interface Pool {
  /** Of the items, one that comes several times in an epoch as often. */
  positions: Uint32Array
  /** By position; null where all count the same. */
  weights: Float32Array | null
}

/** The tags of a version's training items. */
export interface Tagged {
  /** Items for training, the first ones. */
  train: number
  names: string[]
  /** u8 [items, names.length], 1 where an item has the tag. */
  rows: Uint8Array
}

/** Fewer items than this teach nothing. */
const LEAST_ITEMS = 8
/** More places than this in an epoch are no answer to rare classes. */
const MOST_PLACES = 2 ** 24

/** All training items, each once and counting the same. */
export function everyItem(train: number): Pool {
  return { positions: shared(train).map((_, i) => i), weights: null }
}

/** Throws `settings-wrong` where these tags make no classes, or the way suits them not at all. */
export function poolOf(balance: Balance | null, tagged: Tagged, seed: number): Pool {
  if (!balance) return everyItem(tagged.train)
  const classes = classesBy(balance.tags, tagged)
  if (classes.length < 2) throw wrong('all pictures are of one class by these tags')
  if (balance.by === 'weights') return { ...everyItem(tagged.train), weights: weightsOf(classes, tagged.train) }
  const size = evenSize(classes, balance.by)
  const places = size * classes.length
  if (places < LEAST_ITEMS) throw wrong(`only ${places} pictures would be left: the rarest class has ${size}`)
  if (places > MOST_PLACES) throw wrong(`an epoch would have ${places} pictures; let the rare count for more instead`)
  const positions = shared(places)
  classes.forEach(({ items }, n) => {
    const order = permutation(seed, n, items.length, 'balance')
    for (let i = 0; i < size; i++) positions[n * size + i] = items[order[i % items.length]!]!
  })
  return { positions, weights: null }
}

/** The classes by these tags, and what each way would make of them; `null`: by the tags that divide the items most unevenly. */
export function countClasses(tags: string[] | null, tagged: Tagged): Classes {
  const groups = groupsOf(tagged)
  const counts = countsOf(tagged)
  const dividing = tagged.names.filter((_, column) => counts[column]! > 0 && counts[column]! < tagged.train)
  const ways = groups.length > 0 ? groups : dividing.map((name) => [name])
  const chosen = tags ?? mostUneven(ways, tagged)
  const classes = classesBy(chosen, tagged)
  const mean = tagged.train / classes.length
  return {
    groups,
    dividing,
    tags: chosen,
    classes: classes.map(({ tags, items }) => ({
      tags,
      items: items.length,
      remove: evenSize(classes, 'remove'),
      repeat: evenSize(classes, 'repeat'),
      weight: mean / items.length,
    })),
  }
}

interface Class {
  tags: string[]
  /** Their positions. */
  items: number[]
}

/** Only those that have items; in the order of the tags, what has none of them last. */
function classesBy(tags: string[], { names, rows, train }: Tagged): Class[] {
  const columns = tags.map((tag) => {
    const column = names.indexOf(tag)
    if (column < 0) throw wrong(`no picture of this version has the tag “${tag}”`)
    return column
  })
  const byKey = new Map<string, number[]>()
  for (let item = 0; item < train; item++) {
    const key = columns.map((column) => rows[item * names.length + column]).join('')
    const items = byKey.get(key)
    if (items) items.push(item)
    else byKey.set(key, [item])
  }
  return [...byKey]
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([key, items]) => ({ tags: tags.filter((_, i) => key[i] === '1'), items }))
}

/** Items of each class in an epoch. */
function evenSize(classes: Class[], by: 'remove' | 'repeat'): number {
  const sizes = classes.map(({ items }) => items.length)
  return by === 'remove' ? Math.min(...sizes) : Math.max(...sizes)
}

/** By position: every class counts the same in all, and the items 1 on average. */
function weightsOf(classes: Class[], train: number): Float32Array {
  const weights = new Float32Array(new SharedArrayBuffer(train * Float32Array.BYTES_PER_ELEMENT))
  for (const { items } of classes) for (const item of items) weights[item] = train / classes.length / items.length
  return weights
}

/**
 * Groups of at least two tags of which no item has two: all of them (the folders of an import); else those that begin with the same
 * word (`hair-black`, `hair-brown`), and the rest together.
 */
function groupsOf(tagged: Tagged): string[][] {
  const used = tagged.names.filter((_, column) => countsOf(tagged)[column]! > 0)
  if (isGroup(used, tagged)) return [used]
  const byWord = Map.groupBy(used, (name) => /^(.+?)-/.exec(name)?.[1] ?? '')
  const groups = [...byWord].filter(([word, tags]) => word && isGroup(tags, tagged)).map(([, tags]) => tags)
  const rest = used.filter((name) => !groups.some((group) => group.includes(name)))
  return isGroup(rest, tagged) ? [...groups, rest] : groups
}

function isGroup(tags: string[], { names, rows, train }: Tagged): boolean {
  if (tags.length < 2) return false
  const columns = tags.map((tag) => names.indexOf(tag))
  for (let item = 0; item < train; item++) {
    let has = 0
    for (const column of columns) has += rows[item * names.length + column]!
    if (has > 1) return false
  }
  return true
}

/** Training items by tag. */
function countsOf({ names, rows, train }: Tagged): number[] {
  const counts = names.map(() => 0)
  for (let item = 0; item < train; item++)
    for (let column = 0; column < names.length; column++) counts[column]! += rows[item * names.length + column]!
  return counts
}

function mostUneven(ways: string[][], tagged: Tagged): string[] {
  const ratio = (tags: string[]) => {
    const classes = classesBy(tags, tagged)
    return evenSize(classes, 'repeat') / evenSize(classes, 'remove')
  }
  let [most, best] = [0, [] as string[]]
  for (const tags of ways) {
    const uneven = ratio(tags)
    if (uneven > most) [most, best] = [uneven, tags]
  }
  return best
}

const shared = (length: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(length * Uint32Array.BYTES_PER_ELEMENT))

const wrong = (reason: string): StudioError => new StudioError('settings-wrong', { setting: 'balance', reason })
