/** Whether a model draws its training items again: the way from each sample to the training item that looks most like it. */
import type { Quality } from '../../contract/quality'
import type { Features } from '../../nn/metrics/random-features'
import { overPairs, pick, type Rows } from '../../nn/metrics/rows'
import { permutation } from '../../nn/random'
import { range, type PictureItems } from '../items'
import type { CallContext } from './latents'

type Nearest = NonNullable<Quality['nearest']>
type Ways = { pixels: Rows; features: Rows }

/** Pictures of each set whose nearest is looked for, and how many of them are shown. */
export const ASKED = 200
export const SHOWN = 6
/** Training items looked through, in an order of the seed. Features cost more. */
const MOST = { pixels: 60_000, features: 20_000 }
const CHUNK = 512

/** `real`: pictures that are no training items, or null. */
export async function nearestItems(
  items: PictureItems,
  spaces: Record<keyof Ways, Features>,
  made: Ways,
  real: Ways | null,
  { breathe, progress }: CallContext,
): Promise<Nearest> {
  const order = permutation(0, 0, items.pack.train)
  const searched = { pixels: Math.min(order.length, MOST.pixels), features: Math.min(order.length, MOST.features) }
  const asked = (ways: Ways) => Math.min(ASKED, ways.pixels.count)
  const first = (rows: Rows) => pick(rows, range(0, Math.min(ASKED, rows.count)))
  const queries = Object.fromEntries(
    (['pixels', 'features'] as const).map((way) => [way, joined(first(made[way]), real && first(real[way]))]),
  ) as unknown as Ways
  const best = { pixels: createBest(queries.pixels.count), features: createBest(queries.features.count) }
  for (let from = 0; from < searched.pixels; from += CHUNK) {
    const positions = order.subarray(from, Math.min(searched.pixels, from + CHUNK))
    const pictures = items.bytes(positions)
    for (const way of ['pixels', 'features'] as const) {
      if (from >= searched[way]) continue
      const found = await spaces[way].of(pictures, breathe)
      await overPairs(queries[way], found, breathe, (squares, row, rows) => best[way].take(squares, row, rows, positions))
    }
    progress(from + positions.length, searched.pixels)
  }
  const nearest = (way: keyof Ways, i: number) => ({
    item: items.pack.ids[best[way].positions[i]!]!,
    distance: Math.sqrt(best[way].squares[i]!),
  })
  const medians = (begin: number, end: number) => ({
    pixels: Math.sqrt(median(best.pixels.squares.slice(begin, end))),
    features: Math.sqrt(median(best.features.squares.slice(begin, end))),
  })
  return {
    samples: range(0, Math.min(SHOWN, asked(made))).map((i) => ({
      pixels: nearest('pixels', i),
      features: nearest('features', i),
    })),
    made: medians(0, asked(made)),
    real: real && medians(asked(made), asked(made) + asked(real)),
    searched,
  }
}

/** For each query the smallest distance so far, and to which item. */
function createBest(count: number) {
  const squares = new Float32Array(count).fill(Infinity)
  const positions = new Uint32Array(count)
  return {
    squares,
    positions,
    take(found: Float32Array, from: number, rows: number, of: Uint32Array): void {
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < of.length; j++)
          if (found[i * of.length + j]! < squares[from + i]!) {
            squares[from + i] = found[i * of.length + j]!
            positions[from + i] = of[j]!
          }
    },
  }
}

function joined(a: Rows, b: Rows | null): Rows {
  if (!b) return a
  const values = new Float32Array(a.values.length + b.values.length)
  values.set(a.values)
  values.set(b.values, a.values.length)
  return { values, count: a.count + b.count, size: a.size }
}

function median(values: Float32Array): number {
  const sorted = values.sort()
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
