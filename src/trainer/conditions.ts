/** What conditional models are told: a row of tags (or of words) for each picture, as the training items have them. */
import type { Condition } from '../contract/condition'
import { vocabularyOf } from '../contract/words'
import { fillUniform } from '../nn/random'
import { range, type PictureItems } from './items'
import type { PictureModel } from './model'

/** Numbers that the model is told of a picture; 0 where it is told nothing. */
export function conditionSize({ built, data }: Pick<PictureModel, 'built' | 'data'>): number {
  const { byTags, byText } = built.abilities
  return byTags ? data.tags.length : byText ? vocabularyOf(data).words.length : 0
}

export function conditionOf(model: PictureModel, items: PictureItems): Condition | null {
  const { data } = items
  if (model.built.abilities.byText) return { by: 'text', words: vocabularyOf(data).words }
  if (!model.built.abilities.byTags) return null
  return { by: 'tags', tags: data.tags, groups: exclusive(items).map((group) => group.map((tag) => data.tags[tag]!)) }
}

/** What is true of these items, [count, conditionSize]; null for a model that is told nothing. */
export function conditionsOf(model: PictureModel, items: PictureItems, positions: ArrayLike<number>): Float32Array | null {
  return conditionSize(model) > 0 ? told(model, items.tags(positions), items.words(positions)) : null
}

/** Items with these rows of tags and of words as the model is told them: the tags, or the caption, or the tags in words. */
function told({ built, data }: PictureModel, tags: Float32Array, captions: Float32Array): Float32Array {
  if (!built.abilities.byText) return tags
  const { words, tagRows } = vocabularyOf(data)
  const each = data.words?.length ?? 0
  const count = each > 0 ? captions.length / each : tags.length / tagRows.length
  const out = new Float32Array(count * words.length)
  for (let i = 0; i < count; i++) {
    const caption = captions.subarray(i * each, (i + 1) * each)
    if (caption.some((often) => often > 0)) out.set(caption, i * words.length)
    else
      for (const [tag, own] of tagRows.entries())
        if (tags[i * tagRows.length + tag] === 1) own.forEach((often, word) => (out[i * words.length + word]! += often))
  }
  return out
}

/**
 * Rows [count, conditionSize] as the training items have them, so that pictures show the data's own mixture: row i is a function of
 * (seed, i), however many are drawn. With `tags` those of items that have all of these; where there is none, any item's with these
 * laid over it. Null for a model that is told nothing.
 */
export function drawConditions(
  model: PictureModel,
  items: PictureItems,
  count: number,
  seed: number,
  tags: readonly string[] = [],
): Float32Array | null {
  if (conditionSize(model) === 0) return null
  const size = items.data.tags.length
  const wanted = tags.map((tag) => items.data.tags.indexOf(tag))
  const { rows } = items.place.tags
  const train = range(0, items.pack.train)
  const having = train.filter((position) => wanted.every((tag) => rows[position * size + tag] === 1))
  const among = having.length > 0 ? having : train
  const positions = Uint32Array.from({ length: count }, (_, i) => {
    const [share] = fillUniform(new Float32Array(1), seed, 'condition', i)
    return among[Math.floor(share! * among.length)]!
  })
  const drawn = items.tags(positions)
  if (having.length === 0) {
    const others = exclusive(items).filter((group) => group.some((tag) => wanted.includes(tag)))
    for (let i = 0; i < count; i++) {
      for (const tag of others.flat()) drawn[i * size + tag] = 0
      for (const tag of wanted) drawn[i * size + tag] = 1
    }
  }
  return told(model, drawn, items.words(positions))
}

/** Pictures to look at during training. */
interface Sheet {
  columns: number
  /** For each picture: which latent of the prior's, and its row. */
  latents: number[]
  rows: Float32Array
}

/** Wider sheets have tiles too small to compare. */
const MOST_COLUMNS = 10

/**
 * About `count` pictures that show what difference it makes to be told something. Where every item is of one class: a column each,
 * with the same latent along a row. Otherwise: rows of training items, alike ones beside each other.
 */
export function conditionSheet(
  model: PictureModel,
  items: PictureItems,
  count: number,
  columns: number,
  seed: number,
): Sheet | null {
  const size = conditionSize(model)
  const tags = items.data.tags.length
  if (size === 0) return null
  const classes = range(0, tags)
  if (items.place.words.columns === 0 && tags <= MOST_COLUMNS && countsIn(items, classes).every((own) => own === 1)) {
    const latents = range(0, Math.max(1, Math.round(count / tags))).flatMap((row) => classes.map(() => row))
    const rows = new Float32Array(latents.length * tags)
    for (let i = 0; i < latents.length; i++) rows[i * tags + (i % tags)] = 1
    return { columns: tags, latents, rows: told(model, rows, new Float32Array(0)) }
  }
  const drawn = drawConditions(model, items, count, seed)!
  const each = range(0, count).map((i) => drawn.subarray(i * size, (i + 1) * size))
  const sorted = each.toSorted((a, b) => {
    const first = a.findIndex((value, i) => value !== b[i])
    return first < 0 ? 0 : b[first]! - a[first]!
  })
  return { columns, latents: range(0, count), rows: Float32Array.from(sorted.flatMap((row) => [...row])) }
}

/** Sets of tags of which no training item has two: all of them, or those whose names begin alike (`hair-black`, `hair-red`). */
function exclusive(items: PictureItems): number[][] {
  const { tags } = items.data
  const all = range(0, tags.length)
  const together = (group: number[]) => countsIn(items, group).some((count) => count > 1)
  if (!together(all)) return all.length > 1 ? [all] : []
  const alike = Map.groupBy(
    all.filter((tag) => tags[tag]!.includes('-')),
    (tag) => tags[tag]!.slice(0, tags[tag]!.indexOf('-')),
  )
  return [...alike.values()].filter((group) => group.length > 1 && !together(group))
}

/** How many of the group's tags each training item has. */
function countsIn({ pack, place }: PictureItems, group: number[]): Uint16Array {
  const { rows, columns } = place.tags
  return Uint16Array.from({ length: pack.train }, (_, position) => {
    let count = 0
    for (const tag of group) count += rows[position * columns + tag]!
    return count
  })
}
