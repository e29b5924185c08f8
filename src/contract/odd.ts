/** Finding odd ones: how unlike what it learned a model finds each picture, and how it would draw it instead. */
import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Grant, Id, Pictures, Started } from './nouns'
import type { RecipeCard } from './recipes'

/** By which a picture's oddness is told; whichever it is, larger is odder. */
export const OddMethod = z.enum([
  /** −log p(x), or its upper bound −ELBO, in nats. */
  'likelihood',
  /** Squared error per pixel between a picture and how the model redraws it through its encoder. */
  'redrawing',
  /** The same where the latent is searched for: what the model could draw at best (Schlegl et al. 2017). */
  'inversion',
  /** What a critic that was trained along says: of the picture, or of how it differs from its redrawing. */
  'critic',
])
export type OddMethod = z.infer<typeof OddMethod>

/** The ways that a recipe has, its best first; none where it cannot tell. */
export function oddMethods({ likelihood, abilities }: Pick<RecipeCard, 'likelihood' | 'abilities'>): OddMethod[] {
  const methods: OddMethod[] = []
  if (abilities.includes('score') && likelihood !== 'none') methods.push('likelihood')
  if (abilities.includes('encode') && abilities.includes('decode')) methods.push('redrawing')
  if (abilities.includes('decode') || abilities.includes('generate')) methods.push('inversion')
  if (abilities.includes('score') && likelihood === 'none') methods.push('critic')
  return methods
}

/** What was found. The scores of a data set are read in windows; those of files are here, in the order of the files. */
export const OddFound = z.strictObject({
  run: Id,
  step: z.int(),
  method: OddMethod,
  count: z.int(),
  /** The middle score, and the distance of the middle half's ends from each other: what is usual. */
  median: z.number(),
  spread: z.number(),
  scores: z.array(z.number()).nullable(),
})
export type OddFound = z.infer<typeof OddFound>

export const OddItem = z.strictObject({
  item: Id,
  name: z.string(),
  score: z.number(),
  /** Whether it was set aside since. */
  aside: z.boolean(),
})
export type OddItem = z.infer<typeof OddItem>

export const odd = {
  /**
   * Scores the present items of a data set, or files, with the run's newest model. Kept for (run, step, data set, method): asked
   * again, only what is new is computed. Without `method`, the recipe's best. Job result: `OddFound`.
   */
  find: oc
    .input(
      z.strictObject({
        run: Id,
        dataset: Id.optional(),
        grants: z.array(Grant).min(1).max(10_000).optional(),
        method: OddMethod.optional(),
      }),
    )
    .output(Started),
  /** A window of what `find` kept, most odd first. */
  list: oc
    .input(
      z.strictObject({
        run: Id,
        step: z.int(),
        dataset: Id,
        method: OddMethod,
        offset: z.int().min(0),
        limit: z.int().min(1).max(1000),
      }),
    )
    .output(z.strictObject({ total: z.int(), items: z.array(OddItem) })),
  /** Pictures as the model was shown them, as it draws them itself, and |the one − the other|: why they are odd to it. */
  redrawn: oc
    .input(z.strictObject({ run: Id, items: z.array(Id).max(64).optional(), grants: z.array(Grant).max(64).optional() }))
    .output(z.strictObject({ originals: Pictures, redrawn: Pictures, differences: Pictures })),
}
