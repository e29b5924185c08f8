/** Sequences, time first: [length, n, …]. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { fanInLimit } from './dense'
import type { Network, Parameter, Weights } from './module'
import { add, concat, gather, matMul, mul, reshape, sigmoid, split, tanh, tensor } from './ops'

/** A vector for each token: int32 of any shape → [..., size]. Parameter `<name>/table` [vocabulary, size]. */
export function embedding(name: string, vocabulary: number, size: number): Network<Tensor, Tensor> {
  return {
    parameters: [{ name: `${name}/table`, shape: [vocabulary, size], initial: { kind: 'normal', deviation: 1 } }],
    forward: (weights, tokens) =>
      reshape(gather(weights[`${name}/table`]!, reshape(tokens, [tokens.size]) as Tensor1D), [...tokens.shape, size]),
  }
}

/** Both [n, hidden]: what a cell shows and what it keeps. */
export interface LstmState {
  h: Tensor2D
  c: Tensor2D
}

interface Lstm extends Network<Tensor, Tensor> {
  parameters: Parameter[]
  /** A whole sequence from an empty state: [length, n, inputs] → [length, n, hidden]. */
  forward(weights: Weights, x: Tensor): Tensor
  /** The same from another state. */
  follow(weights: Weights, x: Tensor, state: LstmState): Tensor
  /** One step, [n, inputs]. */
  step(weights: Weights, x: Tensor2D, state: LstmState): LstmState
  /** Zeros, for n sequences. */
  empty(n: number): LstmState
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000):
 * i, f, o = σ(…), g = tanh(…) of x·W + h·U + b; c ← f·c + i·g; h = o·tanh(c).
 * Parameters `<name>/inputKernel` [inputs, 4·hidden], `<name>/stateKernel` [hidden, 4·hidden], `<name>/bias` [4·hidden], the
 * gates in the order i, f, g, o. The forget gate's bias begins at 1 (Jozefowicz et al. 2015).
 */
export function lstm(name: string, inputs: number, hidden: number): Lstm {
  const inputKernel = `${name}/inputKernel`
  const stateKernel = `${name}/stateKernel`
  const bias = `${name}/bias`

  const gates = (weights: Weights, x: Tensor): Tensor => add(matMul(x, weights[inputKernel]!), weights[bias]!)
  const advance = (weights: Weights, ofInput: Tensor, { h, c }: LstmState): LstmState => {
    const [i, f, g, o] = split(add(ofInput, matMul(h, weights[stateKernel]!)), 4, 1) as [Tensor, Tensor, Tensor, Tensor]
    const kept = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g))) as Tensor2D
    return { h: mul(sigmoid(o), tanh(kept)) as Tensor2D, c: kept }
  }
  const empty = (n: number): LstmState => {
    const zero = tensor(new Float32Array(n * hidden), [n, hidden]) as Tensor2D
    return { h: zero, c: zero }
  }

  const follow = (weights: Weights, x: Tensor, from: LstmState): Tensor => {
    const [length, n] = x.shape as [number, number, number]
    // The inputs' half of every step at once: one large product instead of many small ones.
    const all = gates(weights, reshape(x, [length * n, inputs]))
    const shown: Tensor[] = []
    let state = from
    for (const ofInput of split(all, length)) {
      state = advance(weights, ofInput, state)
      shown.push(state.h)
    }
    return reshape(concat(shown), [length, n, hidden])
  }

  return {
    parameters: [
      {
        name: inputKernel,
        shape: [inputs, 4 * hidden],
        initial: { kind: 'uniform', limit: fanInLimit(inputs + hidden, 1) },
      },
      {
        name: stateKernel,
        shape: [hidden, 4 * hidden],
        initial: { kind: 'uniform', limit: fanInLimit(inputs + hidden, 1) },
      },
      { name: bias, shape: [4 * hidden], initial: { kind: 'blocks', values: [0, 1, 0, 0] } },
    ],
    forward: (weights, x) => follow(weights, x, empty(x.shape[1]!)),
    follow,
    step: (weights, x, state) => advance(weights, gates(weights, x), state),
    empty,
  }
}
