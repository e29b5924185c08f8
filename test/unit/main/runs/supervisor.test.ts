import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBench, QUICK, running, type Bench } from './support'

let bench: Bench
beforeEach(async () => void (bench = await createBench()))
afterEach(() => bench.close())

const steps = () => bench.kept.metrics.map(({ step }) => step)
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1)

describe('a run under supervision', () => {
  it('finishes, with every row and sample stored', async () => {
    const run = await bench.over(await bench.start([['steps 20', 'sample', 'checkpoint', 'finish']]))
    expect(run).toMatchObject({ status: 'finished', step: 20, error: null, totalSteps: 100, secondsLeft: null })
    expect(run.facts?.id).toBe('fake')
    expect(steps()).toEqual(upTo(20))
    expect(bench.kept.samples).toHaveLength(1)
    expect(bench.kept.checkpoints.map(({ step }) => step)).toEqual([20])
  })

  it('goes on from the last checkpoint when the trainer is killed, and its record has no gap and no double', async () => {
    const run = await bench.over(
      await bench.start([
        ['steps 10', 'checkpoint', 'steps 5', 'crash'],
        ['steps 10', 'finish'],
      ]),
    )
    expect(run).toMatchObject({ status: 'finished', step: 20, resumedFrom: 10, error: null })
    expect(bench.kept.rewinds).toEqual([10])
    expect(steps()).toEqual(upTo(20))
  })

  it('starts over when it died before the first checkpoint', async () => {
    const run = await bench.over(
      await bench.start([
        ['steps 3', 'exit 1'],
        ['steps 6', 'finish'],
      ]),
    )
    expect(run).toMatchObject({ status: 'finished', step: 6, resumedFrom: null })
    expect(steps()).toEqual(upTo(6))
  })

  it('stays interrupted after the fourth death, and resumes when asked', async () => {
    const crash = ['steps 2', 'checkpoint', 'crash']
    const run = await bench.over(await bench.start([crash, crash, crash, crash, ['steps 2', 'finish']]))
    expect(run).toMatchObject({ status: 'interrupted', secondsLeft: null })
    expect(run.error?.code).toBe('trainer-crashed')
    expect(await readFile(join(bench.folder, 'runs', run.id, 'starts'), 'utf8')).toBe('4')
    const after = await bench.over(await bench.runs.resume({ run: run.id }))
    expect(after).toMatchObject({ status: 'finished', step: 10, error: null, resumedFrom: 8 })
    expect(steps()).toEqual(upTo(10))
  })

  it.each([
    ['bytes that are no frame', 'garbage'],
    ['an event that is not in the contract', 'wrong'],
  ])('ends a trainer that says %s and resumes', async (_, act) => {
    const run = await bench.over(
      await bench.start([
        ['steps 4', 'checkpoint', act, 'hang'],
        ['steps 1', 'finish'],
      ]),
    )
    expect(run).toMatchObject({ status: 'finished', step: 5, resumedFrom: 4 })
  })

  it('tells a failure in plain words and does not try again', async () => {
    const run = await bench.over(await bench.start([['steps 4', 'fail loss-not-finite', 'exit 1']]))
    expect(run).toMatchObject({ status: 'failed', error: { code: 'loss-not-finite' } })
    expect(run.error?.message).toContain('step 4')
    expect(await readFile(join(bench.folder, 'runs', run.id, 'starts'), 'utf8')).toBe('1')
  })

  it('goes on by itself when the graphics device was lost', async () => {
    const run = await bench.over(
      await bench.start([
        ['steps 4', 'checkpoint', 'fail device-lost', 'exit 1'],
        ['steps 2', 'finish'],
      ]),
    )
    expect(run).toMatchObject({ status: 'finished', step: 6, resumedFrom: 4, error: null })
  })

  it('does not try again with settings that ran out of memory', async () => {
    const run = await bench.over(await bench.start([['steps 1', 'oom']]))
    expect(run).toMatchObject({ status: 'failed', error: { code: 'out-of-memory' } })
  })

  it('knows a kill for want of memory by what the system counts, and keeps what was saved', async () => {
    await bench.close()
    let count = 3
    bench = await createBench(QUICK, async () => count++)
    const run = await bench.over(await bench.start([['steps 2', 'checkpoint', 'crash'], ['finish']]))
    expect(run).toMatchObject({ status: 'failed', step: 2, error: { code: 'out-of-memory' } })
    expect(await readFile(join(bench.folder, 'runs', run.id, 'starts'), 'utf8')).toBe('1')
    expect(await bench.over(await bench.runs.resume({ run: run.id }))).toMatchObject({ status: 'finished', resumedFrom: 2 })
  })

  it.each([
    ['exits by itself', 'exit 1'],
    ['was ended by us for what it said', 'garbage'],
  ])('does not call it want of memory when the trainer %s', async (_, act) => {
    await bench.close()
    let count = 3
    bench = await createBench(QUICK, async () => count++)
    const run = await bench.over(
      await bench.start([
        ['steps 2', 'checkpoint', act, 'hang'],
        ['steps 1', 'finish'],
      ]),
    )
    expect(run).toMatchObject({ status: 'finished', resumedFrom: 2 })
  })

  it('goes back one more checkpoint when the newest is damaged, and keeps the damaged one aside', async () => {
    const first = ['steps 2', 'checkpoint', 'steps 2', 'checkpoint', 'crash']
    const run = await bench.over(await bench.start([first, ['damaged'], ['steps 3', 'finish']]))
    expect(run).toMatchObject({ status: 'finished', step: 5, resumedFrom: 2 })
    expect(existsSync(join(bench.folder, 'runs', run.id, 'checkpoints', '4.damaged'))).toBe(true)
    expect(steps()).toEqual(upTo(5))
  })

  it('fails without losing the run when the store refuses to write', async () => {
    bench.refuse.error = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    const run = await bench.over(await bench.start([['steps 4', 'wait 50', 'steps 4', 'hang']]))
    expect(run).toMatchObject({ status: 'failed', error: { code: 'disk-full' } })
  })

  it('gives the trainer a small environment', async () => {
    process.env.LATENT_TEST_SECRET = 'secret'
    const run = await bench.over(await bench.start([['env', 'finish']]))
    delete process.env.LATENT_TEST_SECRET
    const seen = JSON.parse(await readFile(join(bench.folder, 'runs', run.id, 'env.json'), 'utf8')) as Record<string, string>
    expect(seen.PATH).toBe(process.env.PATH)
    expect(seen.LATENT_STUDIO_HOME).toBe(bench.folder)
    expect(Object.keys(seen)).not.toContain('LATENT_TEST_SECRET')
    expect(Object.keys(seen)).not.toContain('VITEST')
  })
})

describe('a run that stops moving', () => {
  it('is ended after its patience and resumed', async () => {
    await bench.close()
    bench = await createBench({ ...QUICK, stall: 100, grace: 100, firstStep: 5000 })
    const run = await bench.over(
      await bench.start([
        ['steps 3', 'checkpoint', 'steps 1', 'hang'],
        ['steps 1', 'finish'],
      ]),
    )
    expect(run).toMatchObject({ status: 'finished', step: 4, resumedFrom: 3 })
  })

  it('is given longer before its first step', async () => {
    await bench.close()
    bench = await createBench({ ...QUICK, stall: 40, grace: 40, firstStep: 60_000 })
    const run = await bench.over(await bench.start([['wait 400', 'steps 2', 'finish']]))
    expect(run).toMatchObject({ status: 'finished', resumedFrom: null })
    expect(bench.kept.rewinds).toEqual([])
  })

  it('is killed when it does not hear that it should pause', async () => {
    await bench.close()
    bench = await createBench({ ...QUICK, saving: 100 })
    const run = await bench.start([['steps 3', 'checkpoint', 'hang']], { deaf: true })
    await running(bench, run.id)
    expect(await bench.runs.pause({ run: run.id })).toMatchObject({ status: 'paused', error: null })
  })
})
