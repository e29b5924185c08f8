/** Phases of a stage, ready to run: their losses, their optimisers, and the step that the engine may capture. */
import type { Scalar, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core'
import type { TrainingSettings } from '../contract/nouns'
import type { Engine, Mode } from '../engines/engine'
import { add, cast, dispose, lossGradients, mean, mul, reshape, scalar, slice, tensor, tidy } from '../nn/ops'
import { createOptimizer } from '../nn/optimizers'
import type { DataFacts, Phase } from '../recipes/define'
import { FORMATS } from './formats'
import type { Input } from './inputs'
import { variablesOf, type Model } from './model'

type Tensors = Record<string, Tensor>
type Inputs = Record<string, Input>

/** What may happen to gradients between the loss and the optimiser, e.g. their mean over several machines. */
export type Exchange = (grads: Tensors) => Tensors

/** Phases that follow each other without a question to the host, as one step. */
export interface PhaseRunner {
  /** With each optimiser's state: all of it that a checkpoint needs. */
  readonly phases: { phase: Phase<never>; slots: Record<string, Variable> }[]
  /** How the step runs; null until it is prepared. */
  readonly mode: Mode | null
  /** Spent on making the step ready so far. */
  readonly compileSeconds: number
  /** Makes the step ready for inputs like these, of each phase. Weights and slots stay what they are. */
  prepare(inputs: Inputs[], stageStep: number): void
  /**
   * One step: each phase in turn, with `repeat` updates, each on its own part of the inputs. Gives the parts of every phase's last
   * update; they are the caller's. `stageStep`, counted from 0 at the stage's begin, keys the schedule. The inputs' numbers may
   * change afterwards.
   */
  run(inputs: Inputs[], stageStep: number): Record<string, Scalar>
  dispose(): void
}

/**
 * The phases that can be one step: with `when` a phase stands alone, for whether it runs is only known once those before it have.
 */
export function groupPhases(phases: Phase<never>[]): Phase<never>[][] {
  const groups: Phase<never>[][] = []
  for (const phase of phases) {
    const last = groups.at(-1)
    if (last && !phase.when && !last[0]!.when) last.push(phase)
    else groups.push([phase])
  }
  return groups
}

export interface PhaseOptions {
  model: Pick<Model, 'weights' | 'averages' | 'built'> & { data: Pick<DataFacts, 'kind'> }
  training: TrainingSettings
  engine: Pick<Engine, 'compile' | 'compiles'>
  exchange?: Exchange
}

/** `mode`: how the step ran before, where this run goes on from that. */
export function createRunner(phases: Phase<never>[], options: PhaseOptions, mode?: Mode): PhaseRunner {
  const parts = phases.map((phase) => createPhase(phase, options))
  const step = options.engine.compile(
    (inputs) => tidy(() => Object.assign({}, ...parts.map(({ phase, step }) => step(inputsOf(phase, inputs)))) as Tensors),
    mode,
  )

  /** With the tensors of one step's inputs, which are freed afterwards. */
  function withTensors<T>(inputs: Inputs[], stageStep: number, use: (inputs: Tensors) => T): T {
    const tensors: Tensors = {}
    phases.forEach(({ name, schedule }, i) => {
      for (const [input, { values, shape }] of Object.entries(inputs[i]!)) tensors[`${name}/${input}`] = tensor(values, shape)
      for (const [key, value] of Object.entries(schedule?.(stageStep) ?? {})) tensors[`${name}/schedule/${key}`] = scalar(value)
    })
    try {
      return use(tensors)
    } finally {
      dispose(tensors)
    }
  }

  return {
    phases: parts.map(({ phase, slots }) => ({ phase, slots })),
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
      for (const { slots } of parts) dispose(slots)
    },
  }
}

/** One update of a phase, all updates of a step, and its optimiser's state. */
export function createPhase(phase: Phase<never>, options: Omit<PhaseOptions, 'engine'>) {
  const { model, training, exchange = (grads: Tensors) => grads } = options
  const { weights, averages, built, data } = model
  const repeat = phase.repeat ?? 1
  const trained = variablesOf(weights, phase.trains, true)
  const optimizer = createOptimizer({ ...training, ...phase.training?.(training) }, trained)
  const followed = Object.entries(
    variablesOf(
      averages,
      Object.keys(averages).filter((name) => phase.trains.includes(name)),
    ),
  )
  const originals = variablesOf(weights)

  const update = (inputs: Tensors): Tensors =>
    tidy(() => {
      const { noise, schedule } = grouped(inputs)
      const { tags, words, weight } = inputs as { tags?: Tensor2D; words?: Tensor2D; weight?: Tensor }
      const x = seen(data, inputs.x!) as never
      const average = (each: Tensor): Scalar => mean(weight ? mul(reshape(each, weight.shape), weight) : each)
      const { parts, grads } = lossGradients(() => phase.loss({ weights, x, tags, words, noise, schedule, average }), trained)
      optimizer.apply(exchange(grads))
      phase.after?.(weights, schedule)
      for (const [name, variable] of followed)
        tidy(() => variable.assign(follow(variable, originals[name]!, built.averages!.decay)))
      return parts
    })

  const step = (inputs: Tensors): Tensors => {
    if (repeat === 1) return update(inputs)
    let parts: Tensors = {}
    for (let i = 0; i < repeat; i++) {
      dispose(parts)
      parts = tidy(() => update(at(inputs, i)))
    }
    return parts
  }
  return { phase, slots: optimizer.slots, update, step }
}

/** A batch's numbers as a loss sees them. */
export function seen({ kind }: Pick<DataFacts, 'kind'>, x: Tensor): Tensor {
  return FORMATS[kind].dtype === 'int32' ? cast(x, 'int32') : x
}

/** What a network keeps for itself is taken over as it is. */
function follow(average: Variable, now: Variable, decay: number): Tensor {
  return now.trainable ? add(mul(average, decay), mul(now, 1 - decay)) : now.clone()
}

/** Of all inputs those of a phase, under their own names. */
function inputsOf(phase: Phase<never>, all: Tensors): Tensors {
  const own = `${phase.name}/`
  const named = Object.entries(all).filter(([name]) => name.startsWith(own))
  return Object.fromEntries(named.map(([name, input]) => [name.slice(own.length), input]))
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
