/** The whole measurement, on pictures whose distribution is known because a decoder drew them. */
import '../../../support/backend'
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Prior } from '../../../../src/contract/prior'
import { Quality } from '../../../../src/contract/quality'
import { dense, flatten, unflatten } from '../../../../src/nn/dense'
import { chain } from '../../../../src/nn/module'
import { memory, mul, sigmoid } from '../../../../src/nn/ops'
import { pixelFeatures } from '../../../../src/nn/metrics/pixels'
import { defineRecipe, type Recipe } from '../../../../src/recipes/define'
import { decode, drawPrior } from '../../../../src/trainer/abilities'
import { openPictures, range, type PictureItems } from '../../../../src/trainer/items'
import { buildModel, disposeModel } from '../../../../src/trainer/model'
import { nearestItems } from '../../../../src/trainer/serve/copies'
import { choose } from '../../../../src/trainer/serve/picture-sets'
import { createPrior } from '../../../../src/trainer/serve/prior'
import { measureQuality } from '../../../../src/trainer/serve/quality'
import { startEngine } from '../../engines/start'
import { room, tinyRecipe, writePack } from '../support'

const LATENT = 3
const SHAPE = { items: 260, train: 160, height: 6, width: 6, channels: 1 }
const about = { settings: {}, seed: 3 }
const quiet = { breathe: async () => {}, progress: () => {} }

/** Draws σ(W·z): all of its latents, or (narrow) hardly any. */
function recipe(narrow: boolean): Recipe {
  return defineRecipe<Record<string, unknown>>({
    ...tinyRecipe(() => []),
    abilities: ['encode', 'decode', 'generate'],
    build: (_, { height, width, channels }) => {
      const pixels = height * width * channels
      const decoder = chain(dense('in', LATENT, pixels, 3), unflatten([height, width, channels]))
      const encoder = chain(flatten, dense('in', pixels, LATENT))
      return {
        networks: { decoder, encoder },
        stages: [],
        abilities: {
          latentSize: LATENT,
          encode: (weights, x) => encoder.forward(weights.encoder!, x) as Tensor2D,
          decode: (weights, z) => sigmoid(decoder.forward(weights.decoder!, mul(z, narrow ? 1e-3 : 1))) as Tensor4D,
        },
      }
    },
  })
}

let folder: string
let version: string
let items: PictureItems
beforeAll(async () => {
  await startEngine('wasm')
  folder = room()
  const { train, ...shape } = SHAPE
  const model = buildModel(recipe(false), about, { kind: 'images', ...shape, items: train, tags: [] }, null)
  const data = await decode(model, drawPrior(model, SHAPE.items, 1))
  const bright = range(0, SHAPE.items).map((i) => {
    const picture = data.subarray(36 * i, 36 * (i + 1))
    return picture.reduce((sum, value) => sum + value, 0) > 36 * 127 ? [1, 0] : [0, 1]
  })
  disposeModel(model)
  version = writePack(join(folder, 'version'), SHAPE, data, ['bright', 'dark'], Uint8Array.from(bright.flat()))
  items = openPictures(version)
})
afterAll(() => {
  items.close()
  rmSync(folder, { recursive: true })
})

async function measured(narrow: boolean, prior?: Prior) {
  const model = buildModel(recipe(narrow), about, items.data, null)
  const tensors = memory().numTensors
  const shares: number[] = []
  const progress = (done: number, total: number) => void shares.push(done / total)
  const options = { count: 100, seed: 7, prior, latentsFrom: createPrior(model, items, folder) }
  const { quality, pictures } = await measureQuality(model, items, version, options, { ...quiet, progress })
  expect(memory().numTensors).toBe(tensors)
  disposeModel(model)
  expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  expect(shares.at(-1)).toBeLessThanOrEqual(1)
  return { quality: Quality.parse(quality), pictures }
}

describe('the quality of a model', () => {
  it('that draws what the data are drawn by is that of real pictures', async () => {
    const { quality, pictures } = await measured(false)
    expect(quality.settings).toEqual({ count: 100, k: 5, seed: 7, real: 'held-out', repeated: 1 })
    expect(quality.spaces.map(({ id }) => id)).toEqual(['random-features-1', 'classifier-1', 'pixels'])
    for (const { id, made, real, collapse } of quality.spaces) {
      for (const name of ['precision', 'recall', 'coverage'] as const)
        expect(Math.abs(made[name] - real[name]), `${id} ${name}`).toBeLessThan(0.2)
      expect(real.coverage, id).toBeGreaterThan(0.8)
      expect(collapse.recall, id).toBeLessThan(0.1)
      expect(collapse.coverage, id).toBeLessThan(0.15)
      expect(collapse.frechet, id).toBeGreaterThan(4 * real.frechet)
    }
    expect(quality.classifier).toMatchObject({ tags: ['bright', 'dark'], exclusive: true })
    expect(quality.classifier!.accuracy).toBeGreaterThan(0.9)
    expect(quality.kinds!.made.hit).toBe(2)
    expect(quality.kinds!.made.divergence).toBeLessThan(0.05)
    expect(quality.nearest!.samples).toHaveLength(6)
    expect(quality.nearest!.made.pixels / quality.nearest!.real!.pixels).toBeGreaterThan(0.6)
    expect(pictures.length).toBe(6 * 36)
    expect(quality.latents!.tags).toEqual(['bright', 'dark'])
    expect(quality.latents!.pixels.linear[0]).toBeGreaterThan(0.9)
  })

  it('that draws one picture shows collapse, with the classifier that the first has trained', async () => {
    const file = join(version, 'classifier-1.safetensors')
    const written = statSync(file).mtimeMs
    const { quality } = await measured(true)
    expect(statSync(file).mtimeMs).toBe(written)
    for (const { id, made } of quality.spaces) {
      expect(made.recall, id).toBeLessThan(0.1)
      expect(made.coverage, id).toBeLessThan(0.1)
    }
    expect(quality.kinds!.made.hit).toBe(1)
    expect(quality.kinds!.made.divergence).toBeGreaterThan(0.3)
  })

  it('is measured of the prior fitted after training as well, beside its own, which stays what it was', async () => {
    const alone = await measured(false)
    const both = await measured(false, 'fitted')
    expect(alone.quality.spaces.some(({ fitted }) => fitted)).toBe(false)
    for (const [i, { fitted, ...space }] of both.quality.spaces.entries()) {
      expect(space).toEqual(alone.quality.spaces[i])
      expect(fitted!.frechet).toBeGreaterThanOrEqual(0)
      expect(fitted).not.toEqual(space.made)
    }
    const { fitted, ...kinds } = both.quality.kinds!
    expect(kinds).toEqual(alone.quality.kinds)
    expect(fitted!.shares).toHaveLength(2)
    expect(both.pictures).toEqual(alone.pictures)
  })

  it('is measured with a new classifier where the kept one is damaged, and ends when it is cancelled', async () => {
    const file = join(version, 'classifier-1.safetensors')
    writeFileSync(file, 'damaged')
    const model = buildModel(recipe(false), about, items.data, null)
    const tensors = memory().numTensors
    let breaths = 0
    const breathe = () => (++breaths > 5 ? Promise.reject(new Error('enough')) : Promise.resolve())
    const options = { count: 100, seed: 7, latentsFrom: createPrior(model, items, folder) }
    const asked = measureQuality(model, items, version, options, { ...quiet, breathe })
    await expect(asked).rejects.toThrow('enough')
    expect(memory().numTensors).toBe(tensors)
    expect(existsSync(file)).toBe(true)
    disposeModel(model)
  })
})

it('finds the training item that a sample repeats', async () => {
  const space = pixelFeatures(items.data)
  const rows = await space.of(items.bytes([40, 3, 99]), quiet.breathe)
  const ways = { pixels: rows, features: rows }
  const found = await nearestItems(items, { pixels: space, features: space }, ways, null, quiet)
  expect(found.samples.map(({ pixels }) => pixels.item)).toEqual(['i40', 'i3', 'i99'])
  expect(found.made.pixels).toBeLessThan(1e-2)
  expect(found.searched).toEqual({ pixels: 160, features: 160 })
})

describe('the items that are compared', () => {
  const pack = { ...SHAPE, formatVersion: 1 as const, kind: 'images' as const, ids: [], tags: [], sha256: { data: '', tags: '' } }

  it('are as many held-out ones as there are, where there are enough', () => {
    const { reference, real, kind } = choose({ ...pack, items: 70_000, train: 60_000 }, 5000)
    expect([reference.length, real.length, kind]).toEqual([5000, 5000, 'held-out'])
    expect(new Set(reference).size).toBe(5000)
    expect(Math.max(...reference)).toBeLessThan(60_000)
    expect(Math.min(...real)).toBeGreaterThanOrEqual(60_000)
    expect(choose({ ...pack, items: 6700, train: 6000 }, 5000).reference).toHaveLength(700)
  })

  it('are two halves of the training items where too few were held out', () => {
    const { reference, real, kind } = choose({ ...pack, items: 1000, train: 900 }, 5000)
    expect([reference.length, real.length, kind]).toEqual([450, 450, 'other-training'])
    expect(new Set([...reference, ...real]).size).toBe(900)
    expect(Math.max(...reference, ...real)).toBeLessThan(900)
  })
})
