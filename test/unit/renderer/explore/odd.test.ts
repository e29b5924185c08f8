import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import type { Job } from '../../../../src/contract/nouns'
import type { OddFound, OddItem } from '../../../../src/contract/odd'
import { deviation, levelOf, useOdd } from '../../../../src/renderer/rooms/explore/odd'
import { useJobs } from '../../../../src/renderer/stores/jobs'
import { runOf } from '../../../support/fake-studio'

const fake = vi.hoisted(() => ({ studio: null as unknown }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected } = await import('../../../support/fake-studio')
  return {
    connected,
    follow: () => () => {},
    studio: new Proxy({}, { get: (_, area) => (fake.studio as Record<PropertyKey, unknown>)[area] }),
  }
})

const soon = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms))
const found: OddFound = { run: 'r1', step: 9, method: 'redrawing', count: 450, median: 10, spread: 2, scores: null }
const picture = (count: number) => ({ count, height: 1, width: 1, channels: 1, pixels: '' })
let scope: EffectScope
let odd: ReturnType<typeof useOdd>
let asked: { list: number[]; redrawn: string[][]; cancelled: string[] }
let finish: (id: string) => void

beforeEach(() => {
  setActivePinia(createPinia())
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 1))
  asked = { list: [], redrawn: [], cancelled: [] }
  let jobs = 0
  fake.studio = {
    jobs: { cancel: async ({ job }: { job: string }) => void asked.cancelled.push(job) },
    odd: {
      find: async () => ({ job: `j${++jobs}` }),
      list: async ({ offset, limit }: { offset: number; limit: number }) => {
        asked.list.push(offset)
        const items = Array.from({ length: Math.min(limit, 450 - offset) }, (_, i): OddItem => {
          return { item: `i${offset + i}`, name: '', score: 1000 - offset - i, aside: false }
        })
        return { total: 450, items }
      },
      redrawn: async ({ items }: { items: string[] }) => {
        asked.redrawn.push(items)
        const some = picture(items.length)
        return { originals: some, redrawn: some, differences: some }
      },
    },
  }
  finish = (id) => useJobs().byId.set(id, { id, state: 'done', result: found } as Job)
  scope = effectScope()
  odd = scope.run(() => useOdd())!
})
afterEach(() => {
  scope.stop()
  vi.unstubAllGlobals()
})

async function open(): Promise<void> {
  finish('j1')
  await odd.open(runOf({ id: 'r1' }), 'redrawing')
}

describe('the list of odd ones', () => {
  it('is read in windows as they come into sight, each once', async () => {
    await open()
    expect(odd.total.value).toBe(450)
    expect(odd.rows.get(3)?.item).toBe('i3')
    await odd.want(190, 210)
    await odd.want(0, 399)
    expect(asked.list).toEqual([0, 200])
    expect(odd.rows.get(399)?.score).toBe(601)
  })

  it('fetches the pictures that say why, a few at a time and none twice', async () => {
    await open()
    const sight = Array.from({ length: 20 }, (_, i) => `i${i}`)
    odd.show(sight)
    await soon(60)
    expect(asked.redrawn.map((items) => items.length)).toEqual([8, 8, 4])
    odd.show(sight)
    await soon()
    expect(asked.redrawn).toHaveLength(3)
    expect(odd.reasons.get('i9')?.index).toBe(1)
  })

  it('keeps the place of one that is set aside', async () => {
    await open()
    odd.mark(2, true)
    expect(odd.rows.get(2)).toMatchObject({ item: 'i2', aside: true })
    odd.mark(2, false)
    expect(odd.rows.get(2)?.aside).toBe(false)
  })

  it('ends the search when it is left', async () => {
    void odd.open(runOf({ id: 'r1' }), 'redrawing')
    await soon()
    scope.stop()
    expect(asked.cancelled).toEqual(['j1'])
  })
})

describe('how unusual a score is', () => {
  it('is told against the middle half', () => {
    expect(deviation(10, found)).toBe(0)
    // The middle half of a normal distribution reaches 1.349 deviations.
    expect(deviation(10 + 2 / 1.349, found)).toBeCloseTo(1)
    expect(deviation(99, { median: 1, spread: 0 })).toBe(0)
    expect([-1, 1.9, 2, 4, 8, 100].map(levelOf)).toEqual(['usual', 'usual', 'little', 'clearly', 'far', 'far'])
  })
})
