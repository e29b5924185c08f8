/**
 * What each step of a stage is fed: items and noise, as a function of (seed, stage, step) and of nothing that happened before.
 * Plain data in, plain numbers out, so that any thread can make them.
 */
import { fillNoise } from '../nn/random'
import type { Augmentation } from '../contract/nouns'
import type { DataFacts, NoiseSpec, Phase } from '../recipes/define'
import type { Pool } from './balance'
import { createBatches } from './batches'
import { formatOf, shapeOf } from './formats'

/** All that a stage's inputs depend on, besides the items themselves. */
export interface InputPlan {
  seed: number
  /** Its index among the run's stages. */
  stage: number
  /** Steps done when it began. */
  begin: number
  /** Of an item; and how many there are for training. */
  data: DataFacts
  /** Items in a batch, as the run's settings have it. */
  batchSize: number
  pool: Pool
  augment: Augmentation[] | null
  phases: { name: string; repeat: number; inputs: InputSpec[] }[]
}

interface InputSpec {
  /** `x`, `tags`, `words`, `weight`, or `noise/<name>`. */
  name: string
  /** With a first axis of `repeat` where there are several updates a step. */
  shape: number[]
  /** Where it begins among the phase's numbers, and how many are its own. */
  from: number
  length: number
  /** What each update draws; null for what belongs to the items. */
  noise: NoiseSpec | null
}

/** An input's numbers. */
export interface Input {
  shape: number[]
  values: Float32Array
}

/** Writes something of these items to `out`, one after the other. */
export type Read = (positions: Uint32Array, out: Float32Array) => void | Promise<void>

/** What a batch is read from: the items' floats, and their rows of tags and of their captions' words. */
export interface Source {
  x: Read
  tags: Read
  words: Read
}

const product = (shape: number[]): number => shape.reduce((size, side) => size * side, 1)

export function planInputs(about: Omit<InputPlan, 'phases'>, phases: Phase<never>[]): InputPlan {
  const { data } = about
  const { positions, weights } = about.pool
  const size = Math.min(about.batchSize, positions.length)
  return {
    ...about,
    phases: phases.map(({ name, repeat = 1, noise, tags, words }) => {
      const inputs: InputSpec[] = []
      let from = 0
      const add = (input: string, shape: number[], spec: NoiseSpec | null) => {
        const length = repeat * product(shape)
        inputs.push({ name: input, shape: repeat === 1 ? shape : [repeat, ...shape], from, length, noise: spec })
        from += length
      }
      add('x', shapeOf(data, size), null)
      if (tags) add('tags', [size, data.tags.length], null)
      if (words && data.kind === 'images') add('words', [size, data.words!.length], null)
      if (weights) add('weight', [size], null)
      for (const [input, { shape, distribution }] of Object.entries(noise?.(size) ?? {}))
        add(`noise/${input}`, shape, { shape, distribution })
      return { name, repeat, inputs }
    }),
  }
}

/** Numbers of the phase that has most. */
export function mostNumbers(plan: InputPlan): number {
  return Math.max(...plan.phases.map(({ inputs }) => inputs.reduce((sum, { length }) => sum + length, 0)))
}

/** The phase's inputs, by name, as parts of `numbers`. */
export function inputsIn(numbers: Float32Array, plan: InputPlan, phase: number): Record<string, Input> {
  return Object.fromEntries(
    plan.phases[phase]!.inputs.map(({ name, shape, from, length }) => {
      return [name, { shape, values: numbers.subarray(from, from + length) }]
    }),
  )
}

/** Makes the inputs of one phase in one step of the stage, in any order, but cheapest in theirs. `stageStep` starts at 0. */
export type Make = (out: Float32Array, stageStep: number, phase: number) => Promise<void>

export function createMake(plan: InputPlan, source: Source): Make {
  const { seed, stage, begin, data, batchSize, pool, augment, phases } = plan
  const batches = createBatches(seed, pool.positions, batchSize)
  const vary = augment && formatOf(data).vary?.(augment, data, seed)
  const reads: Record<string, Read> = {
    ...source,
    weight: (positions, out) => out.set(Float32Array.from(positions, (position) => pool.weights![position]!)),
  }
  const before = phases.map((_, i) => phases.slice(0, i).reduce((sum, { repeat }) => sum + repeat, 0))
  const perStep = phases.reduce((sum, { repeat }) => sum + repeat, 0)
  return async (out, stageStep, index) => {
    const { name, repeat, inputs } = phases[index]!
    for (const { name: input, from, length, noise } of inputs) {
      const each = length / repeat
      // Every phase has its own batches, whether its `when` lets it run or not.
      if (!noise) {
        const positions = new Uint32Array(repeat * batches.size)
        for (let i = 0; i < repeat; i++)
          positions.set(batches.positions(stage, stageStep * perStep + before[index]! + i), i * batches.size)
        const values = out.subarray(from, from + length)
        await reads[input]!(positions, values)
        if (input === 'x') vary?.(values, `augment/${name}`, begin + stageStep)
      } else
        for (let i = 0; i < repeat; i++) {
          const part = out.subarray(from + i * each, from + (i + 1) * each)
          fillNoise(part, noise, seed, `${name}/${input.slice('noise/'.length)}/${i}`, begin + stageStep)
        }
    }
  }
}
