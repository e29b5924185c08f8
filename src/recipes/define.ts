/**
 * What a recipe declares (design §5). Everything else — form, wizard card, command line, charts, loop, exact resume, exports,
 * explorer tools, conformance tests — is derived from this declaration.
 */
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import type { z } from 'zod'
import type { DataFacts, PictureFacts, TextFacts } from '../contract/facts'
import type { TrainingSettings } from '../contract/nouns'
import type { Network, Weights } from '../nn/module'
import type { Boldness } from '../nn/sampling'

export interface Text {
  en: string
  'zh-CN': string
}

export type { DataFacts, PictureFacts, TextFacts }

/**
 * A batch as a loss sees it. Pictures in [0, 1]: [batch, height, width, channels]; texts: int32 [batch, length]. Of data that may be
 * of any kind: none, for only who knows the kind may look.
 */
type Seen<Data extends DataFacts> = DataFacts extends Data ? never : Data extends TextFacts ? Tensor2D : Tensor4D

/** Host noise of a step: drawn by Philox from (seed, step, name), so it is the same on every engine. */
export interface NoiseSpec {
  shape: number[]
  distribution: 'normal' | 'uniform'
}

/** What a phase's loss sees. All tensors are inputs of the step, so the step can be captured. */
interface StepInput<X> {
  weights: Record<string, Weights>
  /** See `Seen`. */
  x: X
  /** 1 where an item has the tag, else 0, [batch, tags]; only for a phase with `tags`. */
  tags?: Tensor2D
  /** How often each word stands in an item's caption, [batch, words], all 0 where it has none; only for a phase with `words`. */
  words?: Tensor2D
  noise: Record<string, Tensor>
  /** Values that change with the step (KL warm-up …), as scalars. */
  schedule: Record<string, Scalar>
  /** The mean over the batch of a number per item, [batch] or [batch, 1]: every loss of the run's items goes through it. */
  average: (each: Tensor) => Scalar
}

/** `total` is minimised; `parts` are the chart's lines. All are means over the batch, in nats where they are likelihoods. */
interface Loss {
  total: Scalar
  parts: Record<string, Scalar>
}

/** Of pictures, where nothing else is said. */
export interface Phase<X = Tensor4D> {
  name: string
  /** Exactly these networks move. */
  trains: string[]
  /** Updates a step; each sees its own batch. Default 1. */
  repeat?: number
  /** Whether its loss looks at the items' tags, and at the words of their captions. */
  tags?: boolean
  words?: boolean
  /** Laid over the run's own training settings, e.g. another learning rate. */
  training?: (run: TrainingSettings) => Partial<TrainingSettings>
  /** Whether the phase runs in this step, from the previous phases' parts, on the host. */
  when?: (parts: Record<string, number>) => boolean
  noise?: (batchSize: number) => Record<string, NoiseSpec>
  schedule?: (step: number) => Record<string, number>
  loss: (input: StepInput<X>) => Loss
  /** After each update, in the same step: weight clipping and the like. */
  after?: (weights: Record<string, Weights>, schedule: Record<string, Scalar>) => void
}

export interface Stage<X = Tensor4D> {
  name: string
  title: Text
  phases: Phase<X>[]
  /** Share of the run's steps; the last stage takes the rest. Default: all. */
  share?: number
}

/** What a trained model can do. Everything is batched; pictures are [n, h, w, c] in [0, 1], latents [n, latentSize]. */
interface Abilities<X> {
  latentSize?: number
  /** Whether `decode` wants to be told which tags. */
  byTags?: boolean
  /** Or how often each word of `vocabularyOf(data)` stands in its description: [n, words]. */
  byText?: boolean
  /** Posterior means. */
  encode?: (weights: Record<string, Weights>, x: X) => Tensor2D
  decode?: (weights: Record<string, Weights>, z: Tensor2D, condition?: Tensor2D) => Tensor4D
  /** Texts from uniform noise on [0, 1), [n, length]: int32 [n, length]. Without a read, so that it can be captured. */
  draw?: (weights: Record<string, Weights>, uniform: Tensor2D, how: Boldness) => Tensor2D
  /** A number per item, larger is odder (nats): [n]. `noise` as declared by `scoreNoise`. */
  score?: (weights: Record<string, Weights>, x: X, noise: Record<string, Tensor>) => Tensor
  scoreNoise?: (count: number) => Record<string, NoiseSpec>
  /** Named losses per item, [n] each, for `evaluate`; of texts `nats` in all and how many `tokens` they are of. */
  measure?: (weights: Record<string, Weights>, x: X, noise: Record<string, Tensor>) => Record<string, Tensor>
  /** One latent of each item's posterior, [n, latentSize], with noise as declared by `scoreNoise`. */
  drawLatents?: (weights: Record<string, Weights>, x: X, noise: Record<string, Tensor>) => Tensor2D
  logWeights?: LogWeights<X>
}

/** For importance-weighted estimates of log p(x). */
interface LogWeights<X> {
  /** log p(x, z) − log q(z | x) in nats, for so many samples of each item's posterior: [n, samples]. */
  of: (weights: Record<string, Weights>, x: X, samples: number, noise: Record<string, Tensor>) => Tensor2D
  /** What is drawn once an item, whatever the number of samples; and what each sample needs, an item's samples in a row. */
  itemNoise: (count: number) => Record<string, NoiseSpec>
  sampleNoise: (count: number, samples: number) => Record<string, NoiseSpec>
}

/** A recipe with its settings and data filled in. */
export interface Built<X = Tensor4D> {
  networks: Record<string, Network>
  stages: Stage<X>[]
  abilities: Abilities<X>
  /** Where the settings choose another than the recipe's. */
  prior?: Recipe['prior']
  /** Networks of which abilities use a running mean over the steps, w̄ ← decay·w̄ + (1 − decay)·w (Polyak & Juditsky 1992). */
  averages?: { networks: string[]; decay: number }
}

/** Settings that go together, by one name. */
interface Preset {
  id: string
  title: Text
  help: Text
  settings: Record<string, unknown>
  training?: Partial<TrainingSettings>
}

interface Rule {
  when: Record<string, unknown[]>
  setting: string
  allowed: unknown[]
  reason: Text
}

/** `Data`: the kind of data that it is built for; `data` says the same while the program runs. */
export interface Recipe<Settings = Record<string, unknown>, Data extends DataFacts = DataFacts> {
  id: string
  /** Raised whenever states saved before no longer fit: other parameters, settings or meanings of either. Default 1. */
  revision?: number
  title: Text
  summary: Text
  /** Whom it suits, and where the articles behind this studio differ from the papers; for its reference page. */
  about: { for: Text; articles: Text }
  paper: string
  data: ('images' | 'texts' | 'sounds')[]
  goals: ('more-like-these' | 'morph' | 'find-odd' | 'compress')[]
  likelihood: 'exact' | 'bound' | 'none'
  prior: 'normal' | 'uniform'
  abilities: ('encode' | 'decode' | 'generate' | 'score')[]
  /** Whether its losses tell when nothing improves any more: players of a game have no such loss. */
  converges: boolean
  /** Where the shared training settings have other defaults for it. */
  training?: Partial<TrainingSettings>
  /** And where they have others again for what was chosen; of several that hold, the later wins. */
  trainingWhen?: { when: Rule['when']; training: Partial<TrainingSettings> }[]
  /** A `strictObject` without transforms or refinements; `.meta({title, help, level})` on each property. */
  settings: z.ZodType<Settings>
  /** Defaults that depend on the data and on what was chosen; laid under that, and over the schema's own defaults. */
  defaults?: (data: Data, chosen: Partial<Settings>) => Partial<Settings>
  rules: Rule[]
  presets?: Preset[]
  parts: Record<string, { title: Text; help: Text; colour: 'real' | 'made' | 'critic' | 'plain' }>
  /** The stages' names and titles, whatever the settings. */
  stages: { name: string; title: Text }[]
  build: (settings: Settings, data: Data) => Built<Seen<Data>>
}

/**
 * Declares a recipe. The type of its settings follows from the schema and ends here: everybody else holds settings that have
 * passed the schema, and knows no more about them. So does the kind of its data: main lets no other come to it.
 */
export function defineRecipe<Settings, Data extends DataFacts = PictureFacts>(recipe: Recipe<Settings, Data>): Recipe {
  return recipe as unknown as Recipe
}

/** The texts of a recipe's settings, for `.meta(…)`: zod's own type wants a title in one language. */
export function settingTexts<Name extends string>(
  all: Record<Name, { title: Text; help: Text; level: 'basic' | 'expert' }>,
): Record<Name, { level: string }> {
  return all
}
