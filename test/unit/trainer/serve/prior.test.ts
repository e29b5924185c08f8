import '../../../support/backend'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StudioError } from '../../../../src/contract/errors'
import { memory } from '../../../../src/nn/ops'
import { vae } from '../../../../src/recipes/vae'
import { drawPrior, encode } from '../../../../src/trainer/abilities'
import { heldOut, openPictures, range, type PictureItems } from '../../../../src/trainer/items'
import { logLikelihood } from '../../../../src/trainer/likelihood'
import { buildModel, disposeModel, type PictureModel } from '../../../../src/trainer/model'
import { createPrior } from '../../../../src/trainer/serve/prior'
import { room, writeVersion } from '../support'

let folder: string
let state: string
let items: PictureItems
let model: PictureModel
let breaths = 0
const context = { breathe: async () => void breaths++, progress: () => {} }

beforeEach(() => {
  folder = room()
  state = join(folder, 'checkpoint')
  mkdirSync(state)
  items = openPictures(writeVersion(join(folder, 'version')))
  const settings = { architecture: 'mlp', width: 8, layers: 1, latentSize: 2, binarise: true }
  model = buildModel(vae, { settings, seed: 4 }, items.data, null)
  breaths = 0
})
afterEach(() => {
  disposeModel(model)
  items.close()
  rmSync(folder, { recursive: true })
})

describe('a prior fitted after training', () => {
  const file = () => join(state, 'prior.safetensors')

  it('leaves the standard one as it was, and fits nothing for it', async () => {
    expect(await createPrior(model, items, state)('standard', 5, 3, context)).toEqual(drawPrior(model, 5, 3))
    expect(existsSync(file())).toBe(false)
  })

  it('lies where the training pictures do, each latent by its own seed and index', async () => {
    const draw = createPrior(model, items, state)
    const count = memory().numTensors
    const drawn = await draw('fitted', 4000, 1, context)
    expect(memory().numTensors).toBe(count)
    const means = await encode(model, items.bytes(range(0, items.pack.train)))
    for (const j of [0, 1]) {
      const average = (values: Float32Array) =>
        values.reduce((sum, v, i) => (i % 2 === j ? sum + v : sum), 0) / (values.length / 2)
      // The posteriors' noise is left in the average of so few pictures.
      expect(Math.abs(average(drawn) - average(means))).toBeLessThan(0.6)
    }
    expect(await draw('fitted', 3, 1, context)).toEqual(drawn.slice(0, 6))
    expect(await draw('fitted', 3, 2, context)).not.toEqual(drawn.slice(0, 6))
  })

  it('is fitted once, however many ask, and read from its file from then on', async () => {
    const draw = createPrior(model, items, state)
    const [a, b] = await Promise.all([draw('fitted', 2, 1, context), draw('fitted', 2, 1, context)])
    const once = breaths
    expect(a).toEqual(b)
    const { mtimeMs } = statSync(file())
    expect(await createPrior(model, items, state)('fitted', 2, 1, context)).toEqual(a)
    expect(breaths).toBe(once)
    expect(statSync(file()).mtimeMs).toBe(mtimeMs)
  })

  it('is fitted again where its file is damaged or another’s, or the first who asked gave up', async () => {
    const draw = createPrior(model, items, state)
    const gone = { ...context, breathe: () => Promise.reject(new StudioError('cancelled')) }
    const asked = [draw('fitted', 2, 1, gone), draw('fitted', 2, 1, context)] as const
    await expect(asked[0]).rejects.toThrow(StudioError)
    const latents = await asked[1]
    const whole = readFileSync(file())
    for (const wrong of [whole.subarray(0, 100), Buffer.from('no')]) {
      writeFileSync(file(), wrong)
      expect(await createPrior(model, items, state)('fitted', 2, 1, context)).toEqual(latents)
      expect(readFileSync(file()).equals(whole)).toBe(true)
    }
  })
})

describe('log p(x) of the held-out items', () => {
  it('rises with the samples, and is the same each time', async () => {
    const positions = heldOut(items.pack)
    const [one, many] = [
      await logLikelihood(model, items, positions, 1, context),
      await logLikelihood(model, items, positions, 700, context),
    ]
    expect(many.samples).toBe(700)
    expect(many.mean).toBeGreaterThan(one.mean)
    expect(many.standardError).toBeGreaterThan(0)
    expect(await logLikelihood(model, items, positions, 700, context)).toEqual(many)
    expect(Number.isFinite(one.mean)).toBe(true)
  })

  it('frees its tensors', async () => {
    const count = memory().numTensors
    await logLikelihood(model, items, heldOut(items.pack), 20, context)
    expect(memory().numTensors).toBe(count)
  })
})
