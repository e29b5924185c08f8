/** Follows one run: its stored past first, then every event, without a gap at the seam or after a lost connection. */
import { shallowRef, type ShallowRef, triggerRef } from 'vue'
import type { StudioError } from '../../contract/errors'
import type { Run } from '../../contract/nouns'
import type { RunEvent } from '../../contract/runs'
import { follow, studio } from '../studio'
import { RunHistory } from './run-history'

export interface RunFeed {
  /** The same object all along; triggered at most ten times a second. */
  history: ShallowRef<RunHistory>
  /** False until the stored past has been read. */
  loaded: ShallowRef<boolean>
  error: ShallowRef<StudioError | null>
  stop(): void
}

const PAUSE = 100

export function followRun(run: string, onState: (run: Run) => void): RunFeed {
  const history = shallowRef(new RunHistory())
  const loaded = shallowRef(false)
  const error = shallowRef<StudioError | null>(null)
  /** Events that arrive while the past is read; null when there is no need to wait. */
  let waiting: RunEvent[] | null = null
  let reading = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function changed(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      triggerRef(history)
    }, PAUSE)
  }

  function take(event: RunEvent): void {
    if (event.type === 'metrics') history.value.addRows(event.rows)
    else if (event.type === 'sample') history.value.addSample(event.sample)
    else if (event.type === 'rewind') history.value.rewind(event.step)
    if (event.type !== 'state') changed()
  }

  // The watch is open before the past is read, so a row is in the one or in the other, and a row in both is placed once.
  async function read(): Promise<void> {
    const turn = ++reading
    const events: RunEvent[] = []
    waiting = events
    try {
      const [rows, samples] = await Promise.all([studio.runs.metrics({ run, limit: 4000 }), studio.runs.samples({ run })])
      if (turn !== reading) return
      history.value.load(rows, samples)
      for (const event of events) take(event)
    } catch (thrown) {
      if (turn === reading) error.value = thrown as StudioError
    }
    if (turn !== reading) return
    waiting = null
    loaded.value = true
    changed()
  }

  let fresh = false
  const end = follow(
    (signal) => {
      fresh = true
      return studio.runs.watch({ run }, { signal })
    },
    (event) => {
      if (fresh) {
        fresh = false
        void read()
      }
      if (event.type === 'state') onState(event.run)
      else if (waiting) waiting.push(event)
      else take(event)
    },
    (thrown) => (error.value = thrown),
  )

  return {
    history,
    loaded,
    error,
    stop() {
      end()
      reading++
      clearTimeout(timer)
    },
  }
}
