/**
 * What a training holds in memory, before it starts: one step of every phase runs on tensors without numbers, at two small
 * batches; what differs between the two grows with the batch, so that of any batch follows.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { TrainingSettings } from '../contract/nouns'
import type { Weights } from '../nn/module'
import { dispose, tidy } from '../nn/ops'
import { blank, blankVariable, bufferEvents, type BufferEvent, type Scratch } from '../nn/shapes'
import type { Built, DataFacts, Phase, Stage } from '../recipes/define'
import { shapeOf } from './formats'
import { createPhase } from './phase'

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

/** `made`: the state is there. `step`: a phase begins, its inputs lie ready; or it has ended. */
type Mark = { type: 'made' | 'step' }
type Recorded = BufferEvent | Mark

/**
 * What a stage holds for a batch of any size.
 * Throws where its steps run other kernels for another batch, or one that `shapes.ts` does not know.
 */
export function footprint(
  built: Built<never>,
  stage: Stage<never>,
  data: DataFacts,
  training: TrainingSettings,
  { scratch, captured }: FootprintOptions,
): (batch: number) => Footprint {
  const [two, three] = [2, 3].map((batch) => record(built, stage, data, training, batch, scratch))
  if (two!.length !== three!.length) throw new Error('the step runs other kernels when the number of items changes')
  const state = mostHeld(
    two!.slice(
      0,
      two!.findIndex(({ type }) => type === 'made'),
    ),
  )
  return (batch) => {
    const events = two!.map((event, i): Recorded => {
      const other = three![i]!
      if (event.type !== 'make' || other.type !== 'make') return event
      return { ...event, bytes: event.bytes + (batch - 2) * (other.bytes - event.bytes) }
    })
    const largest = events.reduce((most, event) => (event.type === 'make' ? Math.max(most, event.bytes) : most), 0)
    return { state, peak: mostHeld(captured ? asGraphs(events) : events), largest }
  }
}

/** The most bytes that these buffers hold at once. */
function mostHeld(events: Recorded[]): number {
  const held = new Map<number, number>()
  let now = 0
  let most = 0
  for (const event of events)
    if (event.type === 'make') {
      held.set(event.buffer, event.bytes)
      most = Math.max(most, (now += event.bytes))
    } else if (event.type === 'free') {
      now -= held.get(event.buffer)!
      held.delete(event.buffer)
    }
  return most
}

/** The same with each step run as one graph of the engine's. */
function asGraphs(events: Recorded[]): Recorded[] {
  const marks = events.flatMap(({ type }, i) => (type === 'step' ? [i] : []))
  const held = new Set<number>()
  return [...marks, events.length].flatMap((end, i) => {
    const part = events.slice(i === 0 ? 0 : marks[i - 1], end)
    const before = new Set(held)
    for (const event of part)
      if (event.type === 'make') held.add(event.buffer)
      else if (event.type === 'free') held.delete(event.buffer)
    return i === 0 || i === marks.length ? part : asGraph(part, before, held)
  })
}

/**
 * One step as a graph, between what is held `before` and `after` it: a buffer goes after its last use and not at the end of its
 * scope, an elementwise op takes the room of an input that nobody else needs, and the old state stays until the new one is whole.
 */
function asGraph(events: Recorded[], before: Set<number>, after: Set<number>): Recorded[] {
  const sizes = new Map<number, number>()
  const last = new Map<number, number>()
  events.forEach((event, i) => {
    if (event.type === 'make') sizes.set(event.buffer, event.bytes)
    const named = event.type === 'make' ? [event.buffer] : event.type === 'use' ? event.buffers : []
    for (const buffer of named) last.set(buffer, i)
  })
  const goes = (buffer: number, i: number): boolean => last.get(buffer) === i && !before.has(buffer) && !after.has(buffer)

  const graph: Recorded[] = []
  let going: number[] = []
  const free = (buffers: number[]): void => void graph.push(...buffers.map((buffer) => ({ type: 'free' as const, buffer })))
  events.forEach((event, i) => {
    if (event.type === 'use') {
      free(going)
      going = [...new Set(event.buffers)].filter((buffer) => goes(buffer, i))
      const next = events[i + 1]
      const room = event.inPlace && next?.type === 'make' ? going.find((buffer) => sizes.get(buffer) === next.bytes) : undefined
      if (room === undefined) return
      free([room])
      going = going.filter((buffer) => buffer !== room)
    } else if (event.type === 'make') {
      graph.push(event)
      if (goes(event.buffer, i)) going.push(event.buffer)
    }
  })
  free([...going, ...[...before].filter((buffer) => !after.has(buffer))])
  return graph
}

/** What happens to buffers, from the making of the weights on. */
function record(
  built: Built<never>,
  { phases }: Stage<never>,
  data: DataFacts,
  training: TrainingSettings,
  batch: number,
  scratch: Scratch,
): Recorded[] {
  return bufferEvents<Mark>((mark) => {
    const blanks = (networks: string[], trainable: boolean): Record<string, Weights> =>
      Object.fromEntries(
        networks.map((name) => {
          const { parameters } = built.networks[name]!
          return [name, Object.fromEntries(parameters.map((one) => [one.name, blankVariable(one.shape, trainable && !one.kept)]))]
        }),
      )
    const weights = blanks(Object.keys(built.networks), true)
    const averages = blanks(built.averages?.networks ?? [], false)
    const ready = phases.map((phase) => createPhase(phase, { model: { weights, averages, built, data }, training }))
    mark({ type: 'made' })
    for (const { phase, update } of ready) {
      tidy(() => {
        const input = inputs(phase, data, batch)
        mark({ type: 'step' })
        for (let i = 0; i < (phase.repeat ?? 1); i++) tidy(() => update(input))
        mark({ type: 'step' })
      })
    }
    dispose(ready.map(({ slots }) => slots))
    dispose([weights, averages])
  }, scratch)
}

/** Those of one update. */
function inputs(phase: Phase<never>, data: DataFacts, batch: number): Record<string, Tensor> {
  const all: Record<string, Tensor> = { x: blank(shapeOf(data, batch)) }
  if (phase.tags) all.tags = blank([batch, data.tags.length])
  if (phase.words && data.kind === 'images') all.words = blank([batch, data.words!.length])
  for (const [name, { shape }] of Object.entries(phase.noise?.(batch) ?? {})) all[`noise/${name}`] = blank(shape)
  for (const name of Object.keys(phase.schedule?.(0) ?? {})) all[`schedule/${name}`] = blank([])
  return all
}
