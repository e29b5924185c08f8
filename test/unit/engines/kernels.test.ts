import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { tensorflow } from '../../../src/engines/tensorflow/index'
import type { BackendWasm } from '../../../src/engines/wasm/backend'
import { wasm } from '../../../src/engines/wasm/index'
import { difference, numbers, on, random, tensorflowLibrary, withGradients } from './compare'

type Shape4 = [number, number, number, number]

const convolutions: { x: Shape4; filter: Shape4; strides: [number, number]; pad: 'same' | 'valid' }[] = [
  { x: [2, 8, 8, 3], filter: [4, 4, 3, 5], strides: [2, 2], pad: 'same' },
  { x: [3, 7, 9, 2], filter: [4, 4, 2, 6], strides: [2, 2], pad: 'same' },
  { x: [1, 5, 5, 1], filter: [5, 5, 1, 4], strides: [1, 1], pad: 'same' },
  { x: [2, 11, 6, 4], filter: [3, 5, 4, 3], strides: [2, 1], pad: 'valid' },
  { x: [2, 9, 10, 3], filter: [3, 3, 3, 7], strides: [3, 3], pad: 'valid' },
  { x: [2, 10, 9, 3], filter: [2, 2, 3, 2], strides: [3, 3], pad: 'valid' },
  { x: [2, 13, 11, 2], filter: [3, 2, 2, 9], strides: [2, 3], pad: 'same' },
  { x: [2, 8, 8, 3], filter: [1, 1, 3, 8], strides: [1, 1], pad: 'same' },
  { x: [2, 8, 8, 3], filter: [1, 1, 3, 8], strides: [2, 2], pad: 'same' },
  { x: [2, 3, 3, 20], filter: [4, 4, 20, 17], strides: [2, 2], pad: 'same' },
  { x: [1, 6, 7, 33], filter: [3, 3, 33, 18], strides: [1, 1], pad: 'same' },
  { x: [70, 16, 16, 8], filter: [4, 4, 8, 8], strides: [2, 2], pad: 'same' },
]

/** Ops of which networks and losses are made, with shapes of their inputs. */
const ops: Record<string, [op: (...inputs: tf.Tensor[]) => tf.Tensor, ...shapes: number[][]]> = {
  'a matrix product': [(a, b) => tf.matMul(a, b), [5, 70], [70, 9]],
  'a matrix product, left turned': [(a, b) => tf.matMul(a, b, true), [70, 5], [70, 9]],
  'a matrix product, right turned': [(a, b) => tf.matMul(a, b, false, true), [5, 70], [9, 70]],
  'a matrix product, both turned': [(a, b) => tf.matMul(a, b, true, true), [70, 5], [9, 70]],
  'a matrix product with one row': [(a, b) => tf.matMul(a, b), [1, 300], [300, 257]],
  'a batch of matrix products': [(a, b) => tf.matMul(a, b), [2, 3, 5, 7], [2, 3, 7, 4]],
  'a batch of matrix products, right turned': [(a, b) => tf.matMul(a, b, false, true), [3, 5, 7], [3, 4, 7]],
  'a bias': [(a, b) => tf.add(a, b), [3, 5, 5, 6], [6]],
  'a scalar': [(a, b) => tf.mul(a, b), [3, 5], []],
  'a broadcast in the middle': [(a, b) => tf.sub(a, b), [3, 5, 2], [5, 1]],
  division: [(a, b) => tf.div(a, tf.add(tf.square(b), 0.5)), [3, 5], [3, 5]],
  relu: [(x) => tf.relu(x), [4, 9]],
  elu: [(x) => tf.elu(x), [4, 9]],
  'leaky relu': [(x) => tf.leakyRelu(x, 0.2), [4, 9]],
  sigmoid: [(x) => tf.sigmoid(x), [4, 9]],
  tanh: [(x) => tf.tanh(x), [4, 9]],
  softplus: [(x) => tf.softplus(tf.mul(x, 30)), [4, 9]],
  exp: [(x) => tf.exp(x), [4, 9]],
  log: [(x) => tf.log(tf.add(tf.abs(x), 0.1)), [4, 9]],
  log1p: [(x) => tf.log1p(tf.abs(x)), [4, 9]],
  'square root': [(x) => tf.sqrt(tf.add(tf.abs(x), 0.1)), [4, 9]],
  power: [(x) => tf.pow(tf.add(tf.abs(x), 0.1), 1.5), [4, 9]],
  maximum: [(a, b) => tf.maximum(a, b), [4, 9], [4, 9]],
  minimum: [(a, b) => tf.minimum(a, b), [4, 9], [4, 9]],
  clip: [(x) => tf.clipByValue(x, -0.5, 0.5), [4, 9]],
  softmax: [(x) => tf.softmax(x), [4, 9]],
  'log of softmax': [(x) => tf.logSoftmax(x), [4, 9]],
  'sum of all': [(x) => tf.sum(x), [3, 4, 5]],
  'sum over the first axis': [(x) => tf.sum(x, 0), [3, 4, 5]],
  'sum over leading axes': [(x) => tf.sum(x, [0, 1], true), [3, 4, 5]],
  'sum over the middle': [(x) => tf.sum(x, 1), [3, 4, 5]],
  'sum over trailing axes': [(x) => tf.sum(x, [1, 2]), [3, 4, 5]],
  mean: [(x) => tf.mean(x, [0, 2]), [3, 4, 5]],
  slice: [(x) => tf.slice(x, [1, 0], [2, 3]), [4, 5]],
  concat: [(a, b) => tf.concat([a, b], 1), [3, 4], [3, 2]],
  stack: [(a, b) => tf.stack([a, b], 1), [3, 4], [3, 4]],
  split: [(x) => tf.mul(tf.split(x, 2, 1)[0]!, tf.split(x, 2, 1)[1]!), [3, 4]],
  tile: [(x) => tf.tile(x, [2, 3]), [3, 4]],
  'pad': [(x) => tf.pad(x, [[1, 2], [0, 1]]), [3, 4]], // prettier-ignore
  transpose: [(x) => tf.transpose(x, [2, 0, 1]), [3, 4, 5]],
  reshape: [(x) => tf.reshape(x, [5, 12]), [3, 4, 5]],
  gather: [(x) => tf.gather(x, tf.tensor1d([3, 0, 3, 1], 'int32')), [4, 5]],
  clone: [(x) => tf.mul(tf.clone(x), x), [4, 5]],
  cast: [(x) => tf.mul(tf.cast(tf.greater(random([4, 5], 7), 0), 'float32'), tf.cast(x, 'float32')), [4, 5]],
  where: [(a, b) => tf.where(tf.greater(random([4, 5], 7), 0), a, b), [4, 5], [4, 5]],
}

/** Everything an engine must do as the reference does, forward and backward. */
function conformance(backend: string): void {
  it.each(convolutions)('convolves: %j', async ({ x, filter, strides, pad }) => {
    const op = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad)
    const run = () => withGradients(op, [random(x, 1), random(filter, 2)])
    const want = await on('cpu', run)
    for (const [i, values] of (await on(backend, run)).entries()) expect(difference(values, want[i]!)).toBeLessThan(2e-4)
  })

  it.each(convolutions.filter((one) => one.pad === 'same'))('convolves backwards: %j', async ({ x, filter, strides, pad }) => {
    const small: Shape4 = [x[0], Math.ceil(x[1] / strides[0]), Math.ceil(x[2] / strides[1]), filter[3]]
    const op = (a: tf.Tensor, b: tf.Tensor) => tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, x, strides, pad as 'same')
    const run = () => withGradients(op, [random(small, 1), random(filter, 2)])
    const want = await on('cpu', run)
    for (const [i, values] of (await on(backend, run)).entries()) expect(difference(values, want[i]!)).toBeLessThan(2e-4)
  })

  it.each(Object.entries(ops))('computes %s', async (_, [op, ...shapes]) => {
    const run = () =>
      withGradients(
        op,
        shapes.map((shape, i) => random(shape as [number], i + 1)),
      )
    const want = await on('cpu', run)
    const got = await on(backend, run)
    expect(got.length).toBe(want.length)
    for (const [i, values] of got.entries()) expect(difference(values, want[i]!)).toBeLessThan(1e-5)
  })

  it('differentiates a convolution twice, as a gradient penalty does', async () => {
    const run = () => {
      const filter = random<tf.Rank.R4>([4, 4, 2, 3], 2)
      const slope = (x: tf.Tensor) => tf.grad((y: tf.Tensor) => tf.square(tf.conv2d(y as tf.Tensor4D, filter, 2, 'same')))(x)
      return [tf.grad((x: tf.Tensor) => tf.square(slope(x)))(random([2, 6, 6, 2], 1))]
    }
    const [want] = await on('cpu', run)
    const [got] = await on(backend, run)
    expect(difference(got!, want!)).toBeLessThan(1e-4)
  })

  it('keeps what is not a number visible', async () => {
    const [slope] = await on(backend, () => [tf.step(tf.tensor1d([NaN, -1, 0, 2]))])
    expect([...slope!]).toEqual([NaN, 0, 0, 1])
  })

  it('gives the same bits each time', async () => {
    const run = () => {
      const op = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same')
      return withGradients(op, [random([16, 16, 16, 8], 1), random([4, 4, 8, 16], 2)])
    }
    const first = await on(backend, run)
    for (let i = 0; i < 3; i++) expect(await on(backend, run)).toEqual(first)
  })

  it('keeps neither tensors nor memory over 1,000 steps', async () => {
    await tf.setBackend(backend)
    const weights = [
      tf.variable(random([4, 4, 3, 8], 1)),
      tf.variable(random([512, 32], 2)),
      tf.variable(random([32], 3)),
    ] as tf.Variable[]
    const batch = numbers(8 * 16 * 16 * 3, 4)
    const loss = () => {
      const x = tf.tensor4d(batch, [8, 16, 16, 3])
      const maps = tf.relu(tf.conv2d(x, weights[0] as tf.Tensor as tf.Tensor4D, 2, 'same'))
      const flat = tf.matMul(tf.reshape(maps, [8, 512]), weights[1] as tf.Tensor as tf.Tensor2D)
      return tf.mean(tf.square(tf.sigmoid(tf.add(flat, weights[2]!)))) as tf.Scalar
    }
    const step = () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(loss, weights)
        for (const weight of weights) weight.assign(tf.sub(weight, tf.mul(grads[weight.name]!, 0.01)))
        return value.dataSync()[0]!
      })
    const first = step()
    for (let i = 0; i < 100; i++) step()
    const before = { tensors: tf.memory().numTensors, data: tf.backend().numDataIds(), rss: process.memoryUsage.rss() }
    let last = first
    for (let i = 0; i < 1000; i++) last = step()
    const after = { tensors: tf.memory().numTensors, data: tf.backend().numDataIds(), rss: process.memoryUsage.rss() }
    tf.dispose(weights)
    expect(last).toBeLessThan(first)
    expect(after.tensors).toBe(before.tensors)
    expect(after.data).toBe(before.data)
    // One step's tensors are 300 KB: a leak of one of them a step would show.
    expect(after.rss - before.rss).toBeLessThan(60e6)
  })
}

describe('the wasm engine', () => {
  beforeAll(async () => {
    expect(await wasm.start({ threads: 2 })).toMatchObject({ id: 'wasm', device: 'CPU', flags: { isa: 'simd128' } })
  })
  conformance('wasm')

  it('says when memory runs out, and goes on', async () => {
    await tf.setBackend('wasm')
    const backend = tf.backend() as unknown as BackendWasm
    for (const count of [2 ** 28, 2 ** 29, 2 ** 30 - 1024, 2 ** 30, 2 ** 31])
      expect(() => backend.makeOutput([count], 'float32')).toThrow('out of memory')
    // Address space only: nothing is written.
    const made: tf.TensorInfo[] = []
    expect(() => {
      for (let i = 0; i < 20; i++) made.push(backend.makeOutput([2 ** 26], 'float32'))
    }).toThrow('out of memory')
    expect(made.length).toBeGreaterThan(8)
    expect(made.length).toBeLessThan(12)
    for (const { dataId } of made) backend.disposeData(dataId)
    expect(tf.sum(tf.ones([3])).dataSync()[0]).toBe(3)
  })

  it('pads a convolution by a number', async () => {
    const op = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 1)
    const run = () => withGradients(op, [random([2, 7, 7, 3], 1), random([3, 3, 3, 4], 2)])
    const want = await on('cpu', run)
    for (const [i, values] of (await on('wasm', run)).entries()) expect(difference(values, want[i]!)).toBeLessThan(2e-4)
  })
})

const library = await tensorflowLibrary()

describe.skipIf(!library)('the tensorflow engine (needs `npm run -s latent -- engine install`)', () => {
  beforeAll(async () => {
    const facts = await tensorflow.start({ library: library!, threads: 2 })
    expect(facts).toMatchObject({ id: 'tensorflow', version: '2.20.0', threads: 2, flags: { mode: 'captured' } })
  })
  conformance('tensorflow')

  it('says what is wrong with an op, and goes on', async () => {
    await tf.setBackend('tensorflow')
    const x = tf.tensor2d(numbers(6, 1), [3, 2])
    expect(() => tf.gather(x, tf.tensor1d([7], 'int32')).dataSync()).toThrow(/not in \[0, 3\)/)
    expect(tf.sum(tf.ones([3])).dataSync()[0]).toBe(3)
  })

  it('runs once with one set of settings', async () => {
    expect(await tensorflow.start({ library: library!, threads: 2 })).toMatchObject({ threads: 2 })
    await expect(tensorflow.start({ library: library!, threads: 1 })).rejects.toThrow(/other settings/)
  })
})

describe('starting the tensorflow engine', () => {
  it('says what is missing', async () => {
    await expect(tensorflow.start({ library: '/nowhere', threads: 2 })).rejects.toThrow(/missing in|other settings/)
    await expect(tensorflow.start({ threads: 2 })).rejects.toThrow(/not given/)
  })
})
