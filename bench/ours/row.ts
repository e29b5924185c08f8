/** What every row of the benchmark is made of. */
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core'
import { TrainingSettings } from '../../src/contract/nouns'
import type { Step } from '../../src/engines/engine'
import type { Network, Weights } from '../../src/nn/module'
import { lossGradients, tensor, tidy } from '../../src/nn/ops'
import { createOptimizer } from '../../src/nn/optimizers'
import { drawNoise, fillUniform } from '../../src/nn/random'

type Tensors = Record<string, Tensor>

/** A part of a step. */
interface Phase {
  /** The batch and the noise of a step; the step's caller disposes them. */
  inputs(step: number): Tensors
  step: Step
}

export interface Row {
  networks: Record<string, Network>
  /** In the order in which a step runs them. */
  phases(weights: Record<string, Weights>): Phase[]
}

export interface Rates {
  learningRate: number
  beta1: number
  beta2: number
}

/** A step that moves exactly these networks down the loss, by Adam. */
export function trained(
  weights: Record<string, Weights>,
  networks: string[],
  rates: Rates,
  loss: (inputs: Tensors) => { total: Scalar; parts: Record<string, Scalar> },
): Step {
  const variables: Record<string, Variable> = {}
  for (const network of networks)
    for (const [name, weight] of Object.entries(weights[network]!)) variables[`${network}/${name}`] = weight
  const optimizer = createOptimizer(TrainingSettings.parse({ optimizer: 'adam', ...rates }), variables)
  return (inputs) =>
    tidy(() => {
      const { parts, grads } = lossGradients(() => loss(inputs), variables)
      optimizer.apply(grads)
      return parts
    })
}

/** Four made-up batches of pictures on [low, 1), in turns. */
export function pictures(batch: number, shape: number[], low: number): (step: number) => Tensor {
  const size = shape.reduce((product, side) => product * side, batch)
  const batches = [0, 1, 2, 3].map((i) => fillUniform(new Float32Array(size), 1, 'x', i, low))
  return (step) => tensor(batches[step % batches.length]!, [batch, ...shape])
}

/** Noise as a run draws it: on the host, from the step. */
export function noise(name: string, shape: number[], distribution: 'normal' | 'uniform', step: number): Tensor {
  return tensor(drawNoise({ shape, distribution }, 1, name, step), shape)
}
