/** A GAN that is told captions, from a frozen version with words to a model that is asked in them. */
import './support'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TrainingSettings } from '../../../src/contract/nouns'
import { fillUniform } from '../../../src/nn/random'
import { gan } from '../../../src/recipes/gan'
import { conditionOf, conditionsOf, conditionSheet, drawConditions } from '../../../src/trainer/conditions'
import { describe as describeRecipe } from '../../../src/trainer/describe'
import { openPictures, range } from '../../../src/trainer/items'
import { buildModel, disposeModel } from '../../../src/trainer/model'
import { eagerly } from '../../../src/engines/engine'
import { createServer } from '../../../src/trainer/serve/serve'
import { buildProgram } from '../../support/program'
import { checkpoint, numbersOf, room, specOf, stateHash, trainHere, writePack } from './support'

const SIDE = 8
const ITEMS = 12
const settings = { architecture: 'mlp', critic: 'mlp', width: 8, latentSize: 4, byText: true, augment: false }
const WORDS = ['a', 'dark', 'light']

/** Every third item has no caption, only its tag. */
const captionOf = (i: number): number[] => (i % 3 === 2 ? [0, 0, 0] : [1 + (i % 2), i % 2, 1 - (i % 2)])

let folder: string
let version: string
let program: string
beforeAll(async () => {
  folder = room()
  program = await buildProgram('src/trainer/feed-worker.ts', join(folder, 'program'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, tags = ['round-thing', 'light']): string {
  const pixels = fillUniform(new Float32Array(ITEMS * SIDE * SIDE), 9, 'pictures', 0, 0, 256)
  const rows = Uint8Array.from(range(0, ITEMS).flatMap((i) => tags.map((_, tag) => Number(i % 2 === tag))))
  const shape = { items: ITEMS, train: ITEMS - 2, height: SIDE, width: SIDE, channels: 1 }
  const captions = { words: WORDS, rows: Uint8Array.from(range(0, ITEMS).flatMap(captionOf)) }
  return (version = writePack(join(folder, name), shape, Uint8Array.from(pixels), tags, rows, captions))
}
afterEach(() => rmSync(version, { recursive: true, force: true }))

describe('items with captions', () => {
  it('are told by their words, and the others by the words of their tags', () => {
    const items = openPictures(write('told'))
    const model = buildModel(gan, { settings, seed: 1 }, items.data, null)
    expect(conditionOf(model, items)).toEqual({ by: 'text', words: [...WORDS, 'round', 'thing'] })
    const told = (positions: number[]) => {
      const rows = conditionsOf(model, items, positions)!
      return positions.map((_, i) => [...rows.subarray(i * 5, (i + 1) * 5)])
    }
    expect(told([0, 1, 2, 5])).toEqual([
      [1, 0, 1, 0, 0],
      [2, 1, 0, 0, 0],
      [0, 0, 0, 1, 1],
      [0, 0, 1, 0, 0],
    ])
    const drawn = drawConditions(model, items, 30, 4)!
    const known = told(range(0, 10)).map((row) => row.join())
    expect(range(0, 30).every((i) => known.includes([...drawn.subarray(i * 5, (i + 1) * 5)].join()))).toBe(true)
    // Each item has one tag, but is not described by that alone.
    expect(conditionSheet(model, items, 16, 4, 0)!.rows.length).toBe(16 * 5)
    disposeModel(model)
    items.close()
  })

  it('are refused when their words are not what was frozen', () => {
    write('changed')
    writeFileSync(join(version, 'words.bin'), new Uint8Array(ITEMS * WORDS.length))
    expect(() => openPictures(version)).toThrow('words.bin could not be read: it has changed since it was frozen')
  })
})

describe.each([
  ['captions and tags', undefined],
  ['captions alone', []],
])('a training by %s', (_, tags) => {
  it('goes on from any step to the same end, fed by its own thread or not, and answers in words', async () => {
    const data = write('version', tags)
    const more = { recipe: 'gan', settings, stop: { by: 'steps' as const, steps: 9 } }
    const [whole, broken] = ['whole', 'broken'].map((name) => specOf(join(folder, name + (tags ? 'x' : '')), data, more))
    const expected = await trainHere(whole!, gan)
    const parts = [await trainHere(broken!, gan, { pauseAt: 4, feedProgram: program })]
    parts.push(await trainHere({ ...broken!, resumeFrom: checkpoint(broken!.folder, 4) }, gan, { feedProgram: program }))
    expect(stateHash(broken!.folder, 9)).toBe(stateHash(whole!.folder, 9))
    expect(numbersOf(parts.flatMap(({ rows }) => rows))).toEqual(numbersOf(expected.rows))

    const server = await createServer(whole!, checkpoint(whole!.folder, 9), { compile: eagerly }, gan)
    const words = tags ? WORDS : [...WORDS, 'round', 'thing']
    expect(server.condition).toEqual({ by: 'text', words })
    const picture = async (row: number[]) => {
      const body = Buffer.from(Float32Array.of(...Array<number>(4).fill(0.5), ...row).buffer)
      return (await server.answer({ method: 'decode', count: 1 }, body, { breathe: async () => {}, progress: () => {} })).body!
    }
    const said = (word: string) => words.map((one) => Number(one === word))
    expect(await picture(said('dark'))).toEqual(await picture(said('dark')))
    expect(await picture(said('dark'))).not.toEqual(await picture(said('light')))
  })
})

it('takes memory for the words of each item in a batch', () => {
  const ask = (words?: string[]) =>
    describeRecipe({
      type: 'describe',
      id: 1,
      recipe: 'gan',
      settings,
      training: TrainingSettings.parse({ batchSize: 256 }),
      data: { kind: 'images' as const, height: SIDE, width: SIDE, channels: 1, items: 500, tags: ['light'], words },
      stored: 0,
      engine: { id: 'wasm', threads: 1 },
      room: { total: 1e15, free: 1e15, device: null },
    }).memoryBytes
  const [few, many] = [10, 300].map((count) => ask(Array.from({ length: count }, (_, i) => `w${i}`)))
  expect(few).toBeGreaterThan(ask())
  // At least the rows themselves, in both phases' inputs, lie in several of the feed's slots.
  expect(many! - few!).toBeGreaterThan(290 * 256 * 4)
})

it('says what it lacks where there is nothing to be told', () => {
  const build = (more: object) =>
    gan.build(
      { ...gan.settings.parse({ ...settings, ...more }) },
      { kind: 'images' as const, height: 8, width: 8, channels: 1, items: 9, tags: [] },
    )
  expect(() => build({})).toThrow('none of these pictures has a description or a tag')
  expect(() => build({ byText: false, byTags: true })).toThrow('none of these pictures has a tag')
})
