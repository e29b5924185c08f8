import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createPinia, setActivePinia } from 'pinia'
import { useRuns } from '../../../../src/renderer/stores/runs'
import type { RunFeed } from '../../../../src/renderer/stores/run-feed'
import type { World } from '../../../support/fake-studio'
import { rowAt, runOf, sampleAt } from '../../../support/fake-studio'

const fake = vi.hoisted(() => ({ world: null as World | null, studio: null as unknown }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected, follow } = await import('../../../support/fake-studio')
  return { connected, follow, studio: new Proxy({}, { get: (_, area) => (fake.studio as Record<PropertyKey, unknown>)[area] }) }
})

const soon = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms))
const rows = (from: number, to: number, every = 10) =>
  Array.from({ length: (to - from) / every }, (_, i) => rowAt(from + i * every))
const steps = (feed: RunFeed) => feed.history.value.rows.map((row) => row.step)
let world: World

beforeEach(async () => {
  const { fakeStudio } = await import('../../../support/fake-studio')
  const made = fakeStudio()
  fake.studio = made.studio
  world = made.world
  world.runs.set('r1', runOf())
  setActivePinia(createPinia())
})

describe('a feed', () => {
  it('joins the stored past and what comes after without a gap or a double', async () => {
    world.advance('r1', rows(0, 100))
    const feed = useRuns().openFeed('r1')
    // Told while the past is still being read: once stored, once as an event.
    await Promise.resolve()
    world.advance('r1', rows(100, 150))
    await soon()
    world.advance('r1', rows(150, 200))
    await soon()
    expect(feed.loaded.value).toBe(true)
    expect(steps(feed)).toEqual(rows(0, 200).map((row) => row.step))
  })

  it('reads again after the connection was lost, and misses nothing of the meantime', async () => {
    const feed = useRuns().openFeed('r1')
    world.advance('r1', rows(0, 50))
    await soon()
    world.events('r1').fail()
    // Stored while nobody listens.
    world.rows.set('r1', [...world.rows.get('r1')!, ...rows(50, 100)])
    world.samples.set('r1', [sampleAt('r1', 50)])
    await soon(40)
    world.advance('r1', rows(100, 120))
    await soon()
    expect(steps(feed)).toEqual(rows(0, 120).map((row) => row.step))
    expect(feed.history.value.samples.map((sample) => sample.step)).toEqual([50])
  })

  it('forgets what lay beyond the step from which a run goes on', async () => {
    const feed = useRuns().openFeed('r1')
    await soon()
    world.advance('r1', rows(0, 100))
    world.draw('r1', sampleAt('r1', 40))
    world.draw('r1', sampleAt('r1', 90))
    world.events('r1').push({ type: 'rewind', step: 50 })
    await soon()
    expect(steps(feed)).toEqual([0, 10, 20, 30, 40, 50])
    expect(feed.history.value.samples.map((sample) => sample.step)).toEqual([40])
  })

  it('tells the page at most ten times a second', async () => {
    const { effect } = await import('vue')
    const feed = useRuns().openFeed('r1')
    await soon(150)
    let told = -1
    effect(() => {
      void feed.history.value
      told++
    })
    for (let i = 0; i < 40; i++) world.advance('r1', [rowAt(i)])
    await soon(250)
    expect(told).toBe(1)
    expect(steps(feed)).toHaveLength(40)
  })

  it('thins a very long past, and keeps its end whole', async () => {
    const { RunHistory } = await import('../../../../src/renderer/stores/run-history')
    const history = new RunHistory()
    history.addRows(rows(0, 90_000))
    expect(history.rows.length).toBeLessThan(8000)
    expect(history.rows.slice(-100).map((row) => row.step)).toEqual(rows(89_000, 90_000).map((row) => row.step))
  })

  it('is one for all who look, and ends with the last of them', async () => {
    world.runs.set('r1', runOf({ status: 'finished' }))
    const runs = useRuns()
    expect(runs.openFeed('r1')).toBe(runs.openFeed('r1'))
    await soon()
    expect(world.events('r1').readers).toBe(1)
    runs.closeFeed('r1')
    expect(world.events('r1').readers).toBe(1)
    runs.closeFeed('r1')
    await soon()
    expect(world.events('r1').readers).toBe(0)
  })
})

describe('the runs', () => {
  it('are followed while they move and no longer', async () => {
    const runs = useRuns()
    await runs.refresh()
    expect(runs.active?.id).toBe('r1')
    await soon()
    world.advance('r1', [rowAt(500)], { status: 'finished' })
    await soon()
    expect(runs.get('r1')?.status).toBe('finished')
    expect(runs.active).toBeNull()
    await soon()
    expect(world.events('r1').readers).toBe(0)
  })

  it('know which can go on, and which can be explored: finished ones first', async () => {
    world.runs.clear()
    world.runs.set('a', runOf({ id: 'a', status: 'interrupted', step: 50, createdAt: 3 }))
    world.runs.set('b', runOf({ id: 'b', status: 'finished', step: 90, createdAt: 1 }))
    world.runs.set('c', runOf({ id: 'c', status: 'failed', step: 0, createdAt: 2 }))
    const runs = useRuns()
    await runs.refresh()
    expect(runs.list.map((run) => run.id)).toEqual(['a', 'c', 'b'])
    expect(runs.interrupted.map((run) => run.id)).toEqual(['a'])
    expect(runs.explorable.map((run) => run.id)).toEqual(['b', 'a'])
  })

  it('go away when they are removed, here or elsewhere', async () => {
    const runs = useRuns()
    await runs.refresh()
    world.runs.clear()
    await runs.refresh()
    expect(runs.list).toEqual([])
    await soon()
    expect(world.events('r1').readers).toBe(0)
  })

  it('leave nothing behind for another project', async () => {
    const runs = useRuns()
    await runs.refresh()
    await soon()
    runs.reset()
    await soon()
    expect(runs.list).toEqual([])
    expect(world.events('r1').readers).toBe(0)
  })
})
