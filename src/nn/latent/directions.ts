/** Directions in the latent space that mean something: from items with a tag and items without it. */
import { permutation } from '../random'

export interface Direction {
  /** Of length 1: [d]. */
  direction: Float32Array
  /** How far apart the two groups' middles are along it: the natural unit of a slider. */
  distance: number
  /** Where along it the two groups part: half way between their middles. */
  threshold: number
  /** Share told apart rightly among items that had no part in finding it, both groups counting equally: 0.5 is guessing. */
  accuracy: number
}

/** Fewest items in each group: half of them find the direction, the other half check it. */
const FEWEST = 4

/**
 * From the middle of the items without a tag to the middle of those with it (the attribute vector of White 2016): moving along
 * it stays in the cloud, where the normal of the best separating plane may leave it.
 * @param latents [n, d]; @param has 1 where item i has the tag, n long.
 * Null when either group has fewer than four items.
 */
export function tagDirection(latents: Float32Array, d: number, has: Uint8Array, seed: number): Direction | null {
  const groups = [0, 1].map((value) => halves(has, value, seed))
  if (groups.some(({ find, check }) => find.length + check.length < FEWEST)) return null
  const [without, having] = groups.map(({ find }) => middle(latents, d, find)) as [Float64Array, Float64Array]
  const direction = Float32Array.from(having, (value, j) => value - without[j]!)
  const distance = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0))
  if (distance === 0) return { direction, distance, threshold: 0, accuracy: 0.5 }
  for (let j = 0; j < d; j++) direction[j]! /= distance

  const threshold = (along(without, 0, direction) + along(having, 0, direction)) / 2
  const right = groups.map(
    ({ check }, value) => check.filter((i) => along(latents, i * d, direction) > threshold === (value === 1)).length,
  )
  const accuracy = groups.reduce((sum, { check }, value) => sum + right[value]! / check.length, 0) / 2
  return { direction, distance, threshold, accuracy }
}

/** The items of a group in two halves, by chance but repeatably. */
function halves(has: Uint8Array, value: number, seed: number): { find: number[]; check: number[] } {
  const items = [...permutation(seed, value, has.length)].filter((i) => has[i] === value)
  return { find: items.filter((_, i) => i % 2 === 0), check: items.filter((_, i) => i % 2 === 1) }
}

function middle(latents: Float32Array, d: number, items: number[]): Float64Array {
  const sum = new Float64Array(d)
  for (const i of items) for (let j = 0; j < d; j++) sum[j]! += latents[i * d + j]!
  return sum.map((value) => value / items.length)
}

function along(points: ArrayLike<number>, at: number, direction: Float32Array): number {
  let sum = 0
  for (let j = 0; j < direction.length; j++) sum += points[at + j]! * direction[j]!
  return sum
}
