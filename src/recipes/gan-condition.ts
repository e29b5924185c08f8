/** What both players are told of a picture: its tags, or a description of it. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { describedBy } from '../contract/words'
import type { Network, Parameter } from '../nn/module'
import { add, matMul, mul, sign, sub, tensor } from '../nn/ops'
import { textEncoder } from '../nn/text-encoder'
import type { DataFacts, NoiseSpec } from './define'

export interface GanCondition {
  /** A player's own way from what it is told, [n, columns], to a vector [n, size]. */
  vector: (name: string, size: number, initial: Parameter['initial']) => Network
  /** What is told in training of items with these tags, [n, tags]. */
  of: (tags: Tensor2D, noise: Record<string, Tensor>) => Tensor2D
  noise: (count: number) => Record<string, NoiseSpec>
}

/** Several tags at once are several vectors, added up. */
export function byTags({ tags }: DataFacts): GanCondition {
  return {
    vector: (name, size, initial) => {
      const kernel = `${name}/kernel`
      const parameters = [{ name: kernel, shape: [tags.length, size], initial }]
      return { parameters, forward: (weights, rows) => matMul(rows, weights[kernel]!) }
    },
    of: (rows) => rows,
    noise: () => ({}),
  }
}

/** How often a tag is mentioned in a description: people do not say everything either. */
const MENTIONED = 0.7

/** A picture is described by the words of its tags, not always of all. */
export function byText({ tags }: DataFacts): GanCondition {
  const { words, rows } = describedBy(tags)
  return {
    vector: (name, size) => textEncoder(name, words.length, size),
    of(own, { mention }) {
      const mentioned = mul(add(sign(sub(MENTIONED, mention!)), 1), 0.5)
      return matMul(mul(own, mentioned), tensor(rows, [tags.length, words.length])) as Tensor2D
    },
    noise: (count) => ({ mention: { shape: [count, tags.length], distribution: 'uniform' } }),
  }
}
