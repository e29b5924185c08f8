import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LatentMap } from '../../../../src/contract/explore'
import { createMuseum, ITEMS, type Museum } from './support'

let museum: Museum
beforeEach(async () => {
  museum = await createMuseum()
  await museum.checkpoint('run1', 10)
})
afterEach(() => museum.close())

const run = 'run1'
const code = (promise: Promise<unknown>) => promise.then(() => 'no error', (error: { code?: string }) => error.code) // prettier-ignore
const pixels = ({ pixels }: { pixels: string }) => [...Buffer.from(pixels, 'base64')]
const close = (values: number[]) => values.map((value) => Math.round(value * 1000) / 1000)

describe('a served model', () => {
  it('tells what it is, and is loaded once for many calls', async () => {
    expect(await museum.explore.open({ run })).toEqual({
      run,
      step: 10,
      latentSize: 2,
      prior: 'normal',
      abilities: ['encode', 'decode', 'generate'],
      height: 2,
      width: 2,
      channels: 1,
      condition: null,
    })
    const calls = Array.from({ length: 20 }, () => museum.explore.decode({ run, latents: [[0, 1]] }))
    for (const pictures of await Promise.all(calls)) expect(pixels(pictures)).toEqual([0, 255, 0, 255])
    expect(await museum.starts()).toEqual(['run1 10'])
  })

  it('makes room for another run, and opens a newer checkpoint only when asked to open', async () => {
    await museum.checkpoint('run2', 5)
    await museum.explore.open({ run })
    await Promise.all([museum.explore.decode({ run, latents: [[0, 0]] }), museum.explore.open({ run: 'run2' })])
    await museum.explore.open({ run })
    await museum.checkpoint(run, 20)
    await museum.explore.decode({ run, latents: [[0, 0]] })
    expect((await museum.explore.open({ run })).step).toBe(20)
    expect(await museum.starts()).toEqual(['run1 10', 'run2 5', 'run1 10', 'run1 20'])
  })

  it('unloads by itself when nobody asks it anything', async () => {
    await museum.close()
    museum = await createMuseum({ idleMs: 30 })
    await museum.checkpoint(run, 10)
    await museum.explore.open({ run })
    await new Promise((done) => setTimeout(done, 300))
    await museum.explore.open({ run })
    expect(await museum.starts()).toEqual(['run1 10', 'run1 10'])
  })

  it('fails only the call that it died in, and is started again by the next', async () => {
    const dying = code(museum.explore.generate({ run, count: 1, seed: 666 }))
    expect(await dying).toBe('trainer-crashed')
    expect((await museum.explore.generate({ run, count: 1, seed: 0 })).latents).toHaveLength(1)
    expect(await museum.starts()).toHaveLength(2)
  })

  it('is not there for a run without a saved state, or without the ability', async () => {
    expect(await code(museum.explore.open({ run: 'run9' }))).toBe('checkpoint-none')
    expect(await code(museum.explore.open({ run: 'nope' }))).toBe('not-found')
    museum.card.abilities = ['decode']
    expect(await code(museum.explore.encode({ run, items: ['item1'] }))).toBe('ability-missing')
  })

  it('refuses latents of another size', async () => {
    expect(await code(museum.explore.decode({ run, latents: [[1, 2, 3]] }))).toBe('wrong-input')
  })
})

describe('exploring', () => {
  it('encodes items of the version from its file, others by the import worker, in the order asked', async () => {
    const file = join(museum.folder, 'cat.png')
    await writeFile(file, 'picture')
    const input = { run, items: ['item1', 'stranger', 'item15'], grants: [museum.grants.give(file)] }
    const { latents, names } = await museum.explore.encode(input)
    expect(latents.map((latent) => latent.map((value) => Math.round(value * 255)))).toEqual([
      [10, 1],
      [128, 128],
      [250, 15],
      [128, 128],
    ])
    expect(names).toEqual(['item1.png', 'stranger.png', 'item15.png', 'cat.png'])
    expect(museum.prepared).toEqual([{ items: ['stranger'], paths: [file] }])
  })

  it('redraws items with the error of each', async () => {
    const { errors, pictures } = await museum.explore.reconstruct({ run, items: ['item1'] })
    expect(pixels(pictures)).toEqual([10, 1, 10, 1])
    expect(errors[0]).toBeCloseTo((100 + 1) / 4 / 255 / 255)
  })

  it('generates the same from the same seed, in parts that fit', async () => {
    const { latents, pictures } = await museum.explore.generate({ run, count: 600, seed: 3 })
    expect(pictures.count).toBe(600)
    expect(latents[599]!.map((value) => Math.round(value * 10))).toEqual([1, 2])
    expect(await museum.explore.generate({ run, count: 600, seed: 3 })).toEqual({ latents, pictures, tags: null, texts: null })
  })

  it('maps every item once, and keeps the map', async () => {
    const map = async () => LatentMap.parse(await museum.jobs.result((await museum.explore.map({ run })).job))
    const first = await map()
    expect(first).toMatchObject({ run, step: 10, count: ITEMS, points: '/media/maps/run1/10.f32', explained: 1 })
    expect(first.items[7]).toBe('item7')
    await museum.explore.close()
    expect(await map()).toEqual(first)
  })

  it('finds a direction for each tag that enough items have, and the principal ones', async () => {
    const directions = await museum.explore.directions({ run })
    expect(directions.map(({ id, kind }) => [id, kind])).toEqual([
      ['tag-bright', 'tag'],
      ['principal-1', 'principal'],
      ['principal-2', 'principal'],
    ])
    expect(directions[0]!.accuracy).toBe(1)
    expect(Math.hypot(...directions[0]!.vector)).toBeCloseTo(1)
    expect(directions[0]!.vector[0]).toBeGreaterThan(0.9)
    expect(await museum.explore.directions({ run })).toEqual(directions)
  })

  it('morphs on the sphere or straight, with the ends as they were given', async () => {
    const round = await museum.explore.morph({ run, from: [1, 0], to: [0, 1], steps: 3, spherical: true })
    expect(round.latents.map(close)).toEqual([[1, 0], [0.707, 0.707], [0, 1]]) // prettier-ignore
    const flat = await museum.explore.morph({ run, from: [1, 0], to: [0, 1], steps: 3, spherical: false })
    expect(flat.latents[1]).toEqual([0.5, 0.5])
    museum.card.prior = 'uniform'
    await museum.explore.close()
    const uniform = await museum.explore.morph({ run, from: [1, 0], to: [0, 1], steps: 3, spherical: true })
    expect(uniform.latents[1]).toEqual([0.5, 0.5])
  })

  it('makes what it is told, with what goes with it or nothing else, and passes from one to another', async () => {
    const told = 'runtold'
    await museum.checkpoint(told, 1)
    expect((await museum.explore.open({ run: told })).condition).toEqual({ by: 'tags', tags: ['bright', 'rare'], groups: [] })
    const made = await museum.explore.generate({ run: told, count: 2, seed: 0, tags: ['bright'] })
    expect(made.tags).toEqual([['bright', 'rare'], ['bright', 'rare']]) // prettier-ignore
    expect(pixels(made.pictures).slice(2, 4)).toEqual([255, 255])
    const exact = await museum.explore.generate({ run: told, count: 2, seed: 0, tags: ['bright'], exactly: true })
    expect(exact.tags).toEqual([['bright'], ['bright']])
    expect(pixels(exact.pictures).slice(2, 4)).toEqual([255, 0])
    expect(pixels(await museum.explore.decode({ run: told, latents: [[0, 0]], tags: ['rare'] }))).toEqual([0, 0, 0, 255])
    const ends = { from: [0, 0], to: [0, 0], steps: 3, spherical: true }
    const way = await museum.explore.morph({ run: told, ...ends, tags: ['bright'], toTags: ['rare'] })
    expect(pixels(way.pictures)).toEqual([0, 0, 255, 0, 0, 0, 128, 128, 0, 0, 0, 255])
    expect(await code(museum.explore.generate({ run: told, count: 1, seed: 0, tags: ['green'] }))).toBe('tag-unknown')
    expect(await code(museum.explore.generate({ run, count: 1, seed: 0, tags: ['bright'] }))).toBe('not-conditional')
    expect((await museum.explore.generate({ run, count: 1, seed: 0 })).tags).toBeNull()
  })

  it('makes what a description says, and names the words that the model never met', async () => {
    const said = 'runsaid'
    await museum.checkpoint(said, 1)
    const made = await museum.explore.generate({ run: said, count: 2, seed: 0, text: 'Bright!' })
    expect(made).toMatchObject({ tags: null, texts: ['bright', 'bright'] })
    expect(pixels(made.pictures).slice(2, 4)).toEqual([255, 0])
    expect(pixels(await museum.explore.decode({ run: said, latents: [[0, 0]], text: '' }))).toEqual([0, 0, 0, 0])
    await expect(museum.explore.generate({ run: said, count: 1, seed: 0, text: 'bright green' })).rejects.toMatchObject({
      code: 'words-unknown',
      details: { words: 'green', known: 'bright, rare' },
    })
    expect(await code(museum.explore.generate({ run, count: 1, seed: 0, text: 'bright' }))).toBe('not-conditional')
  })

  it('finds the items nearest to a latent', async () => {
    const near = await museum.explore.nearest({ run, latent: [250 / 255, 15 / 255], count: 2 })
    expect(near[0]).toEqual({ item: 'item15', distance: 0 })
    expect(near).toHaveLength(2)
  })

  it('measures in a job, once for each checkpoint and number of pictures', async () => {
    const measure = async (count: number, prior?: 'fitted') =>
      museum.jobs.result((await museum.explore.evaluate({ run, count, prior })).job)
    const measured = async () =>
      (await readFile(join(museum.folder, 'versions', 'version1', 'measured'), 'utf8')).trim().split('\n')
    expect(await museum.explore.evaluation({ run })).toBeNull()
    const first = await measure(50)
    expect(first).toMatchObject({ step: 10, items: 2, metrics: { elbo: -1, mse: 0.01 }, pcaMse: 0.02 })
    expect(first).toMatchObject({ quality: { settings: { count: 50, seed: 0 } }, pictures: { count: 2, height: 2, width: 2 } })
    expect(await museum.explore.evaluation({ run })).toEqual(first)
    expect(await measure(50)).toEqual(first)
    expect(await measured()).toEqual(['50'])
    await measure(60)
    expect(await measured()).toEqual(['50', '60'])
    // With pictures of another prior beside them it is another measurement.
    for (let i = 0; i < 2; i++) await measure(60, 'fitted')
    expect(await measured()).toEqual(['50', '60', '60'])
    expect(await museum.explore.evaluation({ run: 'runother' })).toBeNull()

    await museum.checkpoint('runmeasured', 3)
    await museum.jobs.result((await museum.explore.evaluate({ run: 'runmeasured', count: 50 })).job)
    expect(await museum.explore.evaluation({ run: 'runmeasured' })).toMatchObject({ step: 3 })
    await museum.checkpoint('runmeasured', 4)
    // Of a model that has learned on since, nothing is known.
    expect(await museum.explore.evaluation({ run: 'runmeasured' })).toBeNull()
  })

  it('describes what a recipe would need', async () => {
    const asked = { recipe: 'fake', version: 'version1', settings: {}, training: { batchSize: 8 } }
    const needs = await museum.explore.describe(asked)
    expect(needs).toMatchObject({ parameters: 7, fit: 'fits' })
    // The stand-in gives back what it was told of: all memory, and the bytes of the version's pictures.
    expect(needs.settings).toEqual({ batchSize: 8, stored: 80, room: { total: 1000, free: 400, device: 600 } })
    expect(await code(museum.explore.describe({ ...asked, version: 'none' }))).toBe('not-found')
    expect(await code(museum.explore.describe({ ...asked, settings: { nope: 1 } }))).toBe('settings-wrong')
  })
})
