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

/** From one row to another in equal steps, the two ends among them: in between a model is told shares. */
export function between(from: readonly number[], to: readonly number[], steps: number): number[][] {
  return Array.from({ length: steps }, (_, step) => from.map((value, i) => value + (step / (steps - 1)) * (to[i]! - value)))
}
