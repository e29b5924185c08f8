/**
 * Named directions in latent space: one a tag, from the mean of the items without it to the mean of those with it (the mean
 * difference; Larsen et al. 2016, section 4.2). How well it separates is told as balanced accuracy at the midpoint, of each item by
 * the line that the other half of the items makes: with many latents a line parts the very items it was made from, whatever the tag.
 */
import { inSlices } from './breath'

export interface TagDirection {
  tag: string
  /** Unit vector [latentSize]. */
  vector: number[]
  /** Standard deviation of all items along it. */
  spread: number
  /** Mean of the shares told right among those with and those without, 0.5 to 1. */
  accuracy: number
}

/** Fewer items with or without a tag tell nothing about it. */
const LEAST = 5

/** Items with a tag, or without it, in two halves. */
type Group = [Half, Half]
interface Half {
  count: number
  sum: Float64Array
}

/** The way from one middle to another, and where along it the two part. */
interface Line {
  vector: number[]
  middle: number
}

/** `latents`: [count, size]. `has`: u8 [count, tags], 0 or 1. Tags that too few items have or lack are left out. */
export async function tagDirections(
  latents: Float32Array,
  size: number,
  has: Uint8Array,
  tags: readonly string[],
): Promise<TagDirection[]> {
  const count = Math.floor(latents.length / size)
  const directions: TagDirection[] = []
  for (let tag = 0; tag < tags.length; tag++) {
    const valueOf = (item: number): number => has[item * tags.length + tag]!
    const half = (): Half => ({ count: 0, sum: new Float64Array(size) })
    const groups: [Group, Group] = [
      [half(), half()],
      [half(), half()],
    ]
    const eachInTurn = halver(valueOf)
    await inSlices(count, 1024, (from, to) => {
      for (let item = from; item < to; item++) {
        const into = groups[valueOf(item)]![eachInTurn(item)]!
        into.count++
        for (let i = 0; i < size; i++) into.sum[i]! += latents[item * size + i]!
      }
    })
    if (groups.some(([a, b]) => a.count + b.count < LEAST)) continue
    const whole = lineBetween(...(groups.map(middleOf) as [number[], number[]]))
    if (!whole) continue
    const others = [1, 0].map((half) => lineBetween(middleOf([groups[0][half]!]), middleOf([groups[1][half]!])))

    const right = [0, 0]
    let [total, squares] = [0, 0]
    const again = halver(valueOf)
    await inSlices(count, 1024, (from, to) => {
      for (let item = from; item < to; item++) {
        const along = beyond(whole, latents, item * size)
        total += along
        squares += along * along
        const judge = others[again(item)]
        const value = valueOf(item)
        if (judge && beyond(judge, latents, item * size) > 0 === (value === 1)) right[value]!++
      }
    })
    const shares = groups.map(([a, b], value) => right[value]! / (a.count + b.count))
    const variance = Math.max(0, squares / count - (total / count) ** 2)
    const accuracy = Math.max(0.5, (shares[0]! + shares[1]!) / 2)
    directions.push({ tag: tags[tag]!, vector: whole.vector, spread: Math.sqrt(variance), accuracy })
  }
  return directions.sort((a, b) => b.accuracy - a.accuracy)
}

/** Items with a tag go to either half in turns, and so do items without it; asked of all items in their order. */
function halver(valueOf: (item: number) => number): (item: number) => 0 | 1 {
  const seen = [0, 0]
  return (item) => (seen[valueOf(item)]!++ % 2) as 0 | 1
}

function middleOf(halves: Half[]): number[] {
  const count = halves.reduce((sum, half) => sum + half.count, 0)
  return Array.from(halves[0]!.sum, (_, i) => halves.reduce((sum, half) => sum + half.sum[i]!, 0) / count)
}

/** Null where both are one place. */
function lineBetween(from: number[], to: number[]): Line | null {
  const difference = to.map((value, i) => value - from[i]!)
  const length = Math.hypot(...difference)
  if (length === 0) return null
  const vector = difference.map((value) => value / length)
  return { vector, middle: vector.reduce((sum, value, i) => sum + (value * (from[i]! + to[i]!)) / 2, 0) }
}

function beyond({ vector, middle }: Line, latents: Float32Array, at: number): number {
  let along = -middle
  for (let i = 0; i < vector.length; i++) along += vector[i]! * latents[at + i]!
  return along
}
