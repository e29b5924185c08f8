/**
 * What a training holds in memory, before it starts: one step of every phase runs on tensors without numbers, at two small
 * batches; what differs between the two grows with the batch, so that of any batch follows.
 */
import type { Scalar, Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { TrainingSettings } from '../contract/nouns'
import type { Weights } from '../nn/module'
import { dispose, lossGradients, tidy } from '../nn/ops'
import { createOptimizer } from '../nn/optimizers'
import { blank, blankVariable, bufferEvents, type BufferEvent, type Scratch } from '../nn/shapes'
import type { Built, DataFacts, Phase, Stage } from '../recipes/define'
import { variablesOf } from './model'

/** Bytes. */
export interface Footprint {
  /** Weights and what the optimisers keep. */
  state: number
  /** The most that is held at once, the state included. */
  peak: number
  /** The largest buffer. */
  largest: number
}

export interface FootprintOptions {
  scratch: Scratch
  /** A captured step gives the new state beside the old; otherwise each weight is replaced by itself. */
  captured: boolean
}

/** `step` where a phase begins. */
type Recorded = BufferEvent | 'step'

/**
 * What a stage holds for a batch of any size.
 * Throws where its steps run other kernels for another batch, or one that `shapes.ts` does not know.
 */
export function footprint(
  built: Built,
  stage: Stage,
  data: DataFacts,
  training: TrainingSettings,
  { scratch, captured }: FootprintOptions,
): (batch: number) => Footprint {
  const [two, three] = [2, 3].map((batch) => record(built, stage, data, training, batch, scratch))
  if (two!.length !== three!.length) throw new Error('the step runs other kernels when the number of items changes')
  return (batch) => {
    const events = two!.map((event, i): Recorded => {
      const other = three![i]!
      if (event === 'step' || other === 'step' || event.bytes === null) return event
      return { ...event, bytes: event.bytes + (batch - 2) * (other.bytes! - event.bytes) }
    })
    const making = events.slice(0, events.indexOf('step'))
    const largest = events.reduce((most, event) => (event === 'step' ? most : Math.max(most, event.bytes ?? 0)), 0)
    return { state: mostHeld(making, captured), peak: mostHeld(events, captured), largest }
  }
}

/** The most bytes that these buffers hold at once. */
function mostHeld(events: Recorded[], captured: boolean): number {
  const held = new Map<number, number>()
  /** Buffers of the state before the step, and those of them that a captured step frees at its end. */
  let old = new Set<number>()
  let late: number[] = []
  let now = 0
  let most = 0
  const free = (buffer: number): void => {
    now -= held.get(buffer)!
    held.delete(buffer)
  }
  for (const event of events) {
    if (event === 'step') {
      late.forEach(free)
      late = []
      old = new Set(held.keys())
    } else if (event.bytes !== null) {
      held.set(event.buffer, event.bytes)
      now += event.bytes
      most = Math.max(most, now)
    } else if (captured && old.has(event.buffer)) late.push(event.buffer)
    else free(event.buffer)
  }
  return most
}

/** What happens to buffers, from the making of the weights on. */
function record(
  built: Built,
  { phases }: Stage,
  data: DataFacts,
  training: TrainingSettings,
  batch: number,
  scratch: Scratch,
): Recorded[] {
  return bufferEvents<'step'>((mark) => {
    const weights: Record<string, Weights> = {}
    for (const [name, { parameters }] of Object.entries(built.networks))
      weights[name] = Object.fromEntries(parameters.map((each) => [each.name, blankVariable(each.shape)]))
    const ready = phases.map((phase) => {
      const trained = variablesOf(weights, phase.trains)
      return { phase, trained, optimizer: createOptimizer(training, trained) }
    })
    for (const { phase, trained, optimizer } of ready) {
      mark('step')
      tidy(() => {
        const input = inputs(phase, data, batch)
        for (let i = 0; i < (phase.repeat ?? 1); i++)
          tidy(() => optimizer.apply(lossGradients(() => phase.loss({ weights, ...input }), trained).grads))
      })
    }
    mark('step')
    dispose(ready.map(({ optimizer }) => optimizer.slots))
    dispose(weights)
  }, scratch)
}

function inputs(phase: Phase, { height, width, channels }: DataFacts, batch: number) {
  const noise: Record<string, Tensor> = {}
  const schedule: Record<string, Scalar> = {}
  for (const [name, { shape }] of Object.entries(phase.noise?.(batch) ?? {})) noise[name] = blank(shape)
  for (const name of Object.keys(phase.schedule?.(0) ?? {})) schedule[name] = blank([]) as Scalar
  return { x: blank([batch, height, width, channels]) as Tensor4D, noise, schedule }
}
