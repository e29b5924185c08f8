/** Fully connected layers. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Network, Parameter, Weights } from './module'
import { add, matMul, reshape } from './ops'

/** Limit of the uniform distribution whose deviation is gain / √fanIn (He et al. 2015, eq. 10). */
export function fanInLimit(fanIn: number, gain: number): number {
  return gain * Math.sqrt(3 / fanIn)
}

/**
 * x·W + b: [n, inputs] → [n, outputs]. Parameters `<name>/kernel` [inputs, outputs] and, with `bias`, `<name>/bias` [outputs].
 */
export function dense(name: string, inputs: number, outputs: number, gain = 1, bias = true): Network<Tensor, Tensor> {
  return {
    parameters: [
      { name: `${name}/kernel`, shape: [inputs, outputs], initial: { kind: 'uniform', limit: fanInLimit(inputs, gain) } },
      ...biasOf(name, outputs, bias),
    ],
    forward: (weights, x) => biased(name, weights, matMul(x, weights[`${name}/kernel`]!)),
  }
}

/** The parameter of a layer's bias, where it has one. */
export function biasOf(name: string, outputs: number, bias: boolean): Parameter[] {
  return bias ? [{ name: `${name}/bias`, shape: [outputs], initial: { kind: 'zeros' } }] : []
}

/** x + the layer's bias, where it has one. */
export function biased(name: string, weights: Weights, x: Tensor): Tensor {
  const bias = weights[`${name}/bias`]
  return bias ? add(x, bias) : x
}

/** [n, …] → [n, product of the rest]. */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [x.shape[0]!, x.size / x.shape[0]!])
}

/** [n, …] → [n, ...shape]. */
export function unflatten(shape: number[]): (x: Tensor) => Tensor {
  return (x) => reshape(x, [x.shape[0]!, ...shape])
}
