/** How good a model's pictures are, in numbers that need no foreign weights, each beside what real pictures reach. */
import { z } from 'zod'
import { Id } from './nouns'

/** One set of pictures against training items. See `src/nn/metrics` for the definitions. */
export const Scores = z.strictObject({
  /** Fréchet distance, 0 at best. */
  frechet: z.number(),
  precision: z.number(),
  recall: z.number(),
  density: z.number(),
  coverage: z.number(),
})
export type Scores = z.infer<typeof Scores>

/** In which pictures are compared. */
export const Space = z.strictObject({
  id: z.enum(['random-features-1', 'classifier-1', 'pixels']),
  /** Numbers a picture. */
  size: z.int(),
  made: Scores,
  /** As many drawn from a prior fitted after training, where that was asked for. */
  fitted: Scores.optional(),
  /** Real pictures that are not among those compared with, as many: what could be reached at best. */
  real: Scores,
  /** A few of the training pictures over and over, with a little noise: what a collapsed model gets. */
  collapse: Scores,
})
export type Space = z.infer<typeof Space>

const Kinds = z.strictObject({
  /** Share of the pictures with each tag. */
  shares: z.array(z.number()),
  /** Tags that at least one picture has. */
  hit: z.int(),
  /** Kullback–Leibler divergence of these shares from the training items' own, nats. */
  divergence: z.number(),
})

const Distances = z.strictObject({ pixels: z.number(), features: z.number() })
const Nearest = z.strictObject({
  /** The first samples of the seed, each with the training items that look most alike. Their pixels come beside this. */
  samples: z.array(
    z.strictObject({
      pixels: z.strictObject({ item: Id, distance: z.number() }),
      features: z.strictObject({ item: Id, distance: z.number() }),
    }),
  ),
  /** Median distances to the nearest training item: of samples, and of real pictures that were not trained on. */
  made: Distances,
  real: Distances.nullable(),
  /** Training items that were looked through. */
  searched: z.strictObject({ pixels: z.int(), features: z.int() }),
})

const Knowledge = z.strictObject({
  /** Balanced accuracy per tag, 0.5 by guessing; null where too few items have or lack the tag. */
  linear: z.array(z.number().nullable()),
  neighbours: z.array(z.number().nullable()),
})

export const Quality = z.strictObject({
  formatVersion: z.literal(1),
  settings: z.strictObject({
    /** Pictures in each set. */
    count: z.int(),
    /** Neighbours that make a ball. */
    k: z.int(),
    seed: z.int(),
    /** What the row of the real is made of: items kept out of training or, where they are too few, other training items. */
    real: z.enum(['held-out', 'other-training']),
    /** Pictures that the collapsed row repeats. */
    repeated: z.int(),
  }),
  /** Empty for models that draw nothing. */
  spaces: z.array(Space),
  /** The classifier that was trained on the tags; null where there are none. */
  classifier: z
    .strictObject({
      id: z.literal('classifier-1'),
      steps: z.int(),
      tags: z.array(z.string()),
      /** Whether each item has exactly one of them. */
      exclusive: z.boolean(),
      /** On items that it was not trained on: the share told right, or the mean of the tags' balanced accuracies. */
      accuracy: z.number(),
    })
    .nullable(),
  /** By the classifier's answers; null for models that draw nothing. */
  kinds: z.strictObject({ data: z.array(z.number()), made: Kinds, fitted: Kinds.optional(), real: Kinds }).nullable(),
  nearest: Nearest.nullable(),
  /** What the latents know of the tags, beside what pixels do; null for models that encode nothing, or without tags. */
  latents: z.strictObject({ tags: z.array(z.string()), latents: Knowledge, pixels: Knowledge }).nullable(),
})
export type Quality = z.infer<typeof Quality>
