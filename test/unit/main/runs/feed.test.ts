import { describe, expect, it } from 'vitest'
import type { MetricRow, Run } from '../../../../src/contract/nouns'
import type { RunEvent } from '../../../../src/contract/runs'
import { createFeed } from '../../../../src/main/runs/feed'

const state = (step: number) => ({ type: 'state', run: { id: 'run', step } as Run }) satisfies RunEvent
const row = (step: number): MetricRow => ({ step, seconds: step, losses: {} })
const rows = (from: number, to: number): MetricRow[] => Array.from({ length: to - from + 1 }, (_, i) => row(from + i))

function watch(stored: MetricRow[] = [], signal?: AbortSignal) {
  const feed = createFeed()
  const first = async () => state(0).run
  const watcher = feed.watch('run', first, async (after) => stored.filter(({ step }) => step > after), signal)
  const next = async () => (await watcher.next()).value as RunEvent
  return { feed, watcher, next }
}
const stepsOf = (event: RunEvent) => (event.type === 'metrics' ? event.rows.map(({ step }) => step) : [])

describe('a watcher of a run', () => {
  it('gets the state first, then what happens', async () => {
    const { feed, next } = watch()
    expect(await next()).toEqual(state(0))
    const later = next()
    feed.tell('run', { type: 'metrics', rows: rows(1, 2) })
    expect(stepsOf(await later)).toEqual([1, 2])
    feed.tell('other', state(9))
    feed.tell('run', state(3))
    expect(await next()).toEqual(state(3))
  })

  it('skips to the newest state when it is slow', async () => {
    const { feed, next } = watch()
    await next()
    for (let step = 1; step <= 1000; step++) feed.tell('run', state(step))
    expect(await next()).toEqual(state(1000))
    const idle = next()
    feed.tell('run', state(1001))
    expect(await idle).toEqual(state(1001))
  })

  it('gets every row once, however many piled up', async () => {
    const stored = rows(1, 9000)
    const { feed, next } = watch(stored)
    await next()
    for (let from = 1; from <= 9000; from += 500) feed.tell('run', { type: 'metrics', rows: rows(from, from + 499) })
    const seen = stepsOf(await next())
    feed.tell('run', { type: 'metrics', rows: rows(8990, 9010) })
    seen.push(...stepsOf(await next()))
    expect(seen).toEqual(rows(1, 9010).map(({ step }) => step))
  })

  it('takes back rows beyond a rewind and gets them again', async () => {
    const { feed, next } = watch()
    await next()
    feed.tell('run', { type: 'metrics', rows: rows(1, 6) })
    expect(stepsOf(await next())).toEqual([1, 2, 3, 4, 5, 6])
    feed.tell('run', { type: 'metrics', rows: rows(7, 8) })
    feed.tell('run', { type: 'rewind', step: 4 })
    feed.tell('run', { type: 'metrics', rows: rows(5, 7) })
    expect(await next()).toEqual({ type: 'rewind', step: 4 })
    expect(stepsOf(await next())).toEqual([5, 6, 7])
  })

  it('ends at once when its caller goes away, also while it waits', async () => {
    const abort = new AbortController()
    const { next, watcher } = watch([], abort.signal)
    await next()
    const waiting = watcher.next()
    abort.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
    const other = watch()
    await other.next()
    const also = other.watcher.next()
    await other.watcher.return!()
    expect((await also).done).toBe(true)
  })
})
