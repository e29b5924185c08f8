/** The feed's thread: makes the inputs of the next steps while a step runs; see `feed.ts`. */
import { parentPort, workerData } from 'node:worker_threads'
import { failure } from './failure'
import { createMake, type InputPlan } from './inputs'
import { openReader, writeRows, type Place } from './reader'
import { awaitRoom, fill, slotOf, type Ring } from './ring'

export interface Order {
  plan: InputPlan
  place: Place
  /** First step of the stage to be fed. */
  from: number
  ring: Ring
}

async function work({ plan, place, from, ring }: Order): Promise<void> {
  const reader = openReader(place)
  try {
    const make = createMake(plan, {
      x: reader.read,
      tags: (positions, out) => writeRows(place.tags, positions, out),
      words: (positions, out) => writeRows(place.words, positions, out),
    })
    const phases = plan.phases.length
    for (let n = 0; awaitRoom(ring, n); n++) {
      await make(ring.slots[slotOf(ring, n)]!, from + Math.floor(n / phases), n % phases)
      fill(ring)
    }
  } finally {
    reader.close()
  }
}

// What could not be made is told when a step wants it, in the same words as if the step had made it.
work(workerData as Order).catch((error: unknown) => parentPort!.postMessage(failure(error)))
