/**
 * Byte-pair encoding (Sennrich, Haddow & Birch 2016, algorithm 1) over characters: the most frequent pair of neighbours becomes a token of
 * its own, again and again. Of equally frequent pairs the one whose tokens are older wins, so the same texts give the same tokens.
 */

/** Two ids in one number. */
const key = (left: number, right: number): number => left * 65_536 + right
const parts = (pair: number): [left: number, right: number] => [Math.floor(pair / 65_536), pair % 65_536]
export const NONE = -1

/** Pairs by how often they were seen; what was pushed before a count changed is stale and passed over. */
class Heap {
  private readonly entries: { count: number; pair: number }[] = []

  private before(a: number, b: number): boolean {
    const [one, two] = [this.entries[a]!, this.entries[b]!]
    return one.count > two.count || (one.count === two.count && one.pair < two.pair)
  }

  private swap(a: number, b: number): void {
    ;[this.entries[a], this.entries[b]] = [this.entries[b]!, this.entries[a]!]
  }

  push(count: number, pair: number): void {
    let at = this.entries.push({ count, pair }) - 1
    for (let up = (at - 1) >> 1; at > 0 && this.before(at, up); at = up, up = (at - 1) >> 1) this.swap(at, up)
  }

  pop(): { count: number; pair: number } | undefined {
    const last = this.entries.length - 1
    if (last < 0) return undefined
    this.swap(0, last)
    const top = this.entries.pop()!
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let best = at
      if (left < last && this.before(left, best)) best = left
      if (right < last && this.before(right, best)) best = right
      if (best === at) return top
      this.swap(at, best)
      at = best
    }
  }
}

/**
 * Learns merges from words (as ids of their characters, `NONE` for one that is not known) and how often each occurs. `tokens` grows by
 * what is learned, to at most `most`; two pairs that spell the same share its id. Gives the merges in order of learning.
 */
export function learnPairs(words: { ids: number[]; count: number }[], tokens: string[], most: number): [number, number][] {
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const counts = new Map<number, number>()
  const places = new Map<number, Set<number>>()
  const heap = new Heap()

  function countPairs(at: number, sign: 1 | -1, changed?: Set<number>): void {
    const { ids: word, count } = words[at]!
    for (let i = 1; i < word.length; i++) {
      if (word[i - 1] === NONE || word[i] === NONE) continue
      const pair = key(word[i - 1]!, word[i]!)
      counts.set(pair, (counts.get(pair) ?? 0) + sign * count)
      changed?.add(pair)
      if (sign < 0) continue
      const known = places.get(pair)
      if (known) known.add(at)
      else places.set(pair, new Set([at]))
    }
  }

  words.forEach((_, at) => countPairs(at, 1))
  for (const [pair, count] of counts) heap.push(count, pair)

  const merges: [number, number][] = []
  while (tokens.length < most) {
    const top = heap.pop()
    if (!top || top.count < 2) break
    if (counts.get(top.pair) !== top.count) continue
    const [left, right] = parts(top.pair)
    const spelled = tokens[left]! + tokens[right]!
    let id = ids.get(spelled)
    if (id === undefined) {
      id = tokens.push(spelled) - 1
      ids.set(spelled, id)
    }
    merges.push([left, right])
    const changed = new Set<number>()
    for (const at of places.get(top.pair) ?? []) {
      countPairs(at, -1, changed)
      words[at]!.ids = mergePair(words[at]!.ids, left, right, id)
      countPairs(at, 1, changed)
    }
    counts.delete(top.pair)
    places.delete(top.pair)
    for (const pair of changed) {
      const count = counts.get(pair) ?? 0
      if (count > 0) heap.push(count, pair)
      else counts.delete(pair)
    }
  }
  return merges
}

function mergePair(word: number[], left: number, right: number, id: number): number[] {
  const merged: number[] = []
  for (let i = 0; i < word.length; i++) {
    if (word[i] === left && word[i + 1] === right) {
      merged.push(id)
      i++
    } else merged.push(word[i]!)
  }
  return merged
}

/** Applies learned merges to a word, the earliest learned first. */
export function createMerge(
  merges: readonly (readonly [number, number])[],
  tokens: readonly string[],
): (word: number[]) => number[] {
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const ranks = new Map(
    merges.map(([left, right], rank) => [key(left, right), { rank, left, right, id: ids.get(tokens[left]! + tokens[right]!)! }]),
  )
  return (word) => {
    let now = word
    while (now.length > 1) {
      let best: { rank: number; left: number; right: number; id: number } | undefined
      for (let i = 1; i < now.length; i++) {
        const found = now[i - 1] === NONE || now[i] === NONE ? undefined : ranks.get(key(now[i - 1]!, now[i]!))
        if (found && (!best || found.rank < best.rank)) best = found
      }
      if (!best) break
      now = mergePair(now, best.left, best.right, best.id)
    }
    return now
  }
}
