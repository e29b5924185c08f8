/** The backend without numbers against tfjs's plain one: the same code runs the same kernels, with outputs of the same shapes. */
import '../../support/backend'
import { engine, grads, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { ACTIVATIONS, activations } from '../../../src/nn/activations'
import { augment, CHANGES } from '../../../src/nn/augment'
import { categorical } from '../../../src/nn/categorical'
import { conv2d, transposedConv2d } from '../../../src/nn/conv'
import { dense, flatten } from '../../../src/nn/dense'
import { chain, type Network, type Weights } from '../../../src/nn/module'
import { batchDeviation, batchNorm, spectral } from '../../../src/nn/norm'
import { gradientPenalty } from '../../../src/nn/objectives/adversarial'
import * as ops from '../../../src/nn/ops'
import { lstm } from '../../../src/nn/recurrent'
import { bufferEvents, type BufferEvent } from '../../../src/nn/shapes'

/** Every kernel that `run` calls, with the shapes and types that it gives. */
function calls(run: () => void): string[] {
  const tf = engine()
  const original = tf.runKernel
  const seen: string[] = []
  tf.runKernel = function <R extends Tensor | Tensor[]>(...args: Parameters<typeof original>): R {
    const result = original.apply(tf, args) as R
    const outputs = Array.isArray(result) ? result : [result]
    seen.push(`${args[0]} ${outputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' ')}`)
    return result
  }
  try {
    ops.tidy(run)
  } finally {
    tf.runKernel = original
  }
  return seen
}

const image = [2, 6, 6, 3]
const network = (made: Network): ((x: Tensor) => Tensor) => {
  return (x) => {
    const weights: Weights = Object.fromEntries(made.parameters.map(({ name, shape }) => [name, ops.zeros(shape) as never]))
    return made.forward(weights, x)
  }
}
const positive = (x: Tensor): Tensor => ops.add(ops.square(x), 1)

const cases: Record<string, [f: (x: Tensor) => Tensor, shape: number[]]> = {
  ...Object.fromEntries(ACTIVATIONS.map((name) => [name, [activations[name], [3, 4]]])),
  exp: [ops.exp, [3, 4]],
  'a quotient of logarithms': [(x) => ops.div(ops.log(positive(x)), ops.log1p(positive(x))), [3, 4]],
  'roots and powers': [(x) => ops.pow(ops.sqrt(positive(x)), 3), [3, 4]],
  'signs and sizes': [(x) => ops.mul(ops.sign(x), ops.abs(x)), [3, 4]],
  softplus: [(x) => ops.softplus(x), [3, 4]],
  softmax: [ops.softmax, [3, 4]],
  logSoftmax: [ops.logSoftmax, [3, 4]],
  logPartition: [(x) => ops.logPartition(x as Tensor2D, ops.zeros([5, 4]) as Tensor2D, ops.zeros([5]) as Tensor1D), [3, 4]],
  clipByValue: [(x) => ops.clipByValue(x, -1, 1), [3, 4]],
  'a broadcast maximum': [(x) => ops.maximum(x, ops.zeros([4])), [3, 4]],
  'the larger of two, and the largest': [(x) => ops.max(ops.maximum(x, ops.neg(x)), 1), [3, 4]],
  'sums and means of axes': [(x) => ops.mul(ops.sum(x, [0, 2], true), ops.mean(x, -2, true)), [3, 4, 5]],
  averagePool: [(x) => ops.averagePool(x as Tensor4D, 2), image],
  upsample: [(x) => ops.upsample(x as Tensor4D, 2), image],
  convolution: [network(conv2d('c', { inputs: 3, outputs: 5 })), image],
  'transposed convolution': [network(transposedConv2d('c', { inputs: 3, outputs: 5, height: 11, width: 12 })), image],
  dense: [network(dense('d', 4, 7)), [3, 4]],
  'products of turned matrices': [(x) => ops.matMul(ops.matMul(x, x, true), x, false, true), [3, 4]],
  'parts put together': [(x) => ops.concat(ops.split(ops.pad(x, [[0, 0], [1, 1]]), [2, 4], 1).toReversed(), 1), [3, 4]], // prettier-ignore
  'tiled, turned, stacked and cut': [
    (x) => ops.slice(ops.stack([ops.transpose(ops.tile(x, [2, 1])), ops.zeros([4, 6])]), [0, 1, 0], [1, 2, -1]),
    [3, 4],
  ],
  gather: [(x) => ops.gather(x, ops.tensor([2, 0, 2], [3], 'int32') as Tensor1D), [3, 4]],
  'a training pass of norms within a penalty': [
    (x) => {
      const critic = spectral(chain(conv2d('c', { inputs: 3, outputs: 4 }), batchNorm('n', 4), batchDeviation, flatten))
      const weights = Object.fromEntries(critic.parameters.map(({ name, shape }) => [name, ops.makeZeros(ops.zeros(shape))]))
      return gradientPenalty((at) => critic.forward(weights, at, { training: true }), x)
    },
    image,
  ],
  'changed pictures': [(x) => augment(x as Tensor4D, [...CHANGES], ops.zeros([2, 7]) as Tensor2D), image],
  'a long short-term memory': [network(lstm('l', 4, 5)), [3, 2, 4]],
}

describe('tensors without numbers', () => {
  it.each(Object.entries(cases))('have the shapes of %s, on the way there and back', (_, [f, shape]) => {
    const run = (): void => {
      const slope = (x: Tensor): Tensor => grads((x) => ops.sum(f(x as Tensor)))([x])[0]!
      slope(ops.zeros(shape))
    }
    const expected = calls(run)
    let seen: string[] = []
    bufferEvents(
      () => (seen = calls(run)),
      () => 0,
    )
    expect(expected.length).toBeGreaterThan(2)
    expect(seen).toEqual(expected)
    expect(engine().backendName).toBe('cpu')
  })

  it('have the shapes of draws from categories', () => {
    const run = (): void => void categorical(ops.zeros([3, 10]) as Tensor2D, ops.zeros([3]) as Tensor1D)
    const expected = calls(run)
    bufferEvents(
      () => expect(calls(run)).toEqual(expected),
      () => 0,
    )
  })

  it('tell when a buffer is made and freed, and share one where nothing is computed', () => {
    const events = bufferEvents<string>(
      (mark) => {
        const x = ops.zeros([4, 2])
        const flat = ops.reshape(x, [8])
        mark('shared')
        const sum = ops.sum(flat)
        x.dispose()
        mark('still held')
        flat.dispose()
        sum.dispose()
      },
      (kernel) => (kernel === 'Sum' ? 100 : 0),
    )
    const bytes = new Map<number, number>()
    const story = (events as (BufferEvent | string)[]).map((event) => {
      if (typeof event === 'string') return event
      if (event.type === 'use') return event.buffers.map((buffer) => bytes.get(buffer))
      if (event.type === 'make') bytes.set(event.buffer, event.bytes)
      return (event.type === 'make' ? 1 : -1) * bytes.get(event.buffer)!
    })
    expect(story).toEqual([32, 'shared', [32], 4, 100, -100, 'still held', -32, -4])
  })

  it('cannot be read, and do not guess at a kernel that they do not know', () => {
    const nothing = (): number => 0
    expect(() => bufferEvents(() => ops.zeros([1]).dataSync(), nothing)).toThrow('cannot be read')
    expect(() => bufferEvents(() => void engine().runKernel('Unheard', { x: ops.zeros([1]) }), nothing)).toThrow('Unheard')
    expect(engine().backendName).toBe('cpu')
  })
})
