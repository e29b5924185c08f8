/**
 * Finding odd ones. What was computed for a data set is kept in `runs/<id>/odd/<step>-<dataset>-<method>.json`: a picture's score
 * depends on nothing but the picture and the model, so what is added later is computed alone.
 */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { StudioError } from '../../contract/errors'
import { oddMethods, type odd as contract, type OddFound, type OddMethod } from '../../contract/odd'
import { writeDurably } from '../durable'
import type { JobHandle, Jobs } from '../jobs'
import { readJson } from '../json'
import type { Recipes } from '../recipes'
import type { Service } from '../service'
import type { Store } from '../store/store'
import { inSlices } from './breath'
import type { Model, Models } from './models'
import type { PixelsOf } from './pixels'
import { partOf, toPictures } from './tensors'

export type Odd = Service<typeof contract>

export interface OddOptions {
  store: Store
  /** The project's. */
  folder: string
  jobs: Jobs
  recipes: Recipes
  models: Pick<Models, 'use'>
  pixelsOf: PixelsOf
}

/** Calls' worth of pictures that are read at once: an import worker is started for each lot that is not in the version. */
const LOT = 8

/** Most odd first. */
const Stored = z.strictObject({ formatVersion: z.literal(1), items: z.array(z.string()), scores: z.array(z.number()) })
type Stored = z.infer<typeof Stored>

interface Which {
  run: string
  step: number
  dataset: string
  method: OddMethod
}

export function createOdd({ store, folder, jobs, recipes, models, pixelsOf }: OddOptions): Odd {
  const fileOf = ({ run, step, dataset, method }: Which) => join(folder, 'runs', run, 'odd', `${step}-${dataset}-${method}.json`)
  /** What was read or written last: it names every item. */
  let remembered: { file: string; found: Stored } | null = null

  async function read(which: Which): Promise<Stored | null> {
    const file = fileOf(which)
    if (remembered?.file === file) return remembered.found
    const stored = Stored.safeParse(await readJson(file))
    if (!stored.success) return null
    remembered = { file, found: stored.data }
    return stored.data
  }

  async function write(which: Which, found: Stored): Promise<void> {
    const file = fileOf(which)
    await mkdir(dirname(file), { recursive: true })
    await writeDurably(file, JSON.stringify(found))
    remembered = { file, found }
  }

  async function ofDataset(model: Model, dataset: string, method: OddMethod, job: JobHandle): Promise<OddFound> {
    const which: Which = { run: model.info.run, step: model.info.step, dataset, method }
    const stored = await read(which)
    const known = new Map(stored?.items.map((item, i) => [item, stored.scores[i]!]))
    const present = (await store.storedItems(dataset)).map(({ id }) => id)
    const fresh = present.filter((item) => !known.has(item))
    const scores = await scored(model, method, fresh.length, job, async (from, to) => {
      return (await pixelsOf(model, { items: fresh.slice(from, to) })).pixels
    })
    fresh.forEach((item, i) => known.set(item, scores[i]!))
    if (fresh.length > 0) {
      const sorted = [...known].sort(([, a], [, b]) => b - a)
      await write(which, {
        formatVersion: 1,
        items: sorted.map(([item]) => item),
        scores: sorted.map(([, score]) => score),
      })
    }
    const { run, step } = model.info
    return { run, step, method, ...usual(present.map((item) => known.get(item)!)), scores: null }
  }

  async function ofFiles(model: Model, grants: string[], method: OddMethod, job: JobHandle): Promise<OddFound> {
    const scores = await scored(model, method, grants.length, job, async (from, to) => {
      return (await pixelsOf(model, { grants: grants.slice(from, to) })).pixels
    })
    const { run, step } = model.info
    return { run, step, method, ...usual(scores), scores }
  }

  return {
    async find({ run, dataset, grants, method }) {
      if ((dataset === undefined) === (grants === undefined))
        throw new StudioError('wrong-input', { reason: 'either a data set or files are scored' })
      const { name, recipe } = await store.getRun(run)
      if (dataset !== undefined) await store.getDataset(dataset)
      const card = await recipes.get(recipe)
      const methods = oddMethods(card)
      const by = method ?? methods[0]
      if (!by || !methods.includes(by))
        throw new StudioError('ability-missing', { recipe: card.title.en, ability: by ? `score by ${by}` : 'score' })
      return jobs.start({ kind: 'score', title: name, unit: 'items' }, (job) =>
        models.use(run, (model) => (grants ? ofFiles(model, grants, by, job) : ofDataset(model, dataset!, by, job)), {
          newest: true,
        }),
      )
    },

    async list({ offset, limit, ...which }) {
      const found = await read(which)
      if (!found) throw new StudioError('not-found', { what: 'list of odd ones', id: which.run })
      const ids = found.items.slice(offset, offset + limit)
      const items = await store.getItems(ids)
      return {
        total: found.items.length,
        items: items.map(({ id, name, removed }, i) => {
          return { item: id, name, score: found.scores[offset + i]!, aside: removed }
        }),
      }
    },

    redrawn: ({ run, ...input }) =>
      models.use(run, async (model) => {
        const { pixels } = await pixelsOf(model, input)
        const redrawn = new Uint8Array(pixels.length)
        for (const { from, body, count } of partsOf(model, pixels))
          redrawn.set((await model.call({ method: 'redraw', count }, { body })).body, from)
        const [originals, own] = [toPictures(model, pixels), toPictures(model, redrawn)]
        return { originals, redrawn: own, differences: toPictures(model, await differences(model, pixels, redrawn)) }
      }),
  }
}

/** |a − b|. What is see-through in only one of them differs too, and nothing of a difference is see-through. */
async function differences({ info: { height, width, channels } }: Model, a: Uint8Array, b: Uint8Array): Promise<Uint8Array> {
  const out = new Uint8Array(a.length)
  const each = height * width * channels
  await inSlices(a.length / each, 1, (from, to) => {
    for (let i = from * each; i < to * each; i++) out[i] = Math.abs(a[i]! - b[i]!)
    if (channels !== 4) return
    for (let i = from * each; i < to * each; i += 4) {
      for (let c = 0; c < 3; c++) out[i + c] = Math.max(out[i + c]!, out[i + 3]!)
      out[i + 3] = 255
    }
  })
  return out
}

/** Scores of `count` pictures, read in lots: however many there are, no more than one lot is in memory. */
async function scored(
  model: Model,
  by: OddMethod,
  count: number,
  job: JobHandle,
  read: (from: number, to: number) => Promise<Uint8Array>,
): Promise<number[]> {
  const scores: number[] = []
  const lot = LOT * partOf(model)
  for (let begin = 0; begin < count; begin += lot) {
    job.signal.throwIfAborted()
    for (const part of partsOf(model, await read(begin, Math.min(count, begin + lot)))) {
      const onProgress = (done: number) => job.progress(scores.length + done, count)
      const { body } = await model.call(
        { method: 'score', by, count: part.count },
        { body: part.body, signal: job.signal, onProgress },
      )
      // What overflowed in the model is as odd to it as can be; JSON knows no infinity.
      for (const score of new Float32Array(body.buffer, body.byteOffset, part.count))
        scores.push(Number.isFinite(score) ? score : Number.MAX_VALUE)
      job.progress(scores.length, count)
    }
  }
  return scores
}

/** u8 pictures in parts that fit a call. */
function* partsOf(model: Model, pixels: Uint8Array): Generator<{ from: number; body: Uint8Array; count: number }> {
  const each = model.info.height * model.info.width * model.info.channels
  const size = partOf(model) * each
  for (let from = 0; from < pixels.length; from += size) {
    const body = pixels.subarray(from, from + size)
    yield { from, body, count: body.length / each }
  }
}

/** The middle of the scores, and how far the middle half reaches. */
function usual(scores: readonly number[]): Pick<OddFound, 'count' | 'median' | 'spread'> {
  const sorted = Float64Array.from(scores).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { count: sorted.length, median: at(0.5), spread: at(0.75) - at(0.25) }
}
