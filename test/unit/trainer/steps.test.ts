/** The small functions of a step, a seed or a clock that make a run repeatable. */
import { describe, expect, it } from 'vitest'
import type { TrainerEvent } from '../../../src/contract/trainer'
import { everyItem } from '../../../src/trainer/balance'
import { createBatches } from '../../../src/trainer/batches'
import { checkEvery, hasConverged, observe } from '../../../src/trainer/convergence'
import { isMetricStep, isSampleStep } from '../../../src/trainer/grid'
import { createPlan } from '../../../src/trainer/plan'
import { createReporter } from '../../../src/trainer/reporter'
import { createSpeed } from '../../../src/trainer/speed'
import { stage } from './support'

const phase = (repeat?: number) => ({ name: 'p', trains: [], repeat, loss: () => ({}) as never })

describe('batches', () => {
  it('show every item at most once an epoch and drop the last partial batch', () => {
    const batches = createBatches(3, everyItem(17).positions, 5)
    expect([batches.size, batches.perEpoch]).toEqual([5, 3])
    const epoch = [0, 1, 2].flatMap((n) => [...batches.positions(0, n)])
    expect(new Set(epoch).size).toBe(15)
    expect(Math.max(...epoch)).toBeLessThan(17)
  })

  it('are a function of seed, stage and position alone', () => {
    const ordered = createBatches(3, everyItem(17).positions, 5)
    const all = Array.from({ length: 9 }, (_, n) => [...ordered.positions(0, n)])
    const jumping = createBatches(3, everyItem(17).positions, 5)
    for (const n of [8, 0, 4, 3, 8]) expect([...jumping.positions(0, n)]).toEqual(all[n])
    expect([...jumping.positions(1, 0)]).not.toEqual(all[0])
    expect([...createBatches(4, everyItem(17).positions, 5).positions(0, 0)]).not.toEqual(all[0])
    expect(all[0]).not.toEqual(all[3])
  })

  it('are as large as the data where that is smaller than asked for', () => {
    const batches = createBatches(1, everyItem(3).positions, 64)
    expect([batches.size, batches.perEpoch]).toEqual([3, 1])
    expect([...batches.positions(0, 5)].sort()).toEqual([0, 1, 2])
  })
})

describe('the plan', () => {
  const at = (step: number, stage = 0, stageStep = 0) => ({ step, stage, stageStep })

  it('divides steps by the stages, the last one taking the rest', () => {
    const plan = createPlan(
      { by: 'steps', steps: 100 },
      [stage('a', 0.25, phase()), stage('b', 0.5, phase()), stage('c', undefined, phase())],
      10,
    )
    expect(plan.totalSteps).toBe(100)
    expect([24, 25].map((step) => plan.over(at(step), 0, null))).toEqual([false, true])
    expect([74, 75].map((step) => plan.over(at(step, 1, 25), 0, null))).toEqual([false, true])
    expect([99, 100].map((step) => plan.over(at(step, 2, 75), 0, null))).toEqual([false, true])
    expect(plan.secondsLeft(at(60), 5, 20)).toBe(2)
    expect(plan.secondsLeft(at(60), 5, null)).toBe(null)
  })

  it('counts the batches of all updates in an epoch', () => {
    expect(createPlan({ by: 'epochs', epochs: 6 }, [stage('a', undefined, phase())], 10).totalSteps).toBe(60)
    expect(createPlan({ by: 'epochs', epochs: 6 }, [stage('a', undefined, phase(5), phase())], 10).totalSteps).toBe(10)
    const two = [stage('a', 0.5, phase()), stage('b', undefined, phase(2), phase())]
    expect(createPlan({ by: 'epochs', epochs: 4 }, two, 10).totalSteps).toBe(20)
    expect(createPlan({ by: 'epochs', epochs: 0.001 }, two, 10).totalSteps).toBe(1)
  })

  it('ends by the clock', () => {
    const plan = createPlan({ by: 'minutes', minutes: 2 }, [stage('a', 0.5, phase()), stage('b', undefined, phase())], 10)
    expect(plan.totalSteps).toBe(null)
    expect([59, 60].map((seconds) => plan.over(at(1), seconds, null))).toEqual([false, true])
    expect([119, 120].map((seconds) => plan.over(at(1, 1), seconds, null))).toEqual([false, true])
    expect(plan.secondsLeft(at(1), 50, null)).toBe(70)
  })
})

describe('convergence', () => {
  /** Checks until it is over, and the step at which it is. */
  function end(loss: (check: number) => number): number {
    const every = checkEvery(100)
    let known = null
    for (let step = every; step < 200_000; step += every) {
      known = observe(known, loss(step / every), step)
      if (hasConverged(known, step, step, 100)) return step / every
    }
    return Infinity
  }

  it('waits eight checks after the last gain', () => {
    expect(end(() => 5)).toBe(1 + 8)
    expect(end((check) => (check <= 20 ? 100 - check : 80))).toBeGreaterThan(20 + 8)
  })

  it('goes on while the loss falls, and is not misled by one bad check', () => {
    expect(end((check) => 0.99 ** check)).toBe(1000)
    expect(end((check) => (check === 5 ? 1.2 : 0.98 ** check))).toBe(1000)
  })

  it('understands losses below zero', () => {
    expect(end((check) => (check <= 30 ? -check : -30))).toBeGreaterThan(30)
    expect(end(() => -5)).toBe(9)
  })

  it('checks once an epoch, within limits', () => {
    expect([3, 120, 9000].map(checkEvery)).toEqual([50, 120, 500])
  })
})

describe('the grid', () => {
  it('has every step at first, every tenth later', () => {
    const steps = Array.from({ length: 100 }, (_, i) => i + 1).filter(isMetricStep)
    expect(steps).toEqual([...Array.from({ length: 50 }, (_, i) => i + 1), 60, 70, 80, 90, 100])
  })

  it('has samples at doublings, then eight in each', () => {
    const steps = Array.from({ length: 1024 }, (_, i) => i).filter(isSampleStep)
    expect(steps).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 576, 640, 704, 768, 832, 896, 960])
    let count = 0
    for (let step = 1; step <= 100_000; step++) if (isSampleStep(step)) count++
    expect(count).toBeLessThan(80)
  })
})

describe('the reporter', () => {
  it('tells at most ten events a second, and every row once', () => {
    let now = 0
    const told: TrainerEvent[] = []
    const reporter = createReporter((event) => told.push(event), () => now) // prettier-ignore
    const progress = () => ({
      step: 1,
      epoch: 0,
      stage: 'fit',
      seconds: 0,
      stepsPerSecond: null,
      waiting: null,
      secondsLeft: null,
      totalSteps: null,
      losses: {},
    })
    for (let step = 1; step <= 2000; step++) {
      now += 1
      reporter.row(step, now / 1000, { loss: step })
      reporter.report(progress)
    }
    expect(told.length).toBeLessThanOrEqual(20)
    reporter.report(progress, true)
    const rows = told.flatMap((event) => (event.type === 'metrics' ? event.rows : []))
    expect(rows.map(({ step }) => step)).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1))
    reporter.flush()
    expect(told.at(-1)!.type).toBe('progress')
  })
})

describe('speed', () => {
  it('is the median, without the first step and without rests', () => {
    let now = 0
    const speed = createSpeed(() => now)
    expect(speed.perSecond()).toBe(null)
    const go = (step: number, ms: number) => ((now += ms), speed.mark(step, 0))
    go(1, 9000)
    go(2, 5000)
    for (let step = 3; step <= 8; step++) go(step, 10)
    expect(speed.perSecond()).toBe(100)
    speed.rest()
    go(9, 60_000)
    for (let step = 19; step <= 59; step += 10) go(step, 100)
    expect(speed.perSecond()).toBe(100)
  })
  it('tells the share of that time in which steps waited', () => {
    let [now, waited] = [0, 0]
    const speed = createSpeed(() => now)
    const go = (step: number, ms: number, wait: number) => {
      now += ms
      waited += wait
      speed.mark(step, waited)
    }
    go(1, 500, 400)
    go(2, 500, 400)
    expect(speed.waiting()).toBe(null)
    go(3, 10, 0)
    go(4, 30, 1)
    expect(speed.waiting()).toBeCloseTo(1 / 40, 12)
    speed.rest()
    go(5, 9000, 9000)
    go(7, 10, 4)
    expect(speed.waiting()).toBeCloseTo(5 / 50, 12)
  })
})
