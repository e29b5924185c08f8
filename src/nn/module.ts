/**
 * A network: a flat list of named parameters and a forward function. No layer owns an optimiser, a device or a mode: whatever
 * changes between training and use comes in as an argument, so a forward pass is a pure function of its inputs and parameters.
 */
import type { Tensor, Variable } from '@tensorflow/tfjs-core'

export interface Parameter {
  /** Unique in its network, slash-separated: `conv1/kernel`. */
  name: string
  shape: number[]
  /** Values drawn once from the run's seed; see `random.ts` for the schemes. */
  initial: Initial
}

type Initial =
  | { kind: 'zeros' }
  | { kind: 'ones' }
  /** Uniform on ±limit. */
  | { kind: 'uniform'; limit: number }
  | { kind: 'normal'; deviation: number }
  /** Equal parts of the whole, each filled with its value. */
  | { kind: 'blocks'; values: number[] }

/** The parameters of a network while it runs, by name. */
export type Weights = Record<string, Variable>

export interface Network<In extends Tensor = Tensor, Out = Tensor> {
  parameters: Parameter[]
  forward(weights: Weights, input: In): Out
}

/** The networks one after the other, as one: `chain(dense(…), relu, dense(…))`. Plain functions have no parameters. */
export function chain(...parts: (Network | ((x: Tensor) => Tensor))[]): Network<Tensor, Tensor> {
  return {
    parameters: parts.flatMap((part) => (typeof part === 'function' ? [] : part.parameters)),
    forward: (weights, input) =>
      parts.reduce<Tensor>((x, part) => (typeof part === 'function' ? part(x) : (part.forward(weights, x) as Tensor)), input),
  }
}

/** Numbers in all parameters. */
export function parameterCount(network: Network): number {
  return network.parameters.reduce((sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1), 0)
}
