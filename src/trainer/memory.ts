/** The memory that a training takes: the buffers of its steps, and what was measured of the program around them. */
import type { Needs, Room } from '../contract/memory'
import type { TrainingSettings } from '../contract/nouns'
import type { EngineChoice } from '../contract/trainer'
import { scratch as wasmScratch } from '../engines/wasm/scratch'
import type { Call } from '../nn/shapes'
import type { Built, DataFacts } from '../recipes/define'
import { everyItem } from './balance'
import { footprint } from './footprint'
import { mostNumbers, planInputs } from './inputs'
import { MOST_IN_MEMORY } from './items'
import { slotCount } from './ring'

/** Bytes. */
export interface Memory {
  /** All that the training's process holds, the engine's tensors included. */
  process: number
  /** The engine's tensors, and the largest of them. */
  tensors: number
  largest: number
}

export type Fit = Pick<Needs, 'fit' | 'short'>

/**
 * `program`, `spread`, `states` and `batches` were fitted to what `npm run proof:memory` measures of `vae`: 32 to 128 pixels,
 * batches of 16 to 256, widths of 64 to 1024. WebGPU's are a guess, for nobody has measured it on a device of its own.
 */
interface Traits {
  /** Bytes of the program with the engine started. */
  program: number
  /** Bytes held for one of a tensor: what lies unused between them counts as well. */
  spread: number
  /** A save holds the state as it writes it and as it reads it back; that of the save before may not be gone yet. */
  states: number
  /** Batches that a step holds besides the tensors that it was recorded with: the library keeps room for what it runs side by side. */
  batches: number
  /** A kernel's own memory while it runs, bytes. */
  scratch: (kernel: string, call: Call) => number
  /** Steps are captured, so that the old state is held until the new one is whole. */
  captured: boolean
  /** Most that all tensors, and one of them, may take. */
  most: number
  mostInOne: number
}

const engines: Record<EngineChoice['id'], Traits> = {
  wasm: {
    program: 215e6,
    spread: 1.06,
    states: 3.5,
    batches: 0,
    scratch: wasmScratch,
    captured: false,
    most: 3 * 2 ** 30,
    mostInOne: 2 ** 30,
  },
  tensorflow: {
    program: 540e6,
    spread: 1.13,
    states: 3.5,
    batches: 12.7,
    scratch: () => 0,
    captured: true,
    most: Infinity,
    mostInOne: Infinity,
  },
  webgpu: {
    program: 400e6,
    spread: 1.13,
    states: 3.5,
    batches: 0,
    scratch: () => 0,
    captured: false,
    most: Infinity,
    mostInOne: Infinity,
  },
}

const FLOAT = 4

export interface EstimateOptions {
  training: TrainingSettings
  /** Bytes of the version's items. */
  stored: number
  engine: EngineChoice['id']
}

/** What training takes with a batch of so many items: the most over all stages. */
export function estimate(
  built: Built<never>,
  data: DataFacts,
  { training, stored, engine }: EstimateOptions,
): (batch: number) => Memory {
  const { program, spread, states, batches, scratch, captured } = engines[engine]
  const stages = built.stages.map((stage) => ({ stage, of: footprint(built, stage, data, training, { scratch, captured }) }))
  return (batch) => {
    const each = stages.map(({ stage, of }) => {
      const { state, peak, largest } = of(batch)
      const about = { seed: 0, stage: 0, begin: 0, data, batchSize: batch, pool: everyItem(batch), augment: null }
      const plan = planInputs(about, stage.phases)
      const entry = mostNumbers(plan) * FLOAT
      const tensors = spread * peak + batches * entry
      return { tensors, largest, process: tensors + states * state + slotCount(entry) * entry }
    })
    const most = (what: (one: Memory) => number) => Math.max(...each.map(what))
    const around = program + (stored <= MOST_IN_MEMORY ? stored : 0)
    return {
      process: around + most((one) => one.process),
      tensors: most((one) => one.tensors),
      largest: most((one) => one.largest),
    }
  }
}

/** Whether there is room for it, and what is short where there is not. */
export function fitOf({ process, tensors, largest }: Memory, engine: EngineChoice['id'], room: Room): Fit {
  const { most, mostInOne } = engines[engine]
  const own = room.device ?? most
  const host = room.device === null ? process : process - tensors
  const short = (fit: Fit['fit'], needed: number, there: number): Fit => ({ fit, short: { needed, there } })
  if (tensors > own) return short('engine', tensors, own)
  if (largest > mostInOne) return short('engine', largest, mostInOne)
  if (host > room.total) return short('computer', host, room.total)
  if (host > room.free) return short('tight', host, room.free)
  return { fit: 'fits', short: null }
}
