/** What a person chooses for a conditional model, as the rows of numbers that it is told, and back. */
import { StudioError } from '../../contract/errors'
import type { Model } from './models'

/** These tags and no others. Throws `not-conditional` for a model that is told none, and `tag-unknown`. */
export function rowOf({ info: { condition }, run }: Model, tags: readonly string[]): number[] {
  if (condition?.by !== 'tags') throw new StudioError('not-conditional', { run: run.name })
  const unknown = tags.filter((tag) => !condition.tags.includes(tag))
  if (unknown.length > 0) throw new StudioError('tag-unknown', { tags: unknown.join(', '), known: condition.tags.join(', ') })
  return condition.tags.map((tag) => (tags.includes(tag) ? 1 : 0))
}

/** The tags of a row. */
export function tagsIn({ info: { condition } }: Model, row: readonly number[]): string[] {
  return condition?.by === 'tags' ? condition.tags.filter((_, i) => row[i]! > 0.5) : []
}

/** A share (0 to 1) of the way from one row to another. */
export function mixed(from: readonly number[], to: readonly number[], share: number): number[] {
  return from.map((value, i) => value + share * (to[i]! - value))
}
