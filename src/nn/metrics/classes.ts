/** Which kinds a set of pictures holds, by a classifier's answers, and how right such answers are. */

/** u8 [count, names.length], 1 where a picture has the tag. */
export interface Tagged {
  has: Uint8Array
  count: number
  tags: number
}

/** Share of the pictures that have each tag. */
export function shares({ has, count, tags }: Tagged): number[] {
  const out = Array<number>(tags).fill(0)
  for (let i = 0; i < has.length; i++) out[i % tags]! += has[i]!
  return out.map((having) => having / count)
}

/**
 * Kullback–Leibler divergence of the shares of what was made from those of the data, in nats: of one histogram where each picture
 * has exactly one tag; otherwise of each tag's yes and no, in the mean over the tags. Tags that no item or every item of the data
 * has are left out of the latter; in the former they cannot be made, for nothing taught them.
 */
export function divergence(made: readonly number[], data: readonly number[], exclusive: boolean): number {
  const term = (p: number, q: number) => (p > 0 ? p * Math.log(p / q) : 0)
  if (exclusive) return made.reduce((sum, p, tag) => (data[tag]! > 0 ? sum + term(p, data[tag]!) : sum), 0)
  const asked = data.flatMap((q, tag) => (q > 0 && q < 1 ? [term(made[tag]!, q) + term(1 - made[tag]!, 1 - q)] : []))
  return asked.length > 0 ? asked.reduce((sum, one) => sum + one, 0) / asked.length : 0
}

/** For each tag the mean of the shares told right among those that have it and those that do not; null where there are too few. */
export function balancedAccuracy(answers: Tagged, truth: Tagged, least: number): (number | null)[] {
  return Array.from({ length: truth.tags }, (_, tag) => {
    const right = [0, 0]
    const all = [0, 0]
    for (let i = tag; i < truth.has.length; i += truth.tags) {
      all[truth.has[i]!]!++
      if (answers.has[i] === truth.has[i]) right[truth.has[i]!]!++
    }
    return Math.min(...all) < least ? null : (right[0]! / all[0]! + right[1]! / all[1]!) / 2
  })
}
