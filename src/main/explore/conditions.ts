/** What a person chooses for a conditional model, as the rows of numbers that it is told, and back. */
import type { Condition } from '../../contract/condition'
import { StudioError } from '../../contract/errors'
import { wordsOf } from '../../contract/words'
import type { Model } from './models'

/** What is told: a description, or tags, or a share (0 to 1) of the way from these to others. */
interface Told {
  text?: string
  tags?: string[]
  toTags?: string[]
  share?: number
}

/** As a row; undefined where nothing is. Throws `not-conditional`, `tag-unknown`, `words-unknown`. */
export function rowFor(model: Model, { text, tags, toTags = tags, share = 0 }: Told): number[] | undefined {
  if (text !== undefined) return rowOfText(model, text)
  if (!tags || !toTags) return undefined
  const to = rowOfTags(model, toTags)
  return rowOfTags(model, tags).map((value, i) => value + share * (to[i]! - value))
}

/** These tags and no others. */
function rowOfTags({ info: { condition }, run }: Model, tags: readonly string[]): number[] {
  if (condition?.by !== 'tags') throw new StudioError('not-conditional', { run: run.name })
  const unknown = tags.filter((tag) => !condition.tags.includes(tag))
  if (unknown.length > 0) throw new StudioError('tag-unknown', { tags: unknown.join(', '), known: condition.tags.join(', ') })
  return condition.tags.map((tag) => (tags.includes(tag) ? 1 : 0))
}

function rowOfText({ info: { condition }, run }: Model, text: string): number[] {
  if (condition?.by !== 'text') throw new StudioError('not-conditional', { run: run.name })
  const said = wordsOf(text)
  const unknown = said.filter((word) => !condition.words.includes(word))
  if (unknown.length > 0) throw new StudioError('words-unknown', { words: unknown.join(', '), known: someOf(condition.words) })
  return condition.words.map((word) => said.filter((one) => one === word).length)
}

/** Captions may have taught more words than a sentence can name. */
const NAMED = 60

function someOf(words: readonly string[]): string {
  return words.slice(0, NAMED).join(', ') + (words.length > NAMED ? ' …' : '')
}

/** Numbers in a row. */
export function rowSize(condition: Condition): number {
  return condition.by === 'tags' ? condition.tags.length : condition.words.length
}

/** The tags or words of a row, as often as they stand in it. */
export function saidIn(condition: Condition, row: readonly number[]): string[] {
  const names = condition.by === 'tags' ? condition.tags : condition.words
  return names.flatMap((name, i) => Array<string>(Math.round(row[i]!)).fill(name))
}
