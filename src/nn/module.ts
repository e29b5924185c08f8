/**
 * A network: a flat list of named parameters and a forward function. No layer owns an optimiser, a device or a mode: whatever
 * changes between training and use comes in as an argument, so a forward pass is a function of its inputs and parameters.
 */
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core'
import { total } from './ops'

export interface Parameter {
  /** Unique in its network, slash-separated: `conv1/kernel`. */
  name: string
  shape: number[]
  /** Values drawn once from the run's seed; see `random.ts` for the schemes. */
  initial: Initial
  /** What a network keeps for itself, such as running statistics: no loss moves it, a training pass may. */
  kept?: true
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

/** What a forward pass depends on besides its input and its parameters. */
export interface Pass {
  /** Statistics are the batch's own, noise is added, and what the network keeps for itself is brought up to date. */
  training?: boolean
  /** Made on the host, by the names that the network's layers have for it. */
  noise?: Record<string, Tensor>
  /** What a conditional network is told of each item beside its input, [n, size]. */
  condition?: Tensor2D
}

export interface Network<In extends Tensor = Tensor, Out = Tensor> {
  parameters: Parameter[]
  forward(weights: Weights, input: In, pass?: Pass): Out
}

/** The networks one after the other, as one: `chain(dense(…), relu, dense(…))`. Plain functions have no parameters. */
export function chain(...parts: (Network | ((x: Tensor, pass: Pass) => Tensor))[]): Network<Tensor, Tensor> {
  return {
    parameters: parts.flatMap((part) => (typeof part === 'function' ? [] : part.parameters)),
    forward: (weights, input, pass = {}) =>
      parts.reduce<Tensor>(
        (x, part) => (typeof part === 'function' ? part(x, pass) : (part.forward(weights, x, pass) as Tensor)),
        input,
      ),
  }
}

/** The sum of what the networks make of the same input: `sumOf(chain(), chain(…))` adds to the input itself. */
export function sumOf(...ways: Network[]): Network<Tensor, Tensor> {
  return {
    parameters: ways.flatMap(({ parameters }) => parameters),
    forward: (weights, input, pass) => total(ways.map((way) => way.forward(weights, input, pass) as Tensor)),
  }
}

/** Numbers in all parameters, also those that are kept and not learned. */
export function parameterCount(network: Network): number {
  return network.parameters.reduce((sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1), 0)
}
