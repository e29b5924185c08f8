/** One phase of a stage, ready to run: its loss, its optimiser, and the step that the engine may capture. */
import type { Scalar, Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core'
import type { TrainingSettings } from '../contract/nouns'
import type { Engine, Mode } from '../engines/engine'
import { dispose, lossGradients, reshape, scalar, slice, tensor, tidy } from '../nn/ops'
import { createOptimizer } from '../nn/optimizers'
import type { Phase } from '../recipes/define'
import type { Input } from './inputs'
import { variablesOf, type Model } from './model'

type Tensors = Record<string, Tensor>
type Inputs = Record<string, Input>

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
  /** Makes the step ready for inputs like these. Weights and slots stay what they are. */
  prepare(inputs: Inputs, stageStep: number): void
  /**
   * One step: `repeat` updates, each on its own part of the inputs. Gives the last update's parts; they are the caller's.
   * `stageStep`, counted from 0 at the stage's begin, keys the schedule. The inputs' numbers may change afterwards.
   */
  run(inputs: Inputs, stageStep: number): Record<string, Scalar>
  dispose(): void
}

export interface PhaseOptions {
  model: Model
  training: TrainingSettings
  engine: Pick<Engine, 'compile' | 'compiles'>
  exchange?: Exchange
}

/** `mode`: how the step ran before, where this run goes on from that. */
export function createPhase(phase: Phase, options: PhaseOptions, mode?: Mode): PhaseRunner {
  const { model, training, engine, exchange = (grads: Tensors) => grads } = options
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

  /** With the tensors of one step's inputs, which are freed afterwards. */
  function withTensors<T>(inputs: Inputs, stageStep: number, use: (inputs: Tensors) => T): T {
    const tensors: Tensors = {}
    for (const [name, { values, shape }] of Object.entries(inputs)) tensors[name] = tensor(values, shape)
    for (const [name, value] of Object.entries(phase.schedule?.(stageStep) ?? {})) tensors[`schedule/${name}`] = scalar(value)
    try {
      return use(tensors)
    } finally {
      dispose(tensors)
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
    prepare: (inputs, stageStep) => withTensors(inputs, stageStep, step.prepare),
    run: (inputs, stageStep) => withTensors(inputs, stageStep, step.run) as Record<string, Scalar>,
    dispose: () => {
      step.dispose()
      dispose(optimizer.slots)
    },
  }
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
