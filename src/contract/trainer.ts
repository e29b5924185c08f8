/**
 * Between main and the trainer: one duplex pipe (file descriptor 3), framed messages.
 *
 * frame = u32le header length · u32le body length · header (JSON, UTF-8) · body (raw bytes, little-endian)
 *
 * Headers are validated by these schemas on both sides. A body is at most 1 MiB; anything larger is a file in the run's folder.
 */
import { z } from 'zod'
import { Condition } from './condition'
import { DataFacts } from './facts'
import { Room } from './memory'
import { Augmentation, Balance, EngineFacts, Losses, MetricRow, Sample, StopRule, TrainingSettings } from './nouns'
import { OddMethod } from './odd'
import { Prior } from './prior'
import { Boldness, TextPack } from './texts'

export const MAX_HEADER = 16 * 1024 * 1024
export const MAX_BODY = 64 * 1024 * 1024

/** Which engine the trainer starts, and all that its exactness depends on. */
export const EngineChoice = z.strictObject({
  id: z.enum(['tensorflow', 'webgpu', 'wasm']),
  /** Folder of the installed libraries; absent for built-in engines. */
  library: z.string().optional(),
  threads: z.int().min(1).max(256),
  /** Runs every op by itself where the engine could compile whole steps. */
  eager: z.boolean().optional(),
})
export type EngineChoice = z.infer<typeof EngineChoice>

/** `run.json`: all that a run is, written once by main before the trainer starts. */
export const RunSpec = z.strictObject({
  formatVersion: z.literal(1),
  run: z.string(),
  recipe: z.string(),
  settings: z.record(z.string(), z.unknown()),
  training: TrainingSettings,
  balance: Balance.nullable().default(null),
  augment: z.array(Augmentation).nullable().default(null),
  stop: StopRule,
  seed: z.int(),
  /** Folder of the frozen version: `pack.json` + `data.bin` + `tags.bin`. */
  version: z.string(),
  /** Folder of the run: `checkpoints/<step>/`, `samples/<step>/`. */
  folder: z.string(),
  engine: EngineChoice,
  checkpointEvery: z.int().nullable(),
  /** Folder of the checkpoint to go on from. */
  resumeFrom: z.string().nullable(),
})
export type RunSpec = z.infer<typeof RunSpec>

/** `pack.json` of a frozen version. `data.bin`: u8 [items, height, width, channels]; the first `train` items are for training. */
export const Pack = z.strictObject({
  formatVersion: z.literal(1),
  kind: z.literal('images'),
  items: z.int(),
  train: z.int(),
  height: z.int(),
  width: z.int(),
  channels: z.int(),
  /** Item ids in the order of `data.bin`. */
  ids: z.array(z.string()),
  /** Names of the tags; `tags.bin` is u8 [items, tags.length], 0 or 1. */
  tags: z.array(z.string()),
  /** Words of the captions, where there are any; `words.bin` is u8 [items, words.length], how often each stands in an item's. */
  words: z.array(z.string()).optional(),
  /** SHA-256 of `data.bin`, `tags.bin` and `words.bin`, hex. */
  sha256: z.strictObject({ data: z.string(), tags: z.string(), words: z.string().optional() }),
})
export type Pack = z.infer<typeof Pack>

export const AnyPack = z.discriminatedUnion('kind', [Pack, TextPack])
export type AnyPack = z.infer<typeof AnyPack>

/** `manifest.json` of a checkpoint; written last, so a checkpoint without it does not exist. */
export const CheckpointManifest = z.strictObject({
  formatVersion: z.literal(1),
  step: z.int(),
  epoch: z.number(),
  stage: z.int(),
  /** Step at which the stage began. */
  stageStep: z.int(),
  seconds: z.number(),
  seed: z.int(),
  recipe: z.string(),
  /** The recipe's, when this was saved; absent in states from before there was one. */
  revision: z.int().optional(),
  settings: z.record(z.string(), z.unknown()),
  training: TrainingSettings,
  facts: EngineFacts,
  losses: Losses,
  /** Parts of the previous phase, seen by `when`. */
  lastParts: Losses,
  /** What the stop rule `converged` has seen so far; null for other rules. */
  convergence: z.strictObject({ smoothed: z.number(), best: z.number(), bestStep: z.int() }).nullable().default(null),
  /** `state.safetensors`: networks `<network>/<parameter>`, optimiser slots `optimizer/<phase>/<parameter>/<slot>`. */
  sha256: z.string(),
})
export type CheckpointManifest = z.infer<typeof CheckpointManifest>

/** main → trainer */
export const Command = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('train'), spec: RunSpec }),
  /** Save, then end with status `paused` or `stopped`. */
  z.strictObject({ type: z.literal('pause') }),
  z.strictObject({ type: z.literal('stop') }),
  /** Load a model and answer calls. `state` is a checkpoint's folder. */
  z.strictObject({ type: z.literal('serve'), spec: RunSpec, state: z.string() }),
  z.strictObject({ type: z.literal('call'), id: z.int(), call: z.lazy(() => Call) }),
  z.strictObject({ type: z.literal('cancel'), id: z.int() }),
  z.strictObject({
    type: z.literal('describe'),
    id: z.int(),
    recipe: z.string(),
    settings: z.record(z.string(), z.unknown()),
    training: TrainingSettings,
    data: DataFacts,
    /** Bytes of the version's items, the held-out ones included. */
    stored: z.number(),
    engine: EngineChoice,
    room: Room,
  }),
  /** Count the classes that these tags make of a version's training items; null: the tags that divide them most unevenly. */
  z.strictObject({ type: z.literal('classes'), id: z.int(), version: z.string(), tags: z.array(z.string()).nullable() }),
  /** Draw the first `items` pictures of a version, each followed by `each` that were varied. */
  z.strictObject({
    type: z.literal('vary'),
    id: z.int(),
    version: z.string(),
    augment: z.array(Augmentation),
    items: z.int(),
    each: z.int(),
  }),
  /** Start this engine and say what it computes on. Answered by `result` with a `Probe`, or by `call-failed`; one engine a process. */
  z.strictObject({ type: z.literal('probe'), id: z.int(), engine: EngineChoice }),
  z.strictObject({ type: z.literal('quit') }),
])
export type Command = z.infer<typeof Command>

/** An engine that has started. */
export const Probe = z.strictObject({
  facts: EngineFacts,
  /** The device's own memory; null where it is the computer's, or the driver does not tell. */
  memoryBytes: z.number().nullable(),
  /** The driver's name and version; null where there is none between the engine and the device, or it does not tell. */
  driver: z.string().nullable(),
})
export type Probe = z.infer<typeof Probe>

/** What a served model can be asked. Tensors travel in the body as float32 (latents) or u8 (pictures). */
export const Call = z.discriminatedUnion('method', [
  /** Body in: u8 [count, height, width, channels]. Body out: f32 [count, latentSize], the posterior's means. */
  z.strictObject({ method: z.literal('encode'), count: z.int() }),
  /**
   * Body in: f32 [count, latentSize], and for a conditional model its rows, [count, width], where the training items' own mixture
   * is not meant. Body out: u8 pictures.
   */
  z.strictObject({ method: z.literal('decode'), count: z.int() }),
  /**
   * Body out: f32 latents [count, latentSize] drawn from the prior by (seed, index), and for a conditional model its rows
   * [count, width], as training items have them, or those with all of `tags`. Progress in items while a prior is fitted.
   */
  z.strictObject({
    method: z.literal('prior'),
    /** Absent: the standard one. */
    prior: Prior.optional(),
    count: z.int(),
    seed: z.int(),
    tags: z.array(z.string()).optional(),
  }),
  /** Encodes every item of the version; writes f32 [items, latentSize] to `file`. Progress events on the way. */
  z.strictObject({ method: z.literal('encode-all'), file: z.string() }),
  /** Principal components of the latents in `file`; writes f32 [items, 2] places to `points`. Result: mean, axes, explained, directions. */
  z.strictObject({ method: z.literal('map'), latents: z.string(), points: z.string(), directions: z.int() }),
  /** Reads rows of the latents file nearest to the body's latent. Result: indices and distances. */
  z.strictObject({ method: z.literal('nearest'), latents: z.string(), count: z.int() }),
  /** How odd pictures are, by a method of `odd.ts`. Body in: u8 pictures. Body out: f32 [count]. Progress in pictures. */
  z.strictObject({ method: z.literal('score'), by: OddMethod, count: z.int() }),
  /** Pictures as the model draws them itself. Body in and out: u8 pictures. Progress in pictures. */
  z.strictObject({ method: z.literal('redraw'), count: z.int() }),
  /** log p(x) of the held-out items by importance sampling. Result: samples, mean, standardError. Progress in items. */
  z.strictObject({ method: z.literal('likelihood'), samples: z.int().min(1) }),
  /** Losses on the held-out items, and the error of PCA with as many components where asked. */
  z.strictObject({ method: z.literal('evaluate'), pca: z.boolean() }),
  /** Result: `Quality`, or null where there are too few items. Body out: the u8 pictures of its `nearest`. */
  z.strictObject({ method: z.literal('quality'), count: z.int().min(1), seed: z.int(), prior: Prior.optional() }),
  /** Texts: row i is a function of (seed, i). Result: `{ texts }`. */
  z.strictObject({ method: z.literal('write'), count: z.int().min(1), seed: z.int(), boldness: Boldness }),
  /** Likelihood of the held-out texts, and `count` made ones beside real ones. Result: items, metrics, texts: `TextQuality` or null. */
  z.strictObject({ method: z.literal('evaluate-texts'), count: z.int().min(1), seed: z.int(), boldness: Boldness }),
  /** Writes the decoder (and encoder) as ONNX, opens it with another runtime and compares. Result: files, maxDifference, checked. */
  z.strictObject({ method: z.literal('export-onnx'), folder: z.string() }),
  z.strictObject({ method: z.literal('export-safetensors'), folder: z.string() }),
  /** A sheet of generated pictures as PNG. */
  z.strictObject({ method: z.literal('export-png'), folder: z.string(), count: z.int(), seed: z.int() }),
])
export type Call = z.infer<typeof Call>

/** trainer → main */
export const TrainerEvent = z.discriminatedUnion('type', [
  /** The program is up. */
  z.strictObject({ type: z.literal('ready'), pid: z.int() }),
  /** The engine runs and the recipe is built; training (or serving) starts. */
  z.strictObject({
    type: z.literal('started'),
    facts: EngineFacts,
    parameters: z.int(),
    totalSteps: z.int().nullable(),
    step: z.int(),
    compiled: z.boolean(),
    compileSeconds: z.number(),
    exact: z.boolean(),
    latentSize: z.int().nullable(),
    /** Of a served model. */
    condition: Condition.nullable().optional(),
    /** Of a served model, where its settings chose another than its recipe's. */
    prior: z.enum(['normal', 'uniform']).optional(),
  }),
  z.strictObject({
    type: z.literal('progress'),
    step: z.int(),
    epoch: z.number(),
    stage: z.string(),
    seconds: z.number(),
    stepsPerSecond: z.number().nullable(),
    /** Share of the steps' time in which they waited for their inputs, 0 … 1. */
    waiting: z.number().nullable(),
    secondsLeft: z.number().nullable(),
    totalSteps: z.int().nullable(),
    losses: Losses,
  }),
  /** Rows on the metric grid, in order, each exactly once. */
  z.strictObject({ type: z.literal('metrics'), rows: z.array(MetricRow) }),
  /** Files are durable when this is sent. */
  z.strictObject({ type: z.literal('sample'), sample: Sample }),
  z.strictObject({ type: z.literal('checkpoint'), step: z.int(), seconds: z.number(), folder: z.string(), bytes: z.int() }),
  /** From a helper thread, every second, so that a hung step is told from a hung program. */
  z.strictObject({ type: z.literal('heartbeat'), step: z.int() }),
  z.strictObject({ type: z.literal('finished'), status: z.enum(['finished', 'stopped', 'paused']), step: z.int() }),
  z.strictObject({
    type: z.literal('failed'),
    code: z.string(),
    details: z.record(z.string(), z.union([z.string(), z.number()])),
    stack: z.string(),
  }),
  z.strictObject({ type: z.literal('call-progress'), id: z.int(), done: z.number(), total: z.number() }),
  z.strictObject({ type: z.literal('result'), id: z.int(), result: z.unknown() }),
  z.strictObject({
    type: z.literal('call-failed'),
    id: z.int(),
    code: z.string(),
    details: z.record(z.string(), z.union([z.string(), z.number()])),
    stack: z.string(),
  }),
])
export type TrainerEvent = z.infer<typeof TrainerEvent>
