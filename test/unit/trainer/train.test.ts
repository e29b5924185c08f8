import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StudioError } from '../../../src/contract/errors'
import { TrainingSettings } from '../../../src/contract/nouns'
import { TrainerEvent } from '../../../src/contract/trainer'
import { eagerly, type Mode } from '../../../src/engines/engine'
import { memory, mul } from '../../../src/nn/ops'
import { readCheckpoint } from '../../../src/trainer/checkpoint'
import type { Phase } from '../../../src/recipes/define'
import { groupPhases } from '../../../src/trainer/phase'
import { asFloats } from '../../../src/trainer/safetensors'
import type { TrainOptions } from '../../../src/trainer/train'
import {
  checkpoint,
  facts,
  numbersOf,
  oneStage,
  room,
  specOf,
  stage,
  stateHash,
  tinyRecipe,
  trainHere,
  writeVersion,
} from './support'

let folder: string
let version: string
beforeEach(() => {
  folder = room()
  version = writeVersion(join(folder, 'version'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const simple = tinyRecipe(({ both }) => oneStage(both))
const run = (name: string, more: Parameters<typeof specOf>[2] = {}) => specOf(join(folder, name), version, more)
const weightsAt = (where: string, step: number) => readCheckpoint(checkpoint(where, step)).tensors

describe('resuming', () => {
  // 18 items in batches of 5: three steps an epoch, so 7 and 13 lie in the middle of one.
  it.each(TrainingSettings.shape.optimizer.unwrap().options)('equals no stop, bit for bit: %s', async (optimizer) => {
    const training = { optimizer, l1: 0.001, l2: 0.001, clipNorm: 0.5 }
    const whole = run('whole', { training })
    const broken = run('broken', { training })
    const expected = await trainHere(whole, simple)
    const parts = [await trainHere(broken, simple, { pauseAt: 7 })]
    expect(parts[0]).toMatchObject({ status: 'paused', step: 7 })
    parts.push(await trainHere({ ...broken, resumeFrom: checkpoint(broken.folder, 7) }, simple, { pauseAt: 13 }))
    parts.push(await trainHere({ ...broken, resumeFrom: checkpoint(broken.folder, 13) }, simple))
    expect(parts[2]).toMatchObject({ status: 'finished', step: 20 })
    expect(stateHash(broken.folder, 20)).toBe(stateHash(whole.folder, 20))
    expect(numbersOf(parts.flatMap(({ rows }) => rows))).toEqual(numbersOf(expected.rows))
  })

  it('equals no stop with several phases, updates, a gate and stages', async () => {
    const seen: Record<string, number>[] = []
    const recipe = tinyRecipe(({ both, one }) => [
      stage(
        'first',
        0.5,
        { ...both, repeat: 3 },
        { ...one, when: (parts) => (seen.push(parts), parts['both-error']! > 0.1 || seen.length % 2 === 0) },
      ),
      stage('second', undefined, one, { ...both, when: (parts) => parts['one-size']! < 100 }),
    ])
    const whole = run('whole')
    const broken = run('broken')
    const expected = await trainHere(whole, recipe)
    const rows = (await trainHere(broken, recipe, { pauseAt: 4 })).rows
    for (const [from, pauseAt] of [
      [4, 9],
      [9, 10],
      [10, 15],
      [15, Infinity],
    ] as const)
      // prettier-ignore
      rows.push(...(await trainHere({ ...broken, resumeFrom: checkpoint(broken.folder, from) }, recipe, { pauseAt })).rows)
    expect(stateHash(broken.folder, 20)).toBe(stateHash(whole.folder, 20))
    expect(numbersOf(rows)).toEqual(numbersOf(expected.rows))
    expect(readCheckpoint(checkpoint(whole.folder, 20)).manifest).toMatchObject({ stage: 1, stageStep: 10 })
  })

  it('goes on from an older checkpoint to the same end', async () => {
    const spec = run('run', { checkpointEvery: 5, stop: { by: 'steps', steps: 15 } })
    await trainHere(spec, simple)
    const end = stateHash(spec.folder, 15)
    await trainHere({ ...spec, resumeFrom: checkpoint(spec.folder, 5) }, simple)
    expect(stateHash(spec.folder, 15)).toBe(end)
  })

  it('trains a finished run longer, as if that had been asked from the start', async () => {
    const short = run('short', { stop: { by: 'steps', steps: 8 } })
    const long = run('long')
    await trainHere(long, simple)
    await trainHere(short, simple)
    await trainHere({ ...short, stop: long.stop, resumeFrom: checkpoint(short.folder, 8) }, simple)
    expect(stateHash(short.folder, 20)).toBe(stateHash(long.folder, 20))
  })

  it('says so when it is no longer exact', async () => {
    const spec = run('run')
    const exact = async (more: Parameters<typeof trainHere>[2]) => {
      const { events } = await trainHere({ ...spec, resumeFrom: checkpoint(spec.folder, 4) }, simple, { ...more, pauseAt: 5 })
      return events.find((event) => event.type === 'started')
    }
    const first = await trainHere(spec, simple, { pauseAt: 4 })
    expect(first.events[0]).toMatchObject({ type: 'started', exact: true, step: 0, totalSteps: 20, latentSize: 2 })
    expect(await exact({})).toMatchObject({ exact: true, step: 4 })
    const other = { ...facts, threads: 4 }
    expect(await exact({ facts: other })).toMatchObject({ exact: false })
  })

  it('equals no stop where phases are one step', async () => {
    const recipe = tinyRecipe(({ both, one }) => oneStage({ ...both, repeat: 2 }, one))
    const whole = run('whole')
    const broken = run('broken')
    const expected = await trainHere(whole, recipe)
    const rows = (await trainHere(broken, recipe, { pauseAt: 7 })).rows
    rows.push(...(await trainHere({ ...broken, resumeFrom: checkpoint(broken.folder, 7) }, recipe)).rows)
    expect(stateHash(broken.folder, 20)).toBe(stateHash(whole.folder, 20))
    expect(numbersOf(rows)).toEqual(numbersOf(expected.rows))
    expect(Object.keys(expected.rows[0]!.losses).length).toBeGreaterThan(1)
  })

  it('keeps the modes that were settled before the first step, in every stage', async () => {
    const asked: (Mode | undefined)[] = []
    let next: Mode = 'xla'
    const engine: TrainOptions['engine'] = {
      compiles: true,
      compile(step, mode) {
        asked.push(mode)
        let settled = mode ?? null
        return {
          ...eagerly(step),
          prepare: () => void (settled ??= next),
          get mode() {
            return settled
          },
        }
      },
    }
    const recipe = tinyRecipe(({ both, one }) => [stage('first', 0.5, both, one), stage('second', undefined, one)])
    const spec = run('run')
    const first = await trainHere(spec, recipe, { engine, pauseAt: 4 })
    const flags = { 'mode of first/both+one': 'xla', 'mode of second/one': 'xla' }
    expect(first.events[0]).toMatchObject({ compiled: true, facts: { flags } })
    next = 'plain'
    asked.length = 0
    const again = await trainHere({ ...spec, resumeFrom: checkpoint(spec.folder, 4) }, recipe, { engine })
    expect(again.events[0]).toMatchObject({ exact: true, facts: { flags } })
    expect(asked).toEqual(['xla', 'xla'])
  })

  it('refuses a state of another shape as damaged', async () => {
    const spec = run('run')
    await trainHere(spec, simple, { pauseAt: 4 })
    const wider = { ...spec, settings: { width: 4 }, resumeFrom: checkpoint(spec.folder, 4) }
    await expect(trainHere(wider, simple)).rejects.toMatchObject({ code: 'checkpoint-damaged', details: { step: 4 } })
    const other = {
      ...spec,
      training: { ...spec.training, optimizer: 'rmsprop' as const },
      resumeFrom: checkpoint(spec.folder, 4),
    }
    await expect(trainHere(other, simple)).rejects.toMatchObject({ code: 'checkpoint-damaged' })
  })

  it('says of a state that another version of the program saved where it comes from, and leaves it as it is', async () => {
    const spec = run('run')
    await trainHere(spec, simple, { pauseAt: 4 })
    const resumed = { ...spec, resumeFrom: checkpoint(spec.folder, 4) }
    const file = join(resumed.resumeFrom, 'manifest.json')
    const written = readFileSync(file, 'utf8')
    expect(JSON.parse(written)).toMatchObject({ revision: 1 })
    const code = (found: string) => expect.objectContaining({ code: found, details: { step: 4 } }) as StudioError
    await expect(trainHere(resumed, { ...simple, revision: 2 })).rejects.toEqual(code('checkpoint-earlier'))
    writeFileSync(file, written.replace('"revision": 1', '"revision": 3'))
    await expect(trainHere(resumed, simple)).rejects.toEqual(code('checkpoint-newer'))

    // From before states said it: what fits is taken, what does not is from then.
    writeFileSync(file, written.replace('"revision": 1,', ''))
    for (const settings of [{ width: 4 }, { depth: 2 }])
      await expect(trainHere({ ...resumed, settings }, simple)).rejects.toEqual(code('checkpoint-earlier'))
    expect((await trainHere(resumed, simple)).status).toBe('finished')
  })
})

describe('the phases of a step', () => {
  it('are together unless one asks the host first', () => {
    const phase = (name: string, when?: Phase['when']) => ({ name, when }) as Phase
    const [a, b, c, d] = [phase('a'), phase('b'), phase('c', () => true), phase('d')]
    expect(groupPhases([a!, b!, c!, d!])).toEqual([[a, b], [c], [d]])
    expect(groupPhases([c!, a!, b!])).toEqual([[c], [a, b]])
  })
})

describe('a phase', () => {
  it('moves exactly the networks it trains', async () => {
    const recipe = tinyRecipe(({ one }) => oneStage(one))
    const spec = run('run')
    await trainHere(spec, recipe, { pauseAt: 3 })
    const before = weightsAt(spec.folder, 0)
    const after = weightsAt(spec.folder, 3)
    const moved = [...before.keys()].filter((name) => Buffer.compare(before.get(name)!.bytes, after.get(name)!.bytes) !== 0)
    const networks = [...before.keys()].filter((name) => !name.startsWith('optimizer/'))
    expect(networks.length).toBe(6)
    expect(moved.filter((name) => !name.startsWith('optimizer/')).sort()).toEqual(['decoder/in/bias', 'decoder/in/kernel'])
    expect([...after.keys()].filter((name) => name.includes('optimizer/') && name.includes('encoder'))).toEqual([])
  })

  it('sees a batch of its own in each update', async () => {
    const pictures: string[] = []
    const recipe = tinyRecipe(({ both }) =>
      oneStage({
        ...both,
        repeat: 3,
        loss: (input) => {
          pictures.push(input.x.dataSync().join())
          return both.loss(input)
        },
      }),
    )
    await trainHere(run('run'), recipe, { pauseAt: 1 })
    expect(new Set(pictures).size).toBe(3)
    // Two steps of one update each see the first two of these batches.
    const single: string[] = []
    const once = tinyRecipe(({ both }) =>
      oneStage({ ...both, loss: (input) => (single.push(input.x.dataSync().join()), both.loss(input)) }),
    )
    await trainHere(run('single'), once, { pauseAt: 2 })
    expect(single).toEqual(pictures.slice(0, 2))
  })

  it('repeated equals as many steps without it, but for the noise', async () => {
    const silent = (repeat: number) =>
      tinyRecipe(({ both }) =>
        oneStage({
          ...both,
          repeat,
          schedule: () => ({ share: 1 }),
          noise: undefined,
          loss: (input) => both.loss({ ...input, noise: { eps: mul(input.x.sum(), 0) } }),
        }),
      )
    const [three, one] = [run('three'), run('one')]
    await trainHere(three, silent(3), { pauseAt: 2 })
    await trainHere(one, silent(1), { pauseAt: 6 })
    const [a, b] = [weightsAt(three.folder, 2), weightsAt(one.folder, 6)]
    for (const [name, value] of a) expect(asFloats(value), name).toEqual(asFloats(b.get(name)!))
  })

  it('runs when its gate says so, seeing the parts of the phase before', async () => {
    const seen: Record<string, number>[] = []
    const recipe = tinyRecipe(({ both, one }) =>
      oneStage(both, { ...one, when: (parts) => (seen.push(parts), seen.length === 2) }),
    )
    const spec = run('run')
    const { rows } = await trainHere(spec, recipe, { pauseAt: 3 })
    expect(seen).toHaveLength(3)
    expect(seen[0]).toEqual({ 'both-error': rows[0]!.losses['both-error'], 'both-size': rows[0]!.losses['both-size'] })
    expect(rows[0]!.losses).not.toHaveProperty('one-error')
    expect(rows[1]!.losses).toHaveProperty('one-error')
    const power = asFloats(weightsAt(spec.folder, 3).get('optimizer/one/beta1Power')!)
    expect(power[0]).toBeCloseTo(0.9)
  })

  it('hands its gradients through the seam', async () => {
    const still = run('still')
    await trainHere(still, simple, {
      pauseAt: 2,
      exchange: (grads) => Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, mul(grad, 0)])),
    })
    const [before, after] = [weightsAt(still.folder, 0), weightsAt(still.folder, 2)]
    for (const name of before.keys())
      if (!name.startsWith('optimizer/')) expect(after.get(name)!.bytes).toEqual(before.get(name)!.bytes)
  })
})

describe('a run', () => {
  it('tells only what the contract knows, rows once and in order, files before their event', async () => {
    const spec = run('run', { checkpointEvery: 10, stop: { by: 'steps', steps: 64 } })
    const tell: TrainerEvent[] = []
    await trainHere(spec, simple, {
      tell: (event) => {
        tell.push(TrainerEvent.parse(JSON.parse(JSON.stringify(event))))
        if (event.type === 'checkpoint') expect(existsSync(join(event.folder, 'manifest.json'))).toBe(true)
        if (event.type === 'sample')
          for (const { name } of event.sample.sheets)
            expect(existsSync(join(spec.folder, 'samples', String(event.sample.step), `${name}.png`))).toBe(true)
      },
    })
    const steps = tell.flatMap((event) => (event.type === 'metrics' ? event.rows.map(({ step }) => step) : []))
    expect(steps).toEqual([...Array.from({ length: 50 }, (_, i) => i + 1), 60])
    const samples = tell.flatMap((event) => (event.type === 'sample' ? [event.sample.step] : []))
    expect(samples).toEqual([1, 2, 4, 8, 16, 32, 64])
    const saved = tell.flatMap((event) => (event.type === 'checkpoint' ? [event.step] : []))
    expect(saved).toEqual([0, 10, 20, 30, 40, 50, 60, 64])
    expect(tell.at(-1)).toMatchObject({ type: 'progress', step: 64, secondsLeft: expect.any(Number) })
    // A row that a checkpoint lies behind has been told before it.
    let rows = 0
    for (const event of tell) {
      if (event.type === 'metrics') rows = event.rows.at(-1)!.step
      if (event.type === 'checkpoint' && event.step > 0 && event.step <= 60) expect(rows).toBe(event.step)
    }
  })

  it('draws without an effect on what it learns', async () => {
    const [drawn, plain] = [run('drawn'), run('plain')]
    await trainHere(drawn, simple)
    await trainHere(plain, { ...simple, build: (settings, data) => ({ ...simple.build(settings, data), abilities: {} }) })
    expect(existsSync(join(plain.folder, 'samples'))).toBe(false)
    expect(stateHash(drawn.folder, 20)).toBe(stateHash(plain.folder, 20))
  })

  it('draws the same pictures at the same step, and none of the disk is left in between', async () => {
    const { readFileSync } = await import('node:fs')
    const [a, b] = [run('a'), run('b')]
    await trainHere(a, simple)
    await trainHere(b, simple, { pauseAt: 3 })
    await trainHere({ ...b, resumeFrom: checkpoint(b.folder, 3) }, simple)
    for (const name of ['generated', 'originals', 'reconstructions'])
      expect(readFileSync(join(b.folder, 'samples', '16', `${name}.png`))).toEqual(
        readFileSync(join(a.folder, 'samples', '16', `${name}.png`)),
      )
    expect(readdirSync(join(a.folder, 'samples')).sort()).toEqual(['1', '16', '2', '20', '4', '8'])
  })

  it('holds as many tensors after many steps as after few', async () => {
    const count: number[] = []
    await trainHere(run('run', { stop: { by: 'steps', steps: 40 } }), simple, { onStep: () => count.push(memory().numTensors) })
    expect(count[40]).toBe(count[20])
    const before = memory().numTensors
    await trainHere(run('again'), simple)
    expect(memory().numTensors).toBe(before)
  })

  it('stops on a loss that is no number, and keeps the last good state', async () => {
    const recipe = tinyRecipe(({ both }) => oneStage(both))
    const spec = run('run', {
      training: { optimizer: 'sgd', learningRate: 10 },
      checkpointEvery: 2,
      stop: { by: 'steps', steps: 200 },
    })
    const failed = trainHere(spec, recipe)
    await expect(failed).rejects.toMatchObject({ code: 'loss-not-finite' })
    const steps = readdirSync(join(spec.folder, 'checkpoints')).map(Number)
    expect(steps.length).toBeGreaterThan(0)
    for (const step of steps)
      for (const tensor of weightsAt(spec.folder, step).values()) expect(asFloats(tensor).every(Number.isFinite)).toBe(true)
  })

  it('is saved at once when asked to pause before its first step, and when asked to stop', async () => {
    const early = run('early')
    expect(await trainHere(early, simple, { pauseAt: 0 })).toMatchObject({ status: 'paused', step: 0 })
    expect(existsSync(checkpoint(early.folder, 0))).toBe(true)
    const stopped = run('stopped')
    expect(await trainHere(stopped, simple, { stopAt: 3 })).toMatchObject({ status: 'stopped', step: 3 })
    expect(existsSync(checkpoint(stopped.folder, 3))).toBe(true)
    expect(existsSync(join(stopped.folder, 'samples', '3'))).toBe(true)
  })

  it('ends by epochs, by time and when it has converged', async () => {
    expect(await trainHere(run('epochs', { stop: { by: 'epochs', epochs: 4 } }), simple)).toMatchObject({ step: 12 })
    const timed = await trainHere(run('minutes', { stop: { by: 'minutes', minutes: 0.002 } }), simple)
    expect(timed.status).toBe('finished')
    expect(timed.events.find((event) => event.type === 'started')).toMatchObject({ totalSteps: null })
    // Nothing is learned, so the held-out loss stands still from its first check (step 50) on.
    const still = tinyRecipe(({ both }) =>
      oneStage({
        ...both,
        noise: undefined,
        loss: ({ weights, x, average }) =>
          both.loss({ weights, x, average, noise: { eps: mul(x.sum(), 0) }, schedule: { share: mul(x.sum(), 0) as never } }),
      }),
    )
    const spec = run('converged', { stop: { by: 'converged' }, training: { optimizer: 'sgd', learningRate: 1e-9 } })
    const converged = await trainHere(spec, still)
    expect(converged.step).toBe(50 + 8 * 50)
    expect(readCheckpoint(checkpoint(spec.folder, 450)).manifest.convergence).toMatchObject({ bestStep: 50 })
  })

  it('names a pack that is not what it says', async () => {
    const { writeFileSync } = await import('node:fs')
    writeFileSync(join(version, 'data.bin'), new Uint8Array(10))
    await expect(trainHere(run('run'), simple)).rejects.toMatchObject({ code: 'file-truncated' })
    writeFileSync(join(version, 'data.bin'), new Uint8Array(22 * 16))
    await expect(trainHere(run('run'), simple)).rejects.toMatchObject({ code: 'file-unreadable' })
    rmSync(join(version, 'pack.json'))
    await expect(trainHere(run('run'), simple)).rejects.toMatchObject({ code: 'file-unreadable' })
  })
})
