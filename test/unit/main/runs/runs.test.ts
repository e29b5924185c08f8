import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RunSpec } from '../../../../src/contract/trainer'
import { createRuns } from '../../../../src/main/runs'
import { createBench, memoryStore, running, silent, type Bench } from './support'

let bench: Bench
beforeEach(async () => void (bench = await createBench()))
afterEach(() => bench.close())

const HANG = [['steps 2', 'checkpoint', 'hang']]
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  )

describe('the queue', () => {
  it('trains one run at a time, in the order they were started', async () => {
    const [first, second, third] = [await bench.start(HANG), await bench.start([['finish']]), await bench.start([['finish']])]
    await running(bench, first.id)
    const order: string[] = []
    const watch = async (id: string) => {
      for await (const event of bench.runs.watch({ run: id })) {
        if (event.type !== 'state') continue
        if (event.run.status === 'preparing') order.push(id)
        if (event.run.status === 'finished') return
      }
    }
    const watched = [watch(second.id), watch(third.id)]
    expect((await bench.runs.list()).map(({ status }) => status)).toEqual(['running', 'queued', 'queued'])
    await bench.runs.stop({ run: first.id })
    await Promise.all(watched)
    expect(order).toEqual([second.id, third.id])
  })

  it('lets a waiting run be paused and resumed', async () => {
    const [first, second] = [await bench.start(HANG), await bench.start([['steps 1', 'finish']])]
    expect(await bench.runs.pause({ run: second.id })).toMatchObject({ status: 'paused' })
    await running(bench, first.id)
    expect(await bench.runs.pause({ run: first.id })).toMatchObject({ status: 'paused', step: 2 })
    expect(await bench.over(await bench.runs.resume({ run: second.id }))).toMatchObject({ status: 'finished', step: 1 })
  })

  it('pauses what trains and what waits when the project closes', async () => {
    const [first, second] = [await bench.start(HANG), await bench.start([['finish']])]
    await running(bench, first.id)
    await bench.runs.shutDown()
    expect([...bench.kept.runs.values()].map(({ id, status }) => [id, status])).toEqual([
      [first.id, 'paused'],
      [second.id, 'paused'],
    ])
  })
})

describe('a run', () => {
  it('is written down whole before its trainer starts', async () => {
    const run = await bench.start([['finish']])
    const spec = RunSpec.parse(JSON.parse(await readFile(join(bench.folder, 'runs', run.id, 'run.json'), 'utf8')))
    expect(spec).toMatchObject({ run: run.id, recipe: 'fake', seed: run.seed, resumeFrom: null, checkpointEvery: null })
    expect(spec.version).toBe(join(bench.folder, 'versions', 'version1'))
    expect(spec.training.batchSize).toBe(64)
  })

  it('carries how its classes are evened out and its pictures varied, also to what goes on from it', async () => {
    const ways = { balance: { by: 'weights' as const, tags: ['cat'] }, augment: ['flip' as const] }
    const run = await bench.over(
      await bench.runs.start({ version: 'version1', recipe: 'fake', settings: { script: [['finish']] }, training: {}, ...ways }),
    )
    expect(run).toMatchObject(ways)
    const spec = async ({ id }: { id: string }) =>
      RunSpec.parse(JSON.parse(await readFile(join(bench.folder, 'runs', id, 'run.json'), 'utf8')))
    expect(await spec(run)).toMatchObject(ways)
    expect(await spec(await bench.runs.branch({ run: run.id, training: {} }))).toMatchObject(ways)
    const plain = await bench.start([['finish']])
    expect(await spec(plain)).toMatchObject({ balance: null, augment: null })
  })

  it('is saved by a pause and goes on from there, with a new stop rule when one is given', async () => {
    const run = await bench.start([
      ['steps 2', 'hang'],
      ['steps 2', 'finish'],
    ])
    await running(bench, run.id)
    expect(await bench.runs.pause({ run: run.id })).toMatchObject({ status: 'paused', step: 2 })
    const after = await bench.over(await bench.runs.resume({ run: run.id, stop: { by: 'steps', steps: 4 } }))
    expect(after).toMatchObject({ status: 'finished', step: 4, resumedFrom: 2, stop: { by: 'steps', steps: 4 } })
  })

  it('cannot be resumed or removed while it trains or waits', async () => {
    const [first, second] = [await bench.start(HANG), await bench.start([['finish']])]
    await running(bench, first.id)
    expect(await code(bench.runs.resume({ run: first.id }))).toBe('run-busy')
    expect(await code(bench.runs.remove({ run: first.id }))).toBe('run-busy')
    expect(await code(bench.runs.remove({ run: second.id }))).toBe('run-busy')
    await bench.runs.stop({ run: first.id })
    await bench.over(second)
    await bench.runs.remove({ run: first.id })
    expect(existsSync(join(bench.folder, 'runs', first.id))).toBe(false)
  })

  it('keeps a new name through its training', async () => {
    const run = await bench.start(HANG)
    await running(bench, run.id)
    expect(await bench.runs.rename({ run: run.id, name: 'Faces' })).toMatchObject({ name: 'Faces' })
    expect(await bench.runs.stop({ run: run.id })).toMatchObject({ name: 'Faces', status: 'stopped' })
  })

  it.each([
    ['an unknown setting', { widht: 3 }, 'widht'],
    ['a value out of range', { width: 1000 }, 'width'],
    ['a value of the wrong type', { width: 'wide' }, 'width'],
    ['a value that a rule forbids', { kind: 'b', width: 9 }, 'width'],
  ])('is refused with %s, which is named', async (_, settings, setting) => {
    const thrown = await bench.start([], settings).catch((error: unknown) => error)
    expect(thrown).toMatchObject({ code: 'settings-wrong', details: { setting } })
    expect(bench.kept.runs.size).toBe(0)
  })

  it.each([
    [{}, {}, { beta1: 0.5, learningRate: 0.001 }],
    [{ kind: 'b' }, {}, { beta1: 0, learningRate: 0.02 }],
    [{ kind: 'b' }, { learningRate: 0.1 }, { beta1: 0, learningRate: 0.1 }],
  ])('with %o and %o takes the rest of the training from its recipe', async (settings, training, filled) => {
    const input = { version: 'version1', recipe: 'fake', settings: { script: [['finish']], ...settings }, training }
    expect(await bench.runs.start(input)).toMatchObject({ training: filled })
  })

  it('is refused with batches larger than the data', async () => {
    const input = { version: 'version1', recipe: 'fake', settings: {}, training: { batchSize: 91 } }
    expect(await code(bench.runs.start(input))).toBe('settings-wrong')
  })
})

describe('opening a project', () => {
  it('says of runs that were training that they were interrupted, and starts nothing by itself', async () => {
    const { store, kept } = memoryStore()
    const run = await bench.start([['finish']])
    await bench.over(run)
    for (const status of ['running', 'preparing', 'queued', 'finished', 'interrupted'] as const)
      kept.runs.set(status, { ...(await bench.runs.get({ run: run.id })), id: status, status, secondsLeft: 4, error: null })
    const runs = await createRuns({
      store,
      folder: bench.folder,
      home: bench.folder,
      engines: { choose: () => Promise.reject(new Error('nothing may start')) },
      recipes: { list: async () => [], training: async () => ({}), get: () => Promise.reject(new Error('unused')) },
      log: silent,
    })
    const statuses = (await runs.list()).map(({ id, status, error }) => [id, status, error?.code])
    expect(statuses).toEqual([
      ['running', 'interrupted', 'trainer-crashed'],
      ['preparing', 'interrupted', 'trainer-crashed'],
      ['queued', 'paused', undefined],
      ['finished', 'finished', undefined],
      ['interrupted', 'interrupted', 'trainer-crashed'],
    ])
    await runs.shutDown()
  })
})

describe('a branch', () => {
  it('begins with the state that another run saved last, with other training settings', async () => {
    const parent = await bench.over(await bench.start([['steps 4', 'checkpoint', 'steps 1', 'starve 32', 'finish']]))
    expect(parent).toMatchObject({ status: 'failed', training: { batchSize: 64 }, exact: true, origin: null })
    const begun = await bench.runs.branch({ run: parent.id, training: { batchSize: 32 } })
    expect(begun).toMatchObject({ status: 'queued', origin: { run: parent.id, name: parent.name, step: 4 }, exact: false })
    expect(begun.id).not.toBe(parent.id)
    expect(begun.name).toBe(`${parent.name}, 2`)
    const place = (id: string) => join(bench.folder, 'runs', id, 'checkpoints', '4', 'state.safetensors')
    expect(await readFile(place(begun.id), 'utf8')).toBe(await readFile(place(parent.id), 'utf8'))
    expect(bench.kept.checkpoints.some(({ step }) => step === 4)).toBe(true)

    const run = await bench.over(begun)
    expect(run).toMatchObject({ status: 'finished', resumedFrom: 4, exact: false, error: null })
    expect(run.training).toEqual({ ...parent.training, batchSize: 32 })
    const spec = RunSpec.parse(JSON.parse(await readFile(join(bench.folder, 'runs', run.id, 'run.json'), 'utf8')))
    expect(spec).toMatchObject({ run: run.id, seed: parent.seed, training: { batchSize: 32 } })
    expect(spec.resumeFrom).toBe(join(bench.folder, 'runs', run.id, 'checkpoints', '4'))
    // The run that it came from is as it was.
    expect(await bench.runs.get({ run: parent.id })).toEqual({ ...parent, updatedAt: expect.any(Number) as number })
    const again = await bench.runs.branch({ run: parent.id, training: { batchSize: 16 } })
    expect(again.name).toBe(`${parent.name}, 3`)
    await bench.over(again)
  })

  it('of a run that saved nothing beyond its seed starts over, exactly', async () => {
    const parent = await bench.over(await bench.start([['checkpoint', 'starve 32', 'steps 3', 'finish']]))
    const run = await bench.over(await bench.runs.branch({ run: parent.id, training: { batchSize: 32 } }))
    expect(run).toMatchObject({ resumedFrom: null, exact: true, origin: { run: parent.id, step: 0 }, seed: parent.seed })
  })

  it('takes settings only as a new run would, and not from a run that trains', async () => {
    const parent = await bench.start(HANG)
    await running(bench, parent.id)
    expect(await code(bench.runs.branch({ run: parent.id, training: {} }))).toBe('run-busy')
    await bench.runs.stop({ run: parent.id })
    expect(await code(bench.runs.branch({ run: parent.id, training: { batchSize: 91 } }))).toBe('settings-wrong')
    expect((await bench.runs.list()).length).toBe(1)
  })
})
