/**
 * What feeds the steps of one stage. `createFeed` has a thread of its own make the next steps' inputs while a step holds this
 * one, in a ring of shared buffers; `feedHere` makes them when they are asked for. The numbers are the same.
 */
import { Worker } from 'node:worker_threads'
import { StudioError } from '../contract/errors'
import { failure } from './failure'
import type { Order } from './feed-worker'
import { createMake, inputsIn, mostNumbers, type Input, type InputPlan } from './inputs'
import type { Items } from './items'
import { closeRing, createRing, filling, isFilled, releaseBefore, slotOf, wake } from './ring'

export interface Feed {
  /**
   * The inputs of a phase, by its index, in a step of the stage. Steps come in order, and so do the phases in one; any may be left
   * out. What it gives is lent: at the next `take` the buffers belong to another step. So a step must have been run by then, not
   * only begun: engines may look at the numbers they were given until they have computed with them.
   * Throws what kept the inputs from being made: `file-truncated`, `file-unreadable`, `trainer-crashed`.
   */
  take(stageStep: number, phase: number): Promise<Record<string, Input>>
  /** Milliseconds that steps have waited so far. */
  readonly waited: number
  /** Resolves when the thread has ended. */
  close(): Promise<void>
}

/** `program`: where `feed-worker.js` lies; `from`: the first step of the stage that will be taken. */
export function createFeed(plan: InputPlan, items: Items, from: number, program: string): Feed {
  const ring = createRing(mostNumbers(plan))
  const { slots } = ring
  const phases = plan.phases.length
  const views = slots.map((slot) => plan.phases.map((_, phase) => inputsIn(slot, plan, phase)))
  const order: Order = { plan, place: items.place, from, ring }
  const thread = new Worker(program, { workerData: order, execArgv: [], name: 'feed' })
  let waited = 0
  let failed: StudioError | null = null
  const fail = (error: StudioError) => {
    failed ??= error
    wake(ring)
  }
  thread.on('message', (told: ReturnType<typeof failure>) =>
    fail(new StudioError(told.code, told.details, { cause: new Error(told.stack) })),
  )
  thread.on('error', (error) => {
    const code = failure(error).code === 'out-of-memory' ? 'out-of-memory' : 'trainer-crashed'
    fail(new StudioError(code, {}, { cause: error }))
  })
  const ended = new Promise<void>((resolve) =>
    thread.on('exit', () => {
      fail(new StudioError('trainer-crashed'))
      resolve()
    }),
  )

  return {
    get waited() {
      return waited
    },

    async take(stageStep, phase) {
      const n = (stageStep - from) * phases + phase
      releaseBefore(ring, n)
      if (!isFilled(ring, n)) {
        const began = performance.now()
        while (!isFilled(ring, n)) {
          if (failed) throw failed
          await filling(ring, n)
        }
        waited += performance.now() - began
      }
      return views[slotOf(ring, n)]![phase]!
    },

    close() {
      closeRing(ring)
      return ended
    },
  }
}

/** Everything is waiting. */
export function feedHere(plan: InputPlan, items: Items): Feed {
  const make = createMake(plan, {
    x: (positions, out) => out.set(items.floats(positions)),
    tags: (positions, out) => out.set(items.tags(positions)),
    words: (positions, out) => out.set(items.words(positions)),
  })
  let waited = 0
  return {
    get waited() {
      return waited
    },
    async take(stageStep, phase) {
      const began = performance.now()
      const numbers = new Float32Array(mostNumbers(plan))
      await make(numbers, stageStep, phase)
      waited += performance.now() - began
      return inputsIn(numbers, plan, phase)
    },
    close: async () => undefined,
  }
}
