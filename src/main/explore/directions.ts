/**
 * Named directions in latent space: one a tag, from the mean of the items without it to the mean of those with it (the mean
 * difference; Larsen et al. 2016, section 4.2). How well it separates is told as balanced accuracy at the midpoint.
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

/** `latents`: [count, size]. `has`: u8 [count, tags], 0 or 1. Tags that too few items have or lack are left out. */
export async function tagDirections(
  latents: Float32Array,
  size: number,
  has: Uint8Array,
  tags: readonly string[],
): Promise<TagDirection[]> {
  const count = Math.floor(latents.length / size)
  const all = new Float64Array(size)
  const sums = tags.map(() => new Float64Array(size))
  const having = tags.map(() => 0)
  await inSlices(count, 256, (from, to) => {
    for (let item = from; item < to; item++) {
      for (let i = 0; i < size; i++) all[i]! += latents[item * size + i]!
      for (let tag = 0; tag < tags.length; tag++) {
        if (has[item * tags.length + tag] === 0) continue
        having[tag]!++
        const sum = sums[tag]!
        for (let i = 0; i < size; i++) sum[i]! += latents[item * size + i]!
      }
    }
  })

  const directions: TagDirection[] = []
  for (let tag = 0; tag < tags.length; tag++) {
    const [w, without] = [having[tag]!, count - having[tag]!]
    if (w < LEAST || without < LEAST) continue
    const mean = Array.from(sums[tag]!, (sum) => sum / w)
    const other = Array.from(sums[tag]!, (sum, i) => (all[i]! - sum) / without)
    const difference = mean.map((value, i) => value - other[i]!)
    const length = Math.hypot(...difference)
    if (length === 0) continue
    const vector = difference.map((value) => value / length)
    const middle = vector.reduce((sum, value, i) => sum + (value * (mean[i]! + other[i]!)) / 2, 0)

    let [total, squares, right, wrong] = [0, 0, 0, 0]
    await inSlices(count, 1024, (from, to) => {
      for (let item = from; item < to; item++) {
        let along = -middle
        for (let i = 0; i < size; i++) along += vector[i]! * latents[item * size + i]!
        total += along
        squares += along * along
        if (along > 0) {
          if (has[item * tags.length + tag] === 0) wrong++
          else right++
        }
      }
    })
    const accuracy = (right / w + 1 - wrong / without) / 2
    const variance = Math.max(0, squares / count - (total / count) ** 2)
    directions.push({ tag: tags[tag]!, vector, spread: Math.sqrt(variance), accuracy: Math.max(0.5, accuracy) })
  }
  return directions.sort((a, b) => b.accuracy - a.accuracy)
}
