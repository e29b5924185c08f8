import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Condition } from './condition'
import { Grant, Id, Pictures, Started } from './nouns'
import { Prior } from './prior'
import { Quality } from './quality'
import { Boldness, TextQuality } from './texts'

const Latent = z.array(z.number()).min(1).max(4096)
const Tags = z.array(z.string()).max(512)
const Text = z.string().max(1000)

export const ModelInfo = z.strictObject({
  run: Id,
  step: z.int(),
  latentSize: z.int(),
  prior: z.enum(['normal', 'uniform']),
  abilities: z.array(z.enum(['encode', 'decode', 'generate', 'score'])),
  height: z.int(),
  width: z.int(),
  channels: z.int(),
  /** Null for a model that is told nothing. */
  condition: Condition.nullable(),
})
export type ModelInfo = z.infer<typeof ModelInfo>

/** The map: every encoded item's place in two dimensions (principal components of the latents). */
export const LatentMap = z.strictObject({
  run: Id,
  step: z.int(),
  count: z.int(),
  /** Item ids in order, and where the points are: `/media/maps/<run>/<step>.f32`, little-endian x0 y0 x1 y1 … */
  items: z.array(Id),
  points: z.string(),
  /** Share of variance the two axes hold, 0 to 1. */
  explained: z.number(),
  /** The plane itself: a latent is `mean + x·axes[0] + y·axes[1]`. */
  mean: Latent,
  axes: z.tuple([Latent, Latent]),
})
export type LatentMap = z.infer<typeof LatentMap>

export const Direction = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['principal', 'tag']),
  /** How well it separates the tagged from the others (0.5 to 1), or the share of variance. */
  accuracy: z.number(),
  /** Unit vector and the spread (standard deviation) of items along it: strength 1 moves by one spread. */
  vector: Latent,
  spread: z.number(),
})
export type Direction = z.infer<typeof Direction>

/** Mean of log p(x) over the held-out items, in nats an item, estimated with `samples` of each posterior: at most the true one. */
export const LogLikelihood = z.strictObject({ samples: z.int(), mean: z.number(), standardError: z.number() })
export type LogLikelihood = z.infer<typeof LogLikelihood>

export const Evaluation = z.strictObject({
  step: z.int(),
  /** Held-out items; all training items where nothing was held out. */
  items: z.int(),
  /** Losses per item, in the mean over these; with the reconstruction's mean squared error per pixel. Empty for games. */
  metrics: z.record(z.string(), z.number()),
  /** Error per pixel of PCA with as many components as the latent has numbers; null where there is nothing to compare. */
  pcaMse: z.number().nullable(),
  logLikelihood: LogLikelihood.optional(),
  /** Null where there are too few items to compare with, and for texts. */
  quality: Quality.nullable(),
  /** Of texts; null where there are too few to compare with. */
  texts: TextQuality.nullable().optional(),
  /** The samples of `quality.nearest`. */
  pictures: Pictures.nullable(),
})
export type Evaluation = z.infer<typeof Evaluation>

const One = z.strictObject({ run: Id })

export const explore = {
  /** Loads the run's newest model for exploring; it unloads by itself when idle. */
  open: oc.input(One).output(ModelInfo),
  close: oc.output(z.void()),
  /** Encodes the run's items and finds the plane. Job result: `LatentMap`. Answers at once when done before. */
  map: oc.input(One).output(Started),
  encode: oc
    .input(z.strictObject({ run: Id, items: z.array(Id).max(512).optional(), grants: z.array(Grant).max(512).optional() }))
    .output(z.strictObject({ latents: z.array(Latent), names: z.array(z.string()) })),
  /**
   * `tags`: exactly these for all pictures; with `toTags` a `share` (0 to 1) of the way to those. Absent: as the training items have
   * them.
   */
  decode: oc
    .input(
      z.strictObject({
        run: Id,
        latents: z.array(Latent).min(1).max(256),
        tags: Tags.optional(),
        toTags: Tags.optional(),
        share: z.number().min(0).max(1).optional(),
        /** For a model that is told descriptions. */
        text: Text.optional(),
      }),
    )
    .output(Pictures),
  /**
   * New pictures from the prior: same seed, same pictures. `tags`: all have these, and whatever goes with them in the training
   * items; `exactly`: and no others. Answers what the model was told of each picture.
   */
  generate: oc
    .input(
      z.strictObject({
        run: Id,
        count: z.int().min(1).max(1024),
        seed: z.int().min(0).default(0),
        /** Absent: the standard one. */
        prior: Prior.optional(),
        tags: Tags.optional(),
        exactly: z.boolean().optional(),
        /** A description, for a model that is told one. */
        text: Text.optional(),
      }),
    )
    .output(
      z.strictObject({
        latents: z.array(Latent),
        pictures: Pictures,
        tags: z.array(Tags).nullable(),
        texts: z.array(Text).nullable(),
      }),
    ),
  /** New texts: same seed, same texts. */
  write: oc
    .input(
      z.strictObject({
        run: Id,
        count: z.int().min(1).max(1024),
        seed: z.int().min(0).default(0),
        boldness: Boldness.default({}),
      }),
    )
    .output(z.strictObject({ texts: z.array(z.string()) })),
  reconstruct: oc
    .input(z.strictObject({ run: Id, items: z.array(Id).max(256).optional(), grants: z.array(Grant).max(512).optional() }))
    .output(z.strictObject({ names: z.array(z.string()), errors: z.array(z.number()), pictures: Pictures })),
  /** Principal directions of the encoded items, and one a tag. Needs the map. */
  directions: oc.input(One).output(z.array(Direction)),
  /** Points between two latents: straight for a VAE's posterior, on the sphere for a normal prior (`spherical`). */
  morph: oc
    .input(
      z.strictObject({
        run: Id,
        from: Latent,
        to: Latent,
        steps: z.int().min(2).max(240),
        spherical: z.boolean().default(true),
        /** Of the first picture, and of the last where they are others: those in between are told the shares. */
        tags: Tags.optional(),
        toTags: Tags.optional(),
        text: Text.optional(),
      }),
    )
    .output(z.strictObject({ latents: z.array(Latent), pictures: Pictures })),
  /** The items whose latents lie nearest. Needs the map. */
  nearest: oc
    .input(z.strictObject({ run: Id, latent: Latent, count: z.int().min(1).max(32) }))
    .output(z.array(z.strictObject({ item: Id, distance: z.number() }))),
  /**
   * Measures the run's newest model, in a job whose result is an `Evaluation`; at once where the same was measured before. `count`:
   * pictures in each set; `samples`: also log p(x) by so many importance samples an item; `prior: 'fitted'`: beside pictures of the
   * model's own prior also such of one fitted to where it puts its training pictures. Of texts: `boldness`, how they are drawn.
   */
  evaluate: oc
    .input(
      z.strictObject({
        run: Id,
        count: z.int().min(20).max(20_000).default(5000),
        samples: z.int().min(1).max(100_000).optional(),
        prior: Prior.optional(),
        boldness: Boldness.optional(),
      }),
    )
    .output(Started),
  /** What the newest model was last measured to be, or null. */
  evaluation: oc.input(One).output(Evaluation.nullable()),
}
