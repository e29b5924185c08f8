/** One phase of a stage, ready to run: its loss, its optimiser, and the step that the engine may capture. */
import type { Scalar, Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core'
import type { TrainingSettings } from '../contract/nouns'
import type { Engine, Mode } from '../engines/engine'
import { dispose, lossGradients, reshape, scalar, slice, tensor, tidy } from '../nn/ops'
import { createOptimizer } from '../nn/optimizers'
import { drawNoise } from '../nn/random'
import type { Phase } from '../recipes/define'
import type { Items } from './items'
import { variablesOf, type Model } from './model'

type Tensors = Record<string, Tensor>

/** What may happen to gradients between the loss and the optimiser, e.g. their mean over several machines. */
export type Exchange = (grads: Tensors) => Tensors

export interface PhaseRunner {
  readonly phase: Phase
  /** Updates a step. */
  readonly repeat: number
  /** The optimiser's state: all of it that a checkpoint needs. */
  readonly slots: Record<string, Variable>
  /** How its step runs; null until it is prepared. */
  readonly mode: Mode | null
  /** Spent on making the step ready so far. */
  readonly compileSeconds: number
  /** Makes the step ready for batches like these. Weights and slots stay what they are. */
  prepare(step: number, stageStep: number, positions: Uint32Array[]): void
  /**
   * One step: `repeat` updates, each on its own batch (`positions[i]`). Gives the last update's parts; they are the caller's.
   * `step` keys the noise, `stageStep` (counted from the stage's begin) the schedule; both start at 0.
   */
  run(step: number, stageStep: number, positions: Uint32Array[]): Record<string, Scalar>
  dispose(): void
}

export interface PhaseOptions {
  model: Model
  items: Items
  training: TrainingSettings
  seed: number
  engine: Pick<Engine, 'compile' | 'compiles'>
  exchange?: Exchange
}

/** `mode`: how the step ran before, where this run goes on from that. */
export function createPhase(phase: Phase, options: PhaseOptions, mode?: Mode): PhaseRunner {
  const { model, items, training, seed, engine, exchange = (grads: Tensors) => grads } = options
  const repeat = phase.repeat ?? 1
  const trained = variablesOf(model.weights, phase.trains)
  const optimizer = createOptimizer(training, trained)

  const update = (inputs: Tensors): Tensors =>
    tidy(() => {
      const input = { weights: model.weights, x: inputs.x as Tensor4D, ...grouped(inputs) }
      const { parts, grads } = lossGradients(() => phase.loss(input), trained)
      optimizer.apply(exchange(grads))
      return parts
    })

  /** All updates in one function, so that a captured step is one call. */
  const step = engine.compile((inputs) => {
    if (repeat === 1) return update(inputs)
    let parts: Tensors = {}
    for (let i = 0; i < repeat; i++) {
      dispose(parts)
      parts = tidy(() => update(at(inputs, i)))
    }
    return parts
  }, mode)

  /** With the inputs of one step, which are freed afterwards. */
  function withInputs<T>(number: number, stageStep: number, positions: Uint32Array[], use: (inputs: Tensors) => T): T {
    const inputs = feed(phase, items, positions, { seed, step: number, stageStep, repeat })
    try {
      return use(inputs)
    } finally {
      dispose(inputs)
    }
  }

  return {
    phase,
    repeat,
    slots: optimizer.slots,
    get mode() {
      return step.mode
    },
    get compileSeconds() {
      return step.seconds
    },
    prepare: (number, stageStep, positions) => withInputs(number, stageStep, positions, step.prepare),
    run: (number, stageStep, positions) => withInputs(number, stageStep, positions, step.run) as Record<string, Scalar>,
    dispose: () => {
      step.dispose()
      dispose(optimizer.slots)
    },
  }
}

/** The inputs of one step: pictures, noise and schedule; stacked along a new first axis where there are several updates. */
function feed(
  phase: Phase,
  items: Items,
  positions: Uint32Array[],
  at: { seed: number; step: number; stageStep: number; repeat: number },
): Tensors {
  const { height, width, channels } = items.data
  const size = positions[0]!.length
  const stack = at.repeat === 1 ? [] : [at.repeat]
  const inputs: Tensors = {}
  const all = new Uint32Array(at.repeat * size)
  positions.forEach((batch, i) => all.set(batch, i * size))
  inputs.x = tensor(items.floats(all), [...stack, size, height, width, channels])
  for (const [name, spec] of Object.entries(phase.noise?.(size) ?? {})) {
    const draws = Array.from({ length: at.repeat }, (_, i) => drawNoise(spec, at.seed, `${phase.name}/${name}/${i}`, at.step))
    inputs[`noise/${name}`] = tensor(joined(draws), [...stack, ...spec.shape])
  }
  for (const [name, value] of Object.entries(phase.schedule?.(at.stageStep) ?? {})) inputs[`schedule/${name}`] = scalar(value)
  return inputs
}

/** `noise/eps` and `schedule/klWeight` as a loss wants them. */
function grouped(inputs: Tensors): { noise: Tensors; schedule: Record<string, Scalar> } {
  const noise: Tensors = {}
  const schedule: Record<string, Scalar> = {}
  for (const [key, value] of Object.entries(inputs)) {
    if (key.startsWith('noise/')) noise[key.slice('noise/'.length)] = value
    if (key.startsWith('schedule/')) schedule[key.slice('schedule/'.length)] = value as Scalar
  }
  return { noise, schedule }
}

/** The i-th of stacked inputs; scalars are the same for all. */
function at(inputs: Tensors, i: number): Tensors {
  const one: Tensors = {}
  for (const [name, input] of Object.entries(inputs)) {
    const begin = input.shape.map((_, axis) => (axis === 0 ? i : 0))
    const shape = input.shape.slice(1)
    one[name] = name.startsWith('schedule/') ? input : reshape(slice(input, begin, [1, ...shape]), shape)
  }
  return one
}

function joined(draws: Float32Array[]): Float32Array {
  if (draws.length === 1) return draws[0]!
  const all = new Float32Array(draws.length * draws[0]!.length)
  draws.forEach((draw, i) => all.set(draw, i * draw.length))
  return all
}
