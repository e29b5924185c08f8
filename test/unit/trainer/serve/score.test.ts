import '../../../support/backend'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { oddMethods } from '../../../../src/contract/odd'
import { add, memory, mul, reshape, sum } from '../../../../src/nn/ops'
import { drawNoise } from '../../../../src/nn/random'
import { defineRecipe, type Built, type Recipe } from '../../../../src/recipes/define'
import { decode, encode } from '../../../../src/trainer/abilities'
import { openPictures, range, type PictureItems } from '../../../../src/trainer/items'
import { buildModel, disposeModel, type PictureModel } from '../../../../src/trainer/model'
import { createJudge } from '../../../../src/trainer/serve/score'
import { oneStage, room, tinyRecipe, writeVersion } from '../support'

/** The tiny recipe, with a score of its own: the sum of the pixels and of the noise. */
function scoring(encodes = true): Recipe {
  const recipe = tinyRecipe(({ both }) => oneStage(both))
  return defineRecipe<Record<string, unknown>>({
    ...recipe,
    build: (settings, data) => {
      const built = recipe.build(settings, data) as Built
      const { encode, ...others } = built.abilities
      return {
        ...built,
        abilities: {
          ...others,
          ...(encodes ? { encode } : {}),
          scoreNoise: (count) => ({ eps: { shape: [count, 3], distribution: 'normal' } }),
          score: (_, x, noise) => add(sum(reshape(x, [x.shape[0], -1]), 1), mul(sum(noise.eps!, 1), 0.1)),
        },
      }
    },
  })
}

let folder: string
let items: PictureItems
let model: PictureModel
const progress: [number, number][] = []
const context = { breathe: async () => {}, progress: (done: number, total: number) => void progress.push([done, total]) }
const some = range(0, 7)

beforeEach(() => {
  folder = room()
  items = openPictures(writeVersion(join(folder, 'version')))
  model = buildModel(scoring(), { settings: {}, seed: 4 }, items.data, null)
  progress.length = 0
})
afterEach(() => {
  disposeModel(model)
  items.close()
  rmSync(folder, { recursive: true })
})

describe('a judge of oddness', () => {
  it('tells how far pictures are from their redrawings', async () => {
    const pictures = items.bytes(some)
    const scores = await createJudge(model, items).score(pictures, 'redrawing', context)
    const redrawn = await decode(model, await encode(model, pictures))
    const expected = some.map((item) => {
      let error = 0
      for (let i = item * items.each; i < (item + 1) * items.each; i++) error += ((pictures[i]! - redrawn[i]!) / 255) ** 2
      return error / items.each
    })
    // Redrawings were rounded to bytes.
    scores.forEach((score, i) => expect(score).toBeCloseTo(expected[i]!, 2))
    expect(await createJudge(model, items).redraw(pictures, context)).toEqual(redrawn)
  })

  it('averages the recipe’s own score over noise that is the same for every picture', async () => {
    const pictures = items.bytes(some)
    const judge = createJudge(model, items)
    const scores = await judge.score(pictures, 'likelihood', context)
    let noise = 0
    for (let draw = 0; draw < 8; draw++)
      for (const value of drawNoise({ shape: [1, 3], distribution: 'normal' }, 0, 'odd/eps', draw)) noise += (0.1 * value) / 8
    some.forEach((item) => {
      const pixels = items.floats([item]).reduce((all, value) => all + value, 0)
      expect(scores[item]).toBeCloseTo(pixels + noise, 4)
    })
    expect((await judge.score(items.bytes([3]), 'critic', context))[0]).toBeCloseTo(scores[3]!, 5)
  })

  it('searches for the latent where there is no encoder, and finds a nearer one than an untrained encoder', async () => {
    const pictures = items.bytes(some)
    const byEncoder = await createJudge(model, items).score(pictures, 'redrawing', context)
    const blind = buildModel(scoring(false), { settings: {}, seed: 4 }, items.data, null)
    const judge = createJudge(blind, items)
    const tensors = memory().numTensors
    progress.length = 0
    const scores = await judge.score(pictures, 'inversion', context)
    expect(progress.at(-1)).toEqual([7, 7])
    expect(progress.length).toBeGreaterThan(100)
    some.forEach((item) => expect(scores[item]).toBeLessThan(byEncoder[item]!))
    const redrawn = await judge.redraw(pictures, context)
    const first = items.each
    let error = 0
    for (let i = 0; i < first; i++) error += ((pictures[i]! - redrawn[i]!) / 255) ** 2 / first
    expect(error).toBeCloseTo(scores[0]!, 2)
    await expect(judge.score(pictures, 'redrawing', context)).rejects.toMatchObject({ code: 'ability-missing' })
    expect(memory().numTensors).toBe(tensors)
    disposeModel(blind)
  })

  it('ends between two updates when it is cancelled, and keeps no tensors', async () => {
    const judge = createJudge(model, items)
    const tensors = memory().numTensors
    let breaths = 0
    const breathe = async () => {
      if (++breaths === 5) throw new Error('cancelled')
    }
    await expect(judge.score(items.bytes(some), 'inversion', { ...context, breathe })).rejects.toThrow('cancelled')
    expect(breaths).toBe(5)
    expect(memory().numTensors).toBe(tensors)
  })
})

describe('the ways to tell', () => {
  it('follow from what a recipe can do', () => {
    const abilities = (...all: ('encode' | 'decode' | 'generate' | 'score')[]) => all
    expect(oddMethods({ likelihood: 'bound', abilities: abilities('encode', 'decode', 'score') })[0]).toBe('likelihood')
    expect(oddMethods({ likelihood: 'none', abilities: abilities('encode', 'decode', 'score') })).toEqual([
      'redrawing',
      'inversion',
      'critic',
    ])
    expect(oddMethods({ likelihood: 'none', abilities: abilities('decode', 'generate') })).toEqual(['inversion'])
    expect(oddMethods({ likelihood: 'none', abilities: [] })).toEqual([])
  })
})
