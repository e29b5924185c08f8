/**
 * One oRPC link over a connection that may come and go. Calls made while it is away wait a little for it; calls that it takes
 * down with it fail with `studio-away`, because whether main did them is not known.
 */
import type { ClientLink, ClientOptions } from '@orpc/client'
import { ref } from 'vue'
import { fromWire, StudioError } from '../../contract/errors'

type Context = Record<never, never>
export type Link = ClientLink<Context>

/** Opens one connection. `onClose` is called once when it ends; the promise rejects when it never opened. */
export type Dial = (onClose: () => void) => Promise<Link>

/** Whether main can be reached at this moment. */
export const connected = ref(false)

/** Longest wait of a call for a connection, and between two tries to make one, milliseconds. */
const PATIENCE_MS = 5000
const SLOWEST_MS = 8000

export function createConnection(dial: Dial): { link: Link; opened(): Promise<void> } {
  let live: Link | null = null
  // Opened by the first call, so that merely loading this module (a test of a component) connects to nothing.
  let begun = false
  let waiting = new Set<() => void>()
  let ended = new AbortController()

  async function open(pause: number): Promise<void> {
    try {
      live = await dial(() => {
        live = null
        connected.value = false
        ended.abort()
        void open(250)
      })
      ended = new AbortController()
      connected.value = true
      const woken = waiting
      waiting = new Set()
      for (const wake of woken) wake()
    } catch {
      setTimeout(() => void open(Math.min(pause * 2, SLOWEST_MS)), pause)
    }
  }

  /** Resolves when there is a connection; rejects after `patience` milliseconds without one. */
  function opened(patience = Infinity, signal?: AbortSignal): Promise<void> {
    if (live) return Promise.resolve()
    if (!begun) void open(250)
    begun = true
    return new Promise((resolve, reject) => {
      const timer =
        patience === Infinity ? undefined : setTimeout(() => settle(() => reject(new StudioError('studio-away'))), patience)
      const wake = () => settle(resolve)
      const stop = () => settle(() => reject(new StudioError('cancelled')))
      function settle(how: () => void) {
        clearTimeout(timer)
        waiting.delete(wake)
        signal?.removeEventListener('abort', stop)
        how()
      }
      waiting.add(wake)
      signal?.addEventListener('abort', stop)
    })
  }

  async function call(path: readonly string[], input: unknown, options: ClientOptions<Context>): Promise<unknown> {
    await opened(PATIENCE_MS, options.signal)
    const gone = ended.signal
    const explain = (thrown: unknown) => {
      if (options.signal?.aborted) return new StudioError('cancelled', {}, { cause: thrown })
      return gone.aborted ? new StudioError('studio-away', {}, { cause: thrown }) : fromWire(thrown)
    }
    try {
      const output = await live!.call(path, input, options)
      return isIterator(output) ? explained(output, explain) : output
    } catch (thrown) {
      throw explain(thrown)
    }
  }

  return { link: { call }, opened: () => opened() }
}

const isIterator = (value: unknown): value is AsyncIterator<unknown> =>
  typeof (value as AsyncIterator<unknown> | null)?.next === 'function'

/** The same events with their errors explained. No generator: its `return` would wait for an event that may never come. */
function explained(events: AsyncIterator<unknown>, explain: (thrown: unknown) => StudioError): AsyncIterableIterator<unknown> {
  const guard = (step: Promise<IteratorResult<unknown>>) => step.catch((thrown) => Promise.reject(explain(thrown)))
  const outer: AsyncIterableIterator<unknown> = {
    next: () => guard(events.next()),
    return: (value) => (events.return ? guard(events.return(value)) : Promise.resolve({ done: true, value })),
    [Symbol.asyncIterator]: () => outer,
  }
  return outer
}
