/** A recipe that is told tags, from its training to pictures of a chosen kind. */
import './support'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Scalar, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Call } from '../../../src/contract/trainer'
import { dense, unflatten } from '../../../src/nn/dense'
import { chain, type Weights } from '../../../src/nn/module'
import { concat, mean, memory, sigmoid, square, sub } from '../../../src/nn/ops'
import { defineRecipe } from '../../../src/recipes/define'
import { drawPrior } from '../../../src/trainer/abilities'
import { conditionOf, conditionSheet, conditionsOf, drawConditions } from '../../../src/trainer/conditions'
import { openPictures, range, type PictureItems } from '../../../src/trainer/items'
import { buildModel, disposeModel, type PictureModel } from '../../../src/trainer/model'
import { eagerly } from '../../../src/engines/engine'
import { createServer } from '../../../src/trainer/serve/serve'
import { readPng } from '../../../src/trainer/sheet'
import { checkpoint, oneStage, room, specOf, tinyRecipe, trainHere, writePack } from './support'

const LATENT = 2

/** A decoder that is told tags, and learns to draw what has them. */
const told = defineRecipe<Record<string, unknown>>({
  ...tinyRecipe(() => []),
  abilities: ['decode', 'generate'],
  build: (_, data) => {
    const pixels = data.height * data.width * data.channels
    const decoder = chain(dense('in', LATENT + data.tags.length, pixels), unflatten([data.height, data.width, data.channels]))
    const decode = (weights: Record<string, Weights>, z: Tensor2D, tags: Tensor2D) =>
      sigmoid(decoder.forward(weights.decoder!, concat([z, tags], 1))) as Tensor4D
    return {
      networks: { decoder },
      stages: oneStage({
        name: 'fit',
        trains: ['decoder'],
        tags: true,
        noise: (size) => ({ z: { shape: [size, LATENT], distribution: 'normal' } }),
        loss: ({ weights, x, tags, noise }) => {
          const error = mean(square(sub(decode(weights, noise.z as Tensor2D, tags!), x))) as Scalar
          return { total: error, parts: { error } }
        },
      }),
      abilities: { latentSize: LATENT, byTags: true, decode: (weights, z, tags) => decode(weights, z, tags!) },
    }
  },
})

/** 2×2 pictures as bright as their class says, half of them with a black first pixel. The third class is rare. */
const NAMES = ['b-dark', 'b-light', 'b-grey', 'spot']
const LEVELS = [30, 220, 120]
function writeTagged(folder: string, names = NAMES): string {
  const items = Array.from({ length: 26 }, (_, i) => ({ level: i % 13 === 12 ? 2 : i % 2, spot: i % 4 > 1 && i % 13 !== 12 }))
  const data = items.flatMap(({ level, spot }) => [spot ? 0 : LEVELS[level]!, ...Array<number>(3).fill(LEVELS[level]!)])
  const rows = items.flatMap(({ level, spot }) => [0, 1, 2].map((one) => Number(one === level)).concat(Number(spot)))
  const shown = rows.filter((_, i) => i % 4 < names.length)
  const shape = { items: 26, train: 26, height: 2, width: 2, channels: 1 }
  return writePack(folder, shape, Uint8Array.from(data), names, Uint8Array.from(shown))
}

let folder: string
let items: PictureItems
let model: PictureModel
function open(names = NAMES): void {
  items = openPictures(writeTagged(join(folder, `version${names.length}`), names))
  model = buildModel(told, { settings: {}, seed: 1 }, items.data, null)
}
beforeEach(() => (folder = room()))
afterEach(() => {
  disposeModel(model)
  items.close()
  rmSync(folder, { recursive: true })
})

const rowsOf = (values: Float32Array | null): number[][] =>
  range(0, values!.length / NAMES.length).map((i) => [...values!.subarray(i * NAMES.length, (i + 1) * NAMES.length)])

describe('what a conditional model is told', () => {
  it('shows the mixture of the training items, each row by its own index', () => {
    open()
    const rows = rowsOf(drawConditions(model, items, 600, 3))
    const share = (tag: number) => rows.filter((row) => row[tag] === 1).length / rows.length
    expect(rows.every((row) => row[0]! + row[1]! + row[2]! === 1)).toBe(true)
    for (const [tag, expected] of [12 / 26, 12 / 26, 2 / 26, 12 / 26].entries())
      expect(Math.abs(share(tag) - expected)).toBeLessThan(0.06)
    expect(rowsOf(drawConditions(model, items, 20, 3))).toEqual(rows.slice(0, 20))
    expect(rowsOf(drawConditions(model, items, 20, 4))).not.toEqual(rows.slice(0, 20))
    expect(rowsOf(conditionsOf(model, items, [0, 12]))).toEqual([
      [1, 0, 0, 0],
      [0, 0, 1, 0],
    ])
  })

  it('takes what goes with the chosen tags from items that have them, and lays them over others where none has', () => {
    open()
    const light = rowsOf(drawConditions(model, items, 60, 0, ['b-light']))
    expect(light.every((row) => row.slice(0, 3).join() === '0,1,0')).toBe(true)
    expect(new Set(light.map((row) => row[3]))).toEqual(new Set([0, 1]))
    // No grey item has a spot.
    expect(rowsOf(drawConditions(model, items, 60, 0, ['b-grey', 'spot'])).every((row) => row.join() === '0,0,1,1')).toBe(true)
  })

  it('knows which tags exclude each other', () => {
    open()
    expect(conditionOf(model, items)).toEqual({ by: 'tags', tags: NAMES, groups: [NAMES.slice(0, 3)] })
  })

  it('lays a sheet out by classes where each item is of one, else puts alike rows together', () => {
    open()
    const mixed = conditionSheet(model, items, 16, 4, 0)!
    const rows = rowsOf(mixed.rows).map((row) => row.join(''))
    expect(rows).toEqual(rows.toSorted().reverse())
    expect(mixed.latents).toEqual(range(0, 16))
    disposeModel(model)
    open(NAMES.slice(0, 3))
    const classes = conditionSheet(model, items, 16, 4, 0)!
    expect(classes.columns).toBe(3)
    expect(classes.latents).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
    expect([...classes.rows.subarray(0, 9)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1])
  })
})

describe('a conditional model', () => {
  it('is trained, drawn, served and exported with what it is told', async () => {
    open()
    const run = join(folder, 'run')
    const spec = specOf(run, join(folder, 'version4'), { training: { learningRate: 0.05 }, stop: { by: 'steps', steps: 300 } })
    const { events } = await trainHere(spec, told)
    const sample = events.findLast((event) => event.type === 'sample')!.sample.sheets[0]!
    expect(sample).toMatchObject({ name: 'generated', count: 16, columns: 4 })
    const sheet = await readPng(join(run, 'samples', '300', 'generated.png'), 1)
    expect(Math.max(...sheet) - Math.min(...sheet)).toBeGreaterThan(100)

    const server = await createServer(spec, checkpoint(run, 300), { compile: eagerly }, told)
    expect(server.condition).toEqual(conditionOf(model, items))
    const context = { breathe: async () => {}, progress: () => {} }
    const ask = (call: Call, body: Uint8Array = new Uint8Array(0)) => server.answer(call, body, context)
    const tensors = memory().numTensors
    const level = async (tags: string[]) => {
      const { body } = await ask({ method: 'prior', count: 8, seed: 5, tags })
      expect(body!.length).toBe(8 * (LATENT + NAMES.length) * 4)
      const { body: pictures } = await ask({ method: 'decode', count: 8 }, body)
      // Not the first pixel, which a spot may have blackened.
      return pictures!.filter((_, i) => i % 4 > 0).reduce((sum, value) => sum + value, 0) / 24
    }
    for (const [i, tag] of NAMES.slice(0, 2).entries()) expect(Math.abs((await level([tag])) - LEVELS[i]!)).toBeLessThan(25)

    // Latents alone are told what the training items are; half a row is none.
    const latents = Buffer.from(drawPrior(server.model as PictureModel, 8, 5).buffer)
    const plain = await ask({ method: 'decode', count: 8 }, latents)
    const rows = Buffer.from(drawConditions(server.model as PictureModel, items, 8, 0)!.buffer)
    expect(plain.body).toEqual((await ask({ method: 'decode', count: 8 }, Buffer.concat([latents, rows]))).body)
    await expect(ask({ method: 'decode', count: 8 }, Buffer.concat([latents, rows.subarray(4)]))).rejects.toThrow(
      'numbers were expected',
    )

    const out = join(folder, 'out')
    mkdirSync(out)
    const { result } = await ask({ method: 'export-onnx', folder: out })
    expect(result).toMatchObject({ files: ['decoder.onnx'] })
    expect((result as { maxDifference: number }).maxDifference).toBeLessThan(1e-5)
    expect((await ask({ method: 'export-png', folder: out, count: 9, seed: 0 })).result).toMatchObject({ maxDifference: 0 })
    expect(memory().numTensors).toBe(tensors)
  })
})
