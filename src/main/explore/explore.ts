/** The explorer: everything a person does with a trained model, by asking the model server. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Direction, explore as contract } from '../../contract/explore'
import type { JobHandle, Jobs } from '../jobs'
import { readJson } from '../json'
import { writeDurably } from '../durable'
import type { Service } from '../service'
import { rowFor, rowSize, saidIn } from './conditions'
import { createAsking } from './asking'
import { createDescribe, type Describe, type DescribeOptions } from './describe'
import { tagDirections, type TagDirection } from './directions'
import { createEvaluations } from './evaluations'
import { makeMap, mapFile, readMap, type KnownMap } from './maps'
import { createModels, type Model, type Models, type ModelsOptions } from './models'
import { createOdd, type Odd } from './odd'
import { path } from './paths'
import { createPixels, type PixelsOptions } from './pixels'
import { decode, encode, need, squaredErrors, toBytes, toLatents, toPictures } from './tensors'
import { createVersions, type Versions } from './versions'

export interface Explore extends Service<typeof contract> {
  describe: Describe
  versions: Versions
  odd: Odd
  models: Models
  shutDown(): Promise<void>
}

export interface ExploreOptions extends ModelsOptions, PixelsOptions, Pick<DescribeOptions, 'memory'> {
  engines: DescribeOptions['engines']
  jobs: Jobs
}

/** What the trainer answers: see `Call` in the contract. */
const Nearest = z.object({ indices: z.array(z.int()), distances: z.array(z.number()) })
const Written = z.object({ texts: z.array(z.string()) })
const StoredDirections = z.array(
  z.object({ tag: z.string(), vector: z.array(z.number()), spread: z.number(), accuracy: z.number() }),
)

export function createExplore(options: ExploreOptions): Explore {
  const { store, folder, jobs } = options
  const models = createModels(options)
  const pixelsOf = createPixels(options)
  const asking = createAsking(options)

  /** Read from disk once: it names every item. */
  let remembered: KnownMap | null = null

  /** The map of the loaded model, made now when it is not there yet. */
  async function mapOf(model: Model, job?: JobHandle): Promise<KnownMap> {
    const { run, step } = model.info
    if (remembered?.map.run === run && remembered.map.step === step) return remembered
    const silent = { signal: new AbortController().signal, progress: () => {} }
    return (remembered = (await readMap(folder, run, step)) ?? (await makeMap(folder, model, job ?? silent)))
  }

  async function directionsOf(model: Model): Promise<Direction[]> {
    const { principal, latents } = await mapOf(model)
    const { run, step, latentSize } = model.info
    const cache = mapFile(folder, run, step, 'directions.json')
    const stored = StoredDirections.safeParse(await readJson(cache))
    let byTag: TagDirection[]
    if (stored.success) byTag = stored.data
    else {
      const read = async (file: string) => {
        const handle = await open(file, 'r')
        return handle.readFile().finally(() => handle.close())
      }
      const bytes = await read(latents)
      const has = await read(join(folder, 'versions', model.run.version, 'tags.bin'))
      const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
      byTag = await tagDirections(values, latentSize, has, model.pack.tags)
      await writeDurably(cache, JSON.stringify(byTag))
    }
    return [
      ...byTag.map(({ tag, ...rest }): Direction => ({ id: `tag-${tag}`, name: tag, kind: 'tag', ...rest })),
      ...principal.map(({ vector, spread, explained }, i): Direction => {
        return { id: `principal-${i + 1}`, name: `${i + 1}`, kind: 'principal', accuracy: explained, vector, spread }
      }),
    ]
  }

  return {
    describe: createDescribe(options, asking),
    versions: createVersions(options, asking),
    odd: createOdd({ ...options, models, pixelsOf }),
    models,
    open: ({ run }) => models.use(run, async (model) => model.info, { newest: true }),
    close: () => models.unload(),

    map: async ({ run }) => {
      const { name } = await store.getRun(run)
      return jobs.start({ kind: 'map', title: name, unit: 'items' }, (job) =>
        models.use(run, async (model) => (await mapOf(model, job)).map),
      )
    },

    encode: ({ run, ...input }) =>
      models.use(run, async (model) => {
        const { pixels, names } = await pixelsOf(model, input)
        return { latents: await encode(model, pixels), names }
      }),

    decode: ({ run, latents, ...told }) =>
      models.use(run, async (model) => {
        const row = rowFor(model, told)
        return toPictures(model, await decode(model, latents, row && latents.map(() => row)))
      }),

    generate: ({ run, count, seed, prior, tags, text, exactly }) =>
      models.use(run, async (model) => {
        need(model, 'generate')
        if (prior === 'fitted') need(model, 'encode')
        const { latentSize, condition } = model.info
        const row = rowFor(model, { tags, text })
        const { body } = await model.call({ method: 'prior', prior, count, seed, tags })
        const end = count * latentSize * 4
        const latents = toLatents(body.subarray(0, end), latentSize)
        if (!condition) return { latents, pictures: toPictures(model, await decode(model, latents)), tags: null, texts: null }
        const drawn = toLatents(body.subarray(end), rowSize(condition))
        const rows = row && (exactly || text !== undefined) ? drawn.map(() => row) : drawn
        const pictures = toPictures(model, await decode(model, latents, rows))
        const told = rows.map((row) => saidIn(condition, row))
        const byTags = condition.by === 'tags'
        return { latents, pictures, tags: byTags ? told : null, texts: byTags ? null : told.map((words) => words.join(' ')) }
      }),

    write: ({ run, count, seed, boldness }) =>
      models.useTexts(run, async (model) => Written.parse((await model.call({ method: 'write', count, seed, boldness })).result)),

    reconstruct: ({ run, ...input }) =>
      models.use(run, async (model) => {
        const { pixels, names } = await pixelsOf(model, input)
        const redrawn = await decode(model, await encode(model, pixels))
        return { names, errors: await squaredErrors(model, pixels, redrawn), pictures: toPictures(model, redrawn) }
      }),

    directions: ({ run }) => models.use(run, directionsOf),

    morph: ({ run, from, to, steps, spherical, ...told }) =>
      models.use(run, async (model) => {
        // A uniform prior has no shell to stay on.
        const latents = path(from, to, steps, spherical && model.info.prior === 'normal')
        const rows = latents.flatMap((_, step) => [rowFor(model, { ...told, share: step / (steps - 1) }) ?? []])
        return { latents, pictures: toPictures(model, await decode(model, latents, rows)) }
      }),

    nearest: ({ run, latent, count }) =>
      models.use(run, async (model) => {
        const { latents, map } = await mapOf(model)
        const body = toBytes([latent], model.info.latentSize)
        const { result } = await model.call({ method: 'nearest', latents, count }, { body })
        const { indices, distances } = Nearest.parse(result)
        return indices.map((index, i) => ({ item: map.items[index]!, distance: distances[i]! }))
      }),

    ...createEvaluations({ store, folder, jobs, models }),

    async shutDown() {
      await Promise.all([models.unload(), asking.close()])
    },
  }
}
