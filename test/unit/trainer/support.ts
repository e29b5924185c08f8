/** A run without files or processes around it: a small version on disk, a recipe of two networks, and a plain engine. */
import '../../support/backend'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { TrainingSettings, type MetricRow } from '../../../src/contract/nouns'
import { SPECIAL, SPECIALS, type TextPack, type TokeniserData } from '../../../src/contract/texts'
import type { Pack, RunSpec, TrainerEvent } from '../../../src/contract/trainer'
import { dense, flatten, unflatten } from '../../../src/nn/dense'
import { eagerly } from '../../../src/engines/engine'
import { chain } from '../../../src/nn/module'
import { add, mean, mul, sigmoid, square, sub } from '../../../src/nn/ops'
import { fillUniform } from '../../../src/nn/random'
import { defineRecipe, type Phase, type Recipe, type Stage } from '../../../src/recipes/define'
import { train, type Ended, type TrainOptions } from '../../../src/trainer/train'

export const room = (): string => mkdtempSync(join(tmpdir(), 'latent-trainer-'))

/** Random pictures as a frozen version; the last `test` items are held out. */
export function writeVersion(folder: string, items = 22, test = 4, side = 4, channels = 1): string {
  const values = fillUniform(new Float32Array(items * side * side * channels), 9, 'pictures', 0, 0, 256)
  return writePack(folder, { items, train: items - test, height: side, width: side, channels }, Uint8Array.from(values))
}

/** These pictures as a frozen version, with `rows` of tags [items, tags] and of the captions' words [items, words]. */
export function writePack(
  folder: string,
  shape: Pick<Pack, 'items' | 'train' | 'height' | 'width' | 'channels'>,
  data: Uint8Array,
  tags: string[] = [],
  rows = new Uint8Array(0),
  captions: { words: string[]; rows: Uint8Array } | null = null,
): string {
  mkdirSync(folder, { recursive: true })
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const pack: Pack = {
    formatVersion: 1,
    kind: 'images',
    ...shape,
    ids: Array.from({ length: shape.items }, (_, i) => `i${i}`),
    tags,
    ...(captions && { words: captions.words }),
    sha256: { data: sha256(data), tags: sha256(rows), ...(captions && { words: sha256(captions.rows) }) },
  }
  if (captions) writeFileSync(join(folder, 'words.bin'), captions.rows)
  writeFileSync(join(folder, 'data.bin'), data)
  writeFileSync(join(folder, 'tags.bin'), rows)
  writeFileSync(join(folder, 'pack.json'), JSON.stringify(pack))
  return folder
}

/** These rows of token ids as a frozen version of texts; what stands for an id is `<id>`. */
export function writeTexts(
  folder: string,
  shape: Pick<TextPack, 'items' | 'train' | 'length' | 'vocabulary' | 'ends'>,
  ids: ArrayLike<number>,
  tags: string[] = [],
  rows = new Uint8Array(0),
): string {
  mkdirSync(folder, { recursive: true })
  const { items, train, length, vocabulary, ends } = shape
  const data = Buffer.alloc(2 * ids.length)
  const lengths = Buffer.alloc(2 * items)
  for (let item = 0; item < items; item++) {
    let own = 0
    for (let place = 0; place < length; place++) {
      const id = ids[item * length + place]!
      data.writeUInt16LE(id, 2 * (item * length + place))
      if (id !== SPECIAL.padding) own = place + 1
    }
    lengths.writeUInt16LE(own, 2 * item)
  }
  const named = Array.from({ length: vocabulary }, (_, id) => (id < SPECIALS ? '' : `<${id}>`))
  const tokeniser: TokeniserData = { formatVersion: 1, kind: 'symbols', lowercase: false, tokens: named, merges: [] }
  const files = { data, lengths, tags: rows, tokeniser: Buffer.from(JSON.stringify(tokeniser)) }
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const pack: TextPack = {
    formatVersion: 1,
    kind: 'texts',
    ...{ items, train, length, vocabulary, ends, tags },
    coverage: { texts: items, rows: items, vocabulary, tokens: ids.length, known: 1, whole: 1, kept: 1 },
    ids: Array.from({ length: items }, (_, i) => `i${i}`),
    sha256: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)])) as TextPack['sha256'],
  }
  for (const [name, bytes] of Object.entries(files))
    writeFileSync(join(folder, name === 'tokeniser' ? 'tokeniser.json' : `${name}.bin`), bytes)
  writeFileSync(join(folder, 'pack.json'), JSON.stringify(pack))
  return folder
}

const words = (en: string) => ({ en, 'zh-CN': en })
const LATENT = 2

/** An autoencoder with noise and a schedule, whose stages a test may choose. */
export function tinyRecipe(stages: (phases: { both: Phase; one: Phase }) => Stage[]): Recipe {
  return defineRecipe<Record<string, unknown>>({
    id: 'tiny',
    title: words('Tiny'),
    summary: words('A recipe for tests.'),
    about: { for: words('Tests.'), articles: words('None.') },
    paper: 'none',
    data: ['images'],
    goals: [],
    likelihood: 'none',
    prior: 'normal',
    abilities: ['encode', 'decode'],
    converges: true,
    settings: z.strictObject({ width: z.int().min(1).default(3) }) as z.ZodType<Record<string, unknown>>,
    rules: [],
    parts: {},
    stages: [],
    build: ({ width }, data) => {
      const pixels = data.height * data.width * data.channels
      const encoder = chain(flatten, dense('in', pixels, width as number, 1), dense('out', width as number, LATENT, 1))
      const decoder = chain(dense('in', LATENT, pixels, 1), unflatten([data.height, data.width, data.channels]))
      const encode = (weights: Parameters<Phase['loss']>[0]['weights'], x: Tensor) => encoder.forward(weights.encoder!, x)
      const phase = (name: string, trains: string[]): Phase => ({
        name,
        trains,
        noise: (size) => ({ eps: { shape: [size, LATENT], distribution: 'normal' } }),
        schedule: (step) => ({ share: Math.min(1, step / 10) }),
        loss: ({ weights, x, noise, schedule, average }) => {
          const z = add(encode(weights, x), mul(noise.eps!, 0.1))
          const error = average(mean(square(sub(decoder.forward(weights.decoder!, z), x)), [1, 2, 3]))
          const size = mean(square(z)) as Scalar
          return {
            total: add(error, mul(size, schedule.share!)) as Scalar,
            parts: { [`${name}-error`]: error, [`${name}-size`]: size },
          }
        },
      })
      return {
        networks: { encoder, decoder },
        stages: stages({ both: phase('both', ['encoder', 'decoder']), one: phase('one', ['decoder']) }),
        abilities: {
          latentSize: LATENT,
          encode: (weights, x) => encode(weights, x) as Tensor2D,
          decode: (weights, latents) => sigmoid(decoder.forward(weights.decoder!, latents)) as Tensor4D,
        },
      }
    },
  })
}

export const oneStage = (...phases: Phase[]): Stage[] => [{ name: 'fit', title: words('Fit'), phases }]
export const stage = (name: string, share: number | undefined, ...phases: Phase[]): Stage => ({
  name,
  title: words(name),
  share,
  phases,
})

export const facts = { id: 'cpu', version: '4.22.0', device: 'CPU', threads: 1, flags: { mode: 'eager' } }

export function specOf(
  folder: string,
  version: string,
  more: Partial<Omit<RunSpec, 'training'>> & { training?: Partial<TrainingSettings> },
): RunSpec {
  mkdirSync(folder, { recursive: true })
  return {
    formatVersion: 1,
    run: 'r1',
    recipe: 'tiny',
    settings: {},
    balance: null,
    augment: null,
    stop: { by: 'steps', steps: 20 },
    seed: 5,
    version,
    folder,
    engine: { id: 'wasm', threads: 1 },
    checkpointEvery: null,
    resumeFrom: null,
    ...more,
    training: TrainingSettings.parse({ batchSize: 5, learningRate: 0.01, ...more.training }),
  }
}

export interface Trained extends Ended {
  events: TrainerEvent[]
  rows: MetricRow[]
}

/** Trains in this process on tfjs's plain backend; `pauseAt` asks to pause once that step is done. */
export async function trainHere(
  spec: RunSpec,
  recipe: Recipe,
  more: Partial<TrainOptions> & { pauseAt?: number; stopAt?: number } = {},
): Promise<Trained> {
  const events: TrainerEvent[] = []
  let step = 0
  const { pauseAt = Infinity, stopAt = Infinity } = more
  const ended = await train({
    spec,
    recipe,
    facts,
    engine: { compiles: false, compile: eagerly },
    tell: (event) => events.push(structuredClone(event)),
    flushed: async () => {},
    onStep: (now) => (step = now),
    wanted: () => (step >= pauseAt ? 'pause' : step >= stopAt ? 'stop' : null),
    ...more,
  })
  return { ...ended, events, rows: events.flatMap((event) => (event.type === 'metrics' ? event.rows : [])) }
}

export const checkpoint = (folder: string, step: number): string => join(folder, 'checkpoints', String(step))

/** SHA-256 of weights and optimiser state, from the file itself. */
export function stateHash(folder: string, step: number): string {
  return createHash('sha256')
    .update(readFileSync(join(checkpoint(folder, step), 'state.safetensors')))
    .digest('hex')
}

export const numbersOf = (rows: MetricRow[]): unknown => rows.map(({ step, losses }) => [step, losses])
