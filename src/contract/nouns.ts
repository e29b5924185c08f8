/**
 * The nouns of the studio, as both sides of the wire know them. One word means one thing in code, UI, CLI and database.
 *
 * project: a folder `Name.latent/`          dataset: items of one kind            item: one picture, text or sound
 * tag: a word on an item                    version: a frozen selection + preparation, immutable
 * recipe: a kind of model                   run: one training of a recipe on a version
 * checkpoint: a run's whole state at a step sample: what a run generated at a step, from fixed seeds
 * latent: a point z                         direction: a named slider              path: a morph
 * export: files made from a run             engine: what computes                  job: long work with progress
 */
import { z } from 'zod'
import { TextCoverage, TextPreparation } from './texts'

/** Identifiers are opaque and safe in file names and URLs. */
export const Id = z.string().regex(/^[a-z0-9]{1,40}$/)

/** An opaque permission to read (or write) one path, made only by the host: a dialog, a drop, an upload, an argument. */
export const Grant = z.string().regex(/^g[0-9a-f]{32}$/)

export const Kind = z.enum(['images', 'texts', 'sounds'])
export type Kind = z.infer<typeof Kind>

export const Project = z.strictObject({
  id: Id,
  name: z.string(),
  /** Shown to the person, never taken back from the page as an address. */
  folder: z.string(),
  openedAt: z.number(),
})
export type Project = z.infer<typeof Project>

export const Dataset = z.strictObject({
  id: Id,
  name: z.string(),
  kind: Kind,
  items: z.int(),
  classes: z.int(),
  quarantined: z.int(),
  createdAt: z.number(),
})
export type Dataset = z.infer<typeof Dataset>

/** Which part of a published split an item came from, when its source says so. */
export const Split = z.enum(['train', 'test'])
export type Split = z.infer<typeof Split>

export const Item = z.strictObject({
  id: Id,
  /** The name in its source, for people: `cats/tom.png`. */
  name: z.string(),
  /** Pixels; of a text its characters and lines. */
  width: z.int(),
  height: z.int(),
  bytes: z.int(),
  /** How a text begins; null for anything else. */
  text: z.string().nullable(),
  split: Split.nullable(),
  tags: z.array(z.string()),
  /** What it shows, in words. */
  caption: z.string().nullable(),
})
export type Item = z.infer<typeof Item>

export const Tag = z.strictObject({ name: z.string(), items: z.int() })
export type Tag = z.infer<typeof Tag>

/** A file that could not be used: never lost silently, always named with its reason. */
export const Quarantined = z.strictObject({
  file: z.string(),
  /** An error code of `errors.ts`; `reason` is its English sentence. */
  code: z.string(),
  reason: z.string(),
})
export type Quarantined = z.infer<typeof Quarantined>

/** How pictures are turned into tensors. */
export const Preparation = z.strictObject({
  /** Side of the square picture, pixels. */
  size: z.int().min(8).max(256),
  /** `auto` keeps grey sets grey and transparency where most pictures have it. */
  colour: z.enum(['auto', 'grey', 'rgb', 'rgba']).default('auto'),
  /** `cover` fills the square and cuts the rest, `contain` keeps all and pads, `stretch` distorts. */
  fit: z.enum(['cover', 'contain', 'stretch']).default('cover'),
  /** Share of items kept out of training to measure with; published splits are kept as they came. */
  testShare: z.number().min(0).max(0.5).default(0.1),
  seed: z.int().min(0).default(0),
})
export type Preparation = z.infer<typeof Preparation>

/** How items of any kind are. */
export const AnyPreparation = z.union([Preparation, TextPreparation])
export type AnyPreparation = z.infer<typeof AnyPreparation>

export const isOfTexts = (preparation: AnyPreparation): preparation is TextPreparation => 'tokens' in preparation

export const Version = z.strictObject({
  id: Id,
  dataset: Id,
  name: z.string(),
  number: z.int(),
  preparation: AnyPreparation,
  /** Pictures, or rows of tokens. */
  items: z.int(),
  train: z.int(),
  test: z.int(),
  /** Of a picture; 0 for texts. */
  channels: z.int(),
  /** What it keeps of its texts; null for pictures. */
  coverage: TextCoverage.nullable(),
  createdAt: z.number(),
})
export type Version = z.infer<typeof Version>

export const RunStatus = z.enum(['queued', 'preparing', 'running', 'paused', 'finished', 'stopped', 'interrupted', 'failed'])
export type RunStatus = z.infer<typeof RunStatus>

/** Evens out classes of very different sizes: the rare count for more, the common lose items, or the rare come several times. */
export const Balance = z.strictObject({
  by: z.enum(['weights', 'remove', 'repeat']),
  /** An item's class is which of these tags it has; those with none of them are a class too. */
  tags: z.array(z.string()).min(1).max(512),
})
export type Balance = z.infer<typeof Balance>

/** Ways in which a training picture is varied each time it is seen. */
export const Augmentation = z.enum(['flip', 'shift', 'rotate', 'zoom', 'light'])
export type Augmentation = z.infer<typeof Augmentation>

/** When a run ends. */
export const StopRule = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('steps'), steps: z.int().min(1) }),
  z.strictObject({ by: z.literal('epochs'), epochs: z.number().positive() }),
  z.strictObject({ by: z.literal('minutes'), minutes: z.number().positive() }),
  z.strictObject({ by: z.literal('converged') }),
])
export type StopRule = z.infer<typeof StopRule>

/** What every recipe shares. */
export const TrainingSettings = z.strictObject({
  optimizer: z.enum(['sgd', 'momentum', 'rmsprop', 'adam', 'adamw']).default('adam').meta({ level: 'expert' }),
  learningRate: z.number().gt(0).max(10).default(0.001).meta({ level: 'basic' }),
  batchSize: z.int().min(1).max(4096).default(64).meta({ level: 'basic' }),
  momentum: z.number().min(0).max(0.9999).default(0.9).meta({ level: 'expert' }),
  beta1: z.number().min(0).max(0.9999).default(0.9).meta({ level: 'expert' }),
  beta2: z.number().min(0).max(0.999999).default(0.999).meta({ level: 'expert' }),
  l1: z.number().min(0).max(1).default(0).meta({ level: 'expert' }),
  l2: z.number().min(0).max(1).default(0).meta({ level: 'expert' }),
  /** AdamW's decoupled decay (Loshchilov & Hutter 2019). */
  weightDecay: z.number().min(0).max(1).default(0.01).meta({ level: 'expert' }),
  /** 0 turns clipping off; otherwise the largest global L2 norm of a phase's gradients (Pascanu et al. 2013). */
  clipNorm: z.number().min(0).default(0).meta({ level: 'expert' }),
})
export type TrainingSettings = z.infer<typeof TrainingSettings>

/** Some of them, as chosen: `partial()` alone would fill in the defaults of what was left out. */
export const SomeTraining = z.strictObject(
  Object.fromEntries(Object.entries(TrainingSettings.shape).map(([name, schema]) => [name, schema.removeDefault().optional()])),
) as unknown as z.ZodType<Partial<TrainingSettings>>

/** Everything that makes two runs bit-equal (design §6, exactness). */
export const EngineFacts = z.strictObject({
  id: z.string(),
  version: z.string(),
  device: z.string(),
  threads: z.int(),
  /** e.g. oneDNN flag, instruction set, mode; compared as a whole on resume. */
  flags: z.record(z.string(), z.string()),
})
export type EngineFacts = z.infer<typeof EngineFacts>

export const Losses = z.record(z.string(), z.number())
export type Losses = z.infer<typeof Losses>

export const Run = z.strictObject({
  id: Id,
  name: z.string(),
  recipe: z.string(),
  version: Id,
  dataset: Id,
  status: RunStatus,
  settings: z.record(z.string(), z.unknown()),
  training: TrainingSettings,
  /** How its classes are evened out; null where they are taken as they come. */
  balance: Balance.nullable(),
  /** How its pictures are varied; null where they are not. */
  augment: z.array(Augmentation).nullable(),
  stop: StopRule,
  seed: z.int(),
  /** The engine asked for, or null for the best that is ready. */
  engine: z.string().nullable(),
  /** The engine that computed it, once started. */
  facts: EngineFacts.nullable(),
  step: z.int(),
  /** Steps in all where the stop rule tells, else null. */
  totalSteps: z.int().nullable(),
  epoch: z.number(),
  /** Seconds of training so far. */
  seconds: z.number(),
  stepsPerSecond: z.number().nullable(),
  /** Share of the steps' time in which they waited for their inputs, 0 … 1. */
  waiting: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  losses: Losses,
  resumedFrom: z.int().nullable(),
  /** The run whose state this one began with, its name then, and the step; null where it began from its seed. */
  origin: z.strictObject({ run: Id, name: z.string(), step: z.int() }).nullable(),
  /** False once something made exact resume impossible (another engine build, other threads …). */
  exact: z.boolean(),
  compiled: z.boolean(),
  compileSeconds: z.number(),
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  createdAt: z.number(),
  updatedAt: z.number(),
})
export type Run = z.infer<typeof Run>

/** One row of the loss chart. */
export const MetricRow = z.strictObject({ step: z.int(), seconds: z.number(), losses: Losses })
export type MetricRow = z.infer<typeof MetricRow>

/** Pictures in one: `columns` tiles beside each other. */
const PictureSheet = z.strictObject({
  name: z.enum(['generated', 'originals', 'reconstructions']),
  count: z.int(),
  columns: z.int(),
  /** Of one tile, pixels. */
  width: z.int(),
  height: z.int(),
})
export type PictureSheet = z.infer<typeof PictureSheet>

/** Made texts: a list of them as JSON. */
const TextSheet = z.strictObject({ name: z.literal('lines'), count: z.int() })

/** What a run drew at a step. Files are served as `/media/samples/<run>/<step>/<name>.png`, or `lines.json`. */
export const Sample = z.strictObject({
  run: Id,
  step: z.int(),
  sheets: z.array(z.discriminatedUnion('name', [PictureSheet, TextSheet])),
})
export type Sample = z.infer<typeof Sample>

/** Pictures as raw bytes, drawn on a canvas without an encoder in between: base64 of count × height × width × channels bytes. */
export const Pictures = z.strictObject({
  count: z.int(),
  height: z.int(),
  width: z.int(),
  channels: z.int(),
  pixels: z.string(),
})
export type Pictures = z.infer<typeof Pictures>

const JobState = z.enum(['running', 'done', 'failed', 'cancelled'])
/** Long work: it goes on when a window closes, shows progress, and can be cancelled. */
export const Job = z.strictObject({
  id: Id,
  kind: z.enum(['import', 'sample', 'freeze', 'map', 'score', 'evaluate', 'export', 'engine']),
  title: z.string(),
  state: JobState,
  done: z.number(),
  /** 0 while the whole is not known. */
  total: z.number(),
  unit: z.enum(['items', 'bytes', 'steps']),
  secondsLeft: z.number().nullable(),
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  /** The finished job's own answer: see the procedure that started it. */
  result: z.unknown(),
})
export type Job = z.infer<typeof Job>
export const Started = z.strictObject({ job: Id })
