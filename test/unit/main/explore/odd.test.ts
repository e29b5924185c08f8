import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OddFound } from '../../../../src/contract/odd'
import { createMuseum, ITEMS, type Museum } from './support'

let museum: Museum
beforeEach(async () => {
  museum = await createMuseum()
  await museum.checkpoint('run1', 10)
})
afterEach(() => museum.close())

const run = 'run1'
const which = { run, step: 10, dataset: 'dataset1', method: 'redrawing' } as const
const code = (promise: Promise<unknown>) => promise.then(() => 'no error', (error: { code?: string }) => error.code) // prettier-ignore
const find = async (input: Parameters<Museum['explore']['odd']['find']>[0]) =>
  OddFound.parse(await museum.jobs.result((await museum.explore.odd.find(input)).job))
const pixels = ({ pixels }: { pixels: string }) => [...Buffer.from(pixels, 'base64')]

describe('finding odd ones', () => {
  it('ranks the items of a data set, most odd first, and says what is usual', async () => {
    const found = await find({ run, dataset: 'dataset1' })
    expect(found).toMatchObject({ run, step: 10, method: 'redrawing', count: ITEMS, scores: null })
    // Half have a first pixel of 10, half of 250.
    expect(found.median).toBeCloseTo(250, 0)
    expect(found.spread).toBeCloseTo(240, 0)
    const { total, items } = await museum.explore.odd.list({ ...which, offset: 1, limit: 3 })
    expect(total).toBe(ITEMS)
    expect(items.map(({ item }) => item)).toEqual(['item18', 'item17', 'item16'])
    expect(items[0]).toMatchObject({ name: 'item18.png', aside: false })
    expect(items[0]!.score).toBeCloseTo(250.18, 3)
  })

  it('keeps what it found: only new items are computed, and those set aside keep their places', async () => {
    await find({ run, dataset: 'dataset1' })
    expect(await readdir(join(museum.folder, 'runs', run, 'odd'))).toEqual(['10-dataset1-redrawing.json'])
    museum.present.push('stranger')
    museum.removed.add('item19')
    const found = await find({ run, dataset: 'dataset1' })
    expect(await museum.scored()).toEqual([ITEMS, 1])
    expect(museum.prepared).toEqual([{ items: ['stranger'], paths: [] }])
    expect(found.count).toBe(ITEMS)
    const { total, items } = await museum.explore.odd.list({ ...which, offset: 0, limit: 12 })
    expect(total).toBe(ITEMS + 1)
    expect(items[0]).toMatchObject({ item: 'item19', aside: true })
    expect(items[10]).toMatchObject({ item: 'stranger', aside: false })
    await find({ run, dataset: 'dataset1' })
    expect(await museum.scored()).toHaveLength(2)
  })

  it('has a list for each way to tell, and computes anew for a newer checkpoint', async () => {
    await find({ run, dataset: 'dataset1' })
    await find({ run, dataset: 'dataset1', method: 'inversion' })
    await museum.checkpoint(run, 20)
    expect((await find({ run, dataset: 'dataset1' })).step).toBe(20)
    expect(await museum.scored()).toEqual([ITEMS, ITEMS, ITEMS])
    expect(await code(museum.explore.odd.list({ ...which, step: 30, offset: 0, limit: 1 }))).toBe('not-found')
  })

  it('scores files in their order, prepared as the version’s pictures are', async () => {
    const file = join(museum.folder, 'cat.png')
    await writeFile(file, 'picture')
    const grants = [museum.grants.give(file), museum.grants.give(file)]
    const found = await find({ run, grants })
    expect(found.scores).toHaveLength(2)
    expect(found.scores![0]).toBeCloseTo(129.28, 3)
    expect(museum.prepared).toEqual([{ items: [], paths: [file, file] }])
  })

  it('tells progress on the way, and ends when it is cancelled', async () => {
    const { job } = await museum.explore.odd.find({ run, dataset: 'dataset1' })
    const seen: number[] = []
    await museum.jobs.result(job, ({ done }) => seen.push(done))
    expect(seen.at(-1)).toBe(ITEMS)
    museum.present.push('stranger')
    const second = await museum.explore.odd.find({ run, dataset: 'dataset1' })
    museum.jobs.cancel(second.job)
    await museum.jobs.result(second.job).catch(() => undefined)
    expect(museum.jobs.list().find(({ id }) => id === second.job)!.state).toBe('cancelled')
  })

  it('shows why: the picture, how the model draws it, and the difference', async () => {
    const { originals, redrawn, differences } = await museum.explore.odd.redrawn({ run, items: ['item15', 'item1'] })
    expect(pixels(originals)).toEqual([250, 15, 0, 0, 10, 1, 0, 0])
    expect(pixels(redrawn)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect(pixels(differences)).toEqual(pixels(originals))
  })

  it('refuses what the recipe cannot do, and what is not there', async () => {
    expect(await code(museum.explore.odd.find({ run, dataset: 'dataset1', method: 'likelihood' }))).toBe('ability-missing')
    expect(await code(museum.explore.odd.find({ run, dataset: 'nope' }))).toBe('not-found')
    expect(await code(museum.explore.odd.find({ run }))).toBe('wrong-input')
    museum.card.abilities = []
    expect(await code(museum.explore.odd.find({ run, dataset: 'dataset1' }))).toBe('ability-missing')
  })
})
