/** Losses of a model on the items that it never saw. */
import { chunkSize, latentSize, measure } from '../abilities'
import { heldOut, range, type PictureItems } from '../items'
import type { PictureModel } from '../model'
import type { CallContext } from './latents'
import { pcaError } from './pca'

export interface Evaluation {
  step: number
  /** Held-out items; all training items where nothing was held out. */
  items: number
  /** Means over the items, by the names of the recipe's `measure`; none where it has none. */
  metrics: Record<string, number>
  /** Error per pixel of PCA, fitted on the training items, with as many components as the latent has numbers: beside `mse`. */
  pcaMse: number | null
}

/** The noise is fixed, so the same model gives the same numbers each time. */
export async function evaluate(
  model: PictureModel,
  items: PictureItems,
  step: number,
  pca: boolean,
  { breathe, progress }: CallContext,
): Promise<Evaluation> {
  const positions = heldOut(items.pack)
  // Games have no loss that tells how good they are.
  if (!model.built.abilities.measure) return { step, items: positions.length, metrics: {}, pcaMse: null }
  const sums: Record<string, number> = {}
  const size = chunkSize(model)
  for (let from = 0; from < positions.length; from += size) {
    const losses = await measure(model, items.floats(positions.slice(from, from + size)), from)
    for (const [name, values] of Object.entries(losses)) for (const value of values) sums[name] = (sums[name] ?? 0) + value
    progress(Math.min(positions.length, from + size), positions.length)
    await breathe()
  }
  const metrics = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / positions.length]))
  const compared = pca && metrics.mse !== undefined
  const pcaMse = compared ? await pcaError(items, range(0, items.pack.train), positions, latentSize(model), breathe) : null
  return { step, items: positions.length, metrics, pcaMse }
}
