import { closeSync, openSync, readdirSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { drawNoise } from '../../../src/nn/random'
import type { Phase } from '../../../src/recipes/define'
import type { MetricRow } from '../../../src/contract/nouns'
import { everyItem } from '../../../src/trainer/balance'
import { createBatches } from '../../../src/trainer/batches'
import { readCheckpoint } from '../../../src/trainer/checkpoint'
import { createFeed, feedHere, type Feed } from '../../../src/trainer/feed'
import { planInputs, type Input, type InputPlan } from '../../../src/trainer/inputs'
import { openPictures, type PictureItems } from '../../../src/trainer/items'
import { buildProgram } from '../../support/program'
import { checkpoint, numbersOf, oneStage, room, specOf, stage, stateHash, tinyRecipe, trainHere, writeVersion } from './support'

const [SEED, STAGE, BEGIN, BATCH] = [2 ** 40 + 5, 2, 30, 5]
const SIDE = 4

let folder: string
let program: string
let version: string
let items: PictureItems
const feeds: Feed[] = []

beforeAll(async () => {
  folder = room()
  program = await buildProgram('src/trainer/feed-worker.ts', join(folder, 'program'))
})
// 18 items in batches of 5: three batches an epoch, three items left over.
beforeEach(() => (items = openPictures((version = writeVersion(join(folder, 'version'))))))
afterEach(async () => {
  for (const feed of feeds.splice(0)) await feed.close()
  items.close()
  rmSync(version, { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const loss = () => {
  throw new Error('not asked for here')
}
const phases: Phase[] = [
  {
    name: 'critic',
    trains: [],
    repeat: 3,
    noise: (size) => ({ z: { shape: [size, 7], distribution: 'uniform' }, mix: { shape: [size, 1], distribution: 'normal' } }),
    loss,
  },
  { name: 'plain', trains: [], loss },
  { name: 'generator', trains: [], noise: (size) => ({ z: { shape: [size, 7], distribution: 'normal' } }), loss },
]
const plan = (data = items.data): InputPlan =>
  planInputs(
    { seed: SEED, stage: STAGE, begin: BEGIN, data, batchSize: BATCH, pool: everyItem(data.items), augment: null },
    phases,
  )

const started = (from = 0, from_items = items): Feed => {
  const feed = createFeed(plan(from_items.data), from_items, from, program)
  feeds.push(feed)
  return feed
}

/** What the loop fed before there was a feed, written out again. */
function expected(stageStep: number, phase: number): Record<string, Input> {
  const { name, repeat = 1, noise } = phases[phase]!
  const batches = createBatches(SEED, everyItem(items.pack.train).positions, BATCH)
  const first = stageStep * 5 + [0, 3, 4][phase]!
  const stack = repeat === 1 ? [] : [repeat]
  const x = Array.from({ length: repeat }, (_, i) => [...items.floats(batches.positions(STAGE, first + i))]).flat()
  const inputs: Record<string, Input> = {
    x: { shape: [...stack, BATCH, SIDE, SIDE, 1], values: Float32Array.from(x) },
  }
  for (const [input, spec] of Object.entries(noise?.(BATCH) ?? {})) {
    const draws = Array.from({ length: repeat }, (_, i) => [...drawNoise(spec, SEED, `${name}/${input}/${i}`, BEGIN + stageStep)])
    inputs[`noise/${input}`] = { shape: [...stack, ...spec.shape], values: Float32Array.from(draws.flat()) }
  }
  return inputs
}

const copied = (inputs: Record<string, Input>): Record<string, Input> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => [name, { shape, values: Float32Array.from(values) }]),
  )

describe('a feed', () => {
  it.each([
    ['of data in memory', Infinity],
    ['of data on the disk', 0],
  ])('%s gives each step the same numbers as they are drawn for it alone', async (_, most) => {
    const own = openPictures(version, most)
    const feed = started(0, own)
    const here = feedHere(plan(), own)
    for (let step = 0; step < 12; step++)
      for (let phase = 0; phase < phases.length; phase++) {
        const inputs = copied(await feed.take(step, phase))
        expect(inputs).toEqual(expected(step, phase))
        expect(copied(await here.take(step, phase))).toEqual(inputs)
      }
    await feed.close()
    own.close()
  })

  it('goes on from any step', async () => {
    for (const from of [1, 2, 3, 7]) {
      const feed = started(from)
      expect(copied(await feed.take(from, 0))).toEqual(expected(from, 0))
      expect(copied(await feed.take(from + 1, 2))).toEqual(expected(from + 1, 2))
    }
  })

  it('passes over phases and steps that are not taken', async () => {
    const feed = started()
    for (const [step, phase] of [
      [0, 2],
      [1, 1],
      [1, 2],
      [9, 0],
      [10, 0],
    ] as const)
      expect(copied(await feed.take(step, phase))).toEqual(expected(step, phase))
  })

  it('leaves what it lent alone until the next is taken', async () => {
    const feed = started()
    const lent = await feed.take(0, 0)
    const before = copied(lent)
    await new Promise((later) => setTimeout(later, 100))
    expect(copied(lent)).toEqual(before)
  })

  it('gives the same buffers again and again', async () => {
    const feed = started()
    const seen = new Set<ArrayBufferLike>()
    for (let step = 0; step < 20; step++) seen.add((await feed.take(step, 0)).x!.values.buffer)
    expect(seen.size).toBeLessThanOrEqual(4)
  })

  it('makes the next step while one holds its own', async () => {
    const feed = started()
    await feed.take(0, 0)
    await new Promise((later) => setTimeout(later, 200))
    const before = feed.waited
    await feed.take(0, 1)
    await feed.take(0, 2)
    expect(feed.waited).toBe(before)
  })
})

describe('what goes wrong', () => {
  const big = () => openPictures((version = writeVersion(version, 4000, 4)), 0)

  it('names a file that was cut off meanwhile, at the step that needs what is missing', async () => {
    const own = big()
    const feed = started(0, own)
    await feed.take(0, 0)
    truncateSync(own.place.file, 1)
    const taken = (async () => {
      for (let step = 1; step < 100; step++) await feed.take(step, 0)
    })()
    await expect(taken).rejects.toMatchObject({ code: 'file-truncated', details: { file: 'data.bin' } })
    // It stays so.
    await expect(feed.take(100, 0)).rejects.toMatchObject({ code: 'file-truncated' })
    expect(() => own.bytes([3])).toThrow(expect.objectContaining({ code: 'file-truncated' }))
    own.close()
  })

  it('names a file that is gone, without its path', async () => {
    const own = big()
    unlinkSync(own.place.file)
    const failed = await started(0, own)
      .take(0, 0)
      .catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'file-unreadable', details: { reason: 'no such file or directory' } })
    own.close()
  })

  it('says so when its thread breaks down', async () => {
    const broken = join(folder, 'broken.mjs')
    for (const source of ['throw new Error("unforeseen")', 'process.exit(3)', 'export const nothing = 0']) {
      writeFileSync(broken, source)
      const feed = createFeed(plan(), items, 0, broken)
      await expect(feed.take(0, 0)).rejects.toMatchObject({ code: 'trainer-crashed' })
      await feed.close()
    }
  })

  it('leaves nothing behind when it is closed, a hundred times', async () => {
    const threads = () => (process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0)
    /** The lowest free descriptor. */
    const descriptor = () => {
      const free = openSync(program, 'r')
      closeSync(free)
      return free
    }
    /** Of our kind; the test runner has its own. */
    const resources = () => process.getActiveResourcesInfo().filter((name) => /worker|port|fsreq/i.test(name))
    const own = big()
    await createFeed(plan(own.data), own, 0, program).close()
    const before = [resources(), descriptor(), threads()] as const
    for (let i = 0; i < 100; i++) {
      const feed = createFeed(plan(own.data), own, 0, program)
      // At once, after a step, and while the next is awaited.
      if (i % 3 === 1) await feed.take(0, 0)
      const last = i % 3 === 2 ? feed.take(3, 1).catch((error: unknown) => error) : null
      await feed.close()
      await last
    }
    expect(resources()).toEqual(before[0])
    expect(descriptor()).toBe(before[1])
    expect(threads()).toBeLessThanOrEqual(before[2])
    own.close()
  })
})

describe('a training', () => {
  it('ends where it ends when each step makes its own inputs, stopped and resumed or not', async () => {
    const { both, one } = { both: { repeat: 3 }, one: { when: (parts: Record<string, number>) => parts['both-error']! > 0.1 } }
    const recipe = tinyRecipe((phases) => [
      stage('first', 0.5, { ...phases.both, ...both }, { ...phases.one, ...one }),
      stage('second', undefined, phases.one),
    ])
    const own = specOf(join(folder, 'own'), version, {})
    const fed = specOf(join(folder, 'fed'), version, {})
    const whole = await trainHere(own, recipe)
    const rows: MetricRow[] = []
    for (const [from, pauseAt] of [
      [null, 4],
      [4, 11],
      [11, Infinity],
    ] as const) {
      const resumeFrom = from === null ? null : checkpoint(fed.folder, from)
      rows.push(...(await trainHere({ ...fed, resumeFrom }, recipe, { pauseAt, feedProgram: program })).rows)
    }
    expect(stateHash(fed.folder, 20)).toBe(stateHash(own.folder, 20))
    expect(numbersOf(rows)).toEqual(numbersOf(whole.rows))
  })

  it('ends with the name of what its feed met', async () => {
    const broken = join(folder, 'broken.mjs')
    writeFileSync(broken, 'throw new Error("unforeseen")')
    const spec = specOf(join(folder, 'broken'), version, {})
    const training = trainHere(
      spec,
      tinyRecipe(({ both }) => oneStage(both)),
      { feedProgram: broken },
    )
    await expect(training).rejects.toMatchObject({ code: 'trainer-crashed' })
    expect(readCheckpoint(checkpoint(spec.folder, 0)).manifest.step).toBe(0)
  })
})
