// @vitest-environment happy-dom
/** The renderer's door over a connection that comes and goes. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { StudioError } from '../../../src/contract/errors'
import { connected, createConnection, type Link } from '../../../src/renderer/door/connection'

/** A transport in the hands of the test. */
function line() {
  const dials: { open(link: Link): void; refuse(): void; close(): void }[] = []
  const dial = (onClose: () => void) =>
    new Promise<Link>((open, refuse) => void dials.push({ open, refuse: () => refuse(new Error('refused')), close: onClose }))
  return { dials, dial }
}
const answering = (answer: unknown): Link => ({ call: async () => answer })
const never: Link = { call: () => new Promise(() => {}) }
const options = { context: {} }

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

describe('a call', () => {
  it('opens the connection and waits for it', async () => {
    const { dials, dial } = line()
    const { link } = createConnection(dial)
    expect(dials).toHaveLength(0)
    const answer = link.call(['jobs', 'list'], undefined, options)
    expect([dials.length, connected.value]).toEqual([1, false])
    dials[0]!.open(answering('here'))
    expect(await answer).toBe('here')
    expect(connected.value).toBe(true)
    dials[0]!.close()
    expect(connected.value).toBe(false)
  })

  it('gives up when no connection comes, and stops waiting when it is cancelled', async () => {
    const { dial } = line()
    const { link } = createConnection(dial)
    const late = expect(link.call(['jobs', 'list'], undefined, options)).rejects.toMatchObject({ code: 'studio-away' })
    const abort = new AbortController()
    const cancelled = expect(link.call(['jobs', 'list'], undefined, { ...options, signal: abort.signal })).rejects.toMatchObject({
      code: 'cancelled',
    })
    abort.abort()
    await cancelled
    await vi.advanceTimersByTimeAsync(5000)
    await late
  })

  it('that goes down with the connection says so, whatever the transport throws', async () => {
    const { dials, dial } = line()
    const { link } = createConnection(dial)
    let fail = (_reason: unknown) => {}
    const call = link.call(['runs', 'list'], undefined, options)
    dials[0]!.open({ call: () => new Promise((_resolve, reject) => (fail = reject)) })
    await nextTick()
    await nextTick()
    dials[0]!.close()
    fail(new DOMException('aborted', 'AbortError'))
    await expect(call).rejects.toMatchObject({ code: 'studio-away' })
  })

  it('throws the studio’s own errors with their details', async () => {
    const { dials, dial } = line()
    const { link } = createConnection(dial)
    const call = link.call(['runs', 'get'], {}, options)
    dials[0]!.open({
      call: async () =>
        Promise.reject(
          Object.assign(new Error(), { code: 'file-too-large', data: { details: { file: 'a.png', limit: '50 MB' } } }),
        ),
    })
    await expect(call).rejects.toMatchObject({ code: 'file-too-large', message: 'a.png is larger than 50 MB.' })
    await expect(call).rejects.toBeInstanceOf(StudioError)
  })
})

describe('a lost connection', () => {
  it('is dialled again, ever more slowly', async () => {
    const { dials, dial } = line()
    const { link } = createConnection(dial)
    void link.call(['jobs', 'list'], undefined, options).catch(() => {})
    const pauses: number[] = []
    for (let tries = 1; tries <= 8; tries++) {
      dials.at(-1)!.refuse()
      let waited = 0
      while (dials.length === tries) {
        await vi.advanceTimersByTimeAsync(50)
        waited += 50
      }
      pauses.push(waited)
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000])
    dials.at(-1)!.open(never)
    await vi.advanceTimersByTimeAsync(0)
    expect(connected.value).toBe(true)
  })
})

describe('follow', () => {
  it('opens a stream again after a lost connection, ends with the first real failure, and stops when told', async () => {
    const { dials, dial } = line()
    vi.doMock('../../../src/renderer/door/dial', () => ({ dialSocket: dial, dialPort: dial }))
    const { follow, studio } = await import('../../../src/renderer/studio')
    const streams: { push(value: unknown): void; fail(thrown: unknown): void; returned: boolean }[] = []
    const link: Link = {
      call: async () => {
        let wake: (step: IteratorResult<unknown>) => void = () => {}
        let fail = (_thrown: unknown) => {}
        const stream = {
          push: (value: unknown) => wake({ value, done: false }),
          fail: (thrown: unknown) => fail(thrown),
          returned: false,
        }
        streams.push(stream)
        return {
          next: () => new Promise<IteratorResult<unknown>>((resolve, reject) => ([wake, fail] = [resolve, reject])),
          return: async () => ((stream.returned = true), { value: undefined, done: true }),
          [Symbol.asyncIterator]() {
            return this
          },
        }
      },
    }
    const seen: unknown[] = []
    const errors: StudioError[] = []
    follow(
      (signal) => studio.jobs.watch(undefined, { signal }) as Promise<AsyncIterable<unknown>>,
      (event) => seen.push(event),
      (error) => errors.push(error),
    )
    const settle = () => vi.advanceTimersByTimeAsync(10)
    await settle()
    dials[0]!.open(link)
    await settle()
    streams[0]!.push('first')
    await settle()
    dials[0]!.close()
    streams[0]!.fail(new DOMException('aborted', 'AbortError'))
    await settle()
    dials[1]!.open(link)
    await settle()
    streams[1]!.push('again')
    await settle()
    expect([seen, errors]).toEqual([['first', 'again'], []])
    streams[1]!.fail(Object.assign(new Error(), { code: 'project-none' }))
    await settle()
    expect(errors).toMatchObject([{ code: 'project-none' }])
    expect(streams).toHaveLength(2)

    const stop = follow(
      (signal) => studio.jobs.watch(undefined, { signal }) as Promise<AsyncIterable<unknown>>,
      (event) => seen.push(event),
    )
    await settle()
    stop()
    streams[2]!.push('too late')
    await settle()
    expect(seen).toEqual(['first', 'again'])
    expect(streams[2]!.returned).toBe(true)
  })
})
