import { createRequire } from 'node:module'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasm } from '../../../src/engines/wasm/index'

createRequire(import.meta.url)('@tensorflow/tfjs-backend-cpu')

/** Seeded numbers in (−1, 1): mulberry32. */
function numbers(count: number, seed: number): Float32Array {
  const out = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    out[i] = ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1
  }
  return out
}

async function on(backend: string, f: () => tf.Tensor[]): Promise<Float32Array[]> {
  await tf.setBackend(backend)
  const tensors = tf.tidy(f)
  const values = tensors.map((tensor) => tensor.dataSync() as Float32Array)
  tf.dispose(tensors)
  return values
}

function difference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length)
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!) / Math.max(1, Math.abs(b[i]!))), 0)
}

type Shape4 = [number, number, number, number]
interface Case {
  x: Shape4
  filter: Shape4
  strides: [number, number]
  pad: 'same' | 'valid' | number
}

const cases: Case[] = [
  { x: [2, 8, 8, 3], filter: [4, 4, 3, 5], strides: [2, 2], pad: 'same' },
  { x: [3, 7, 9, 2], filter: [4, 4, 2, 6], strides: [2, 2], pad: 'same' },
  { x: [1, 5, 5, 1], filter: [5, 5, 1, 4], strides: [1, 1], pad: 'same' },
  { x: [2, 11, 6, 4], filter: [3, 5, 4, 3], strides: [2, 1], pad: 'valid' },
  { x: [2, 9, 10, 3], filter: [3, 3, 3, 7], strides: [3, 3], pad: 'valid' },
  { x: [2, 10, 9, 3], filter: [2, 2, 3, 2], strides: [3, 3], pad: 'valid' },
  { x: [2, 8, 8, 3], filter: [1, 1, 3, 8], strides: [1, 1], pad: 'same' },
  { x: [2, 7, 7, 3], filter: [3, 3, 3, 4], strides: [2, 2], pad: 1 },
  { x: [70, 16, 16, 8], filter: [4, 4, 8, 8], strides: [2, 2], pad: 'same' },
]

describe('convolution gradients of the wasm engine', () => {
  beforeAll(async () => {
    await wasm.start({ threads: 1 })
  })

  it.each(cases)('equal the reference backend: %j', async ({ x, filter, strides, pad }) => {
    const count = (shape: number[]) => shape.reduce((a, b) => a * b)
    const run = () => {
      const X = tf.tensor4d(numbers(count(x), 1), x)
      const W = tf.tensor4d(numbers(count(filter), 2), filter)
      const forward = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad)
      const y = forward(X, W)
      const dy = tf.tensor4d(numbers(y.size, 3), y.shape as Shape4)
      return [y, ...tf.grads(forward)([X, W], dy)]
    }
    const got = await on('wasm', run)
    const want = await on('cpu', run)
    got.forEach((values, i) => expect(difference(values, want[i]!)).toBeLessThan(2e-4))
  })

  it.each(cases.filter((one) => one.pad === 'same'))(
    'equal it through a transposed convolution: %j',
    async ({ x, filter, strides, pad }) => {
      const count = (shape: number[]) => shape.reduce((a, b) => a * b)
      const run = () => {
        const small: Shape4 = [x[0], Math.ceil(x[1] / strides[0]), Math.ceil(x[2] / strides[1]), filter[3]]
        const Z = tf.tensor4d(numbers(count(small), 1), small)
        const W = tf.tensor4d(numbers(count(filter), 2), filter)
        const forward = (a: tf.Tensor, b: tf.Tensor) =>
          tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, x, strides, pad as 'same')
        const y = forward(Z, W)
        const dy = tf.tensor4d(numbers(y.size, 3), y.shape as Shape4)
        return [y, ...tf.grads(forward)([Z, W], dy)]
      }
      const got = await on('wasm', run)
      const want = await on('cpu', run)
      got.forEach((values, i) => expect(difference(values, want[i]!)).toBeLessThan(2e-4))
    },
  )

  it('keeps no tensor', async () => {
    await tf.setBackend('wasm')
    const X = tf.tensor4d(numbers(2 * 8 * 8 * 3, 1), [2, 8, 8, 3])
    const W = tf.variable(tf.tensor4d(numbers(4 * 4 * 3 * 5, 2), [4, 4, 3, 5]))
    const loss = () => tf.mean(tf.square(tf.conv2d(X, W as tf.Tensor4D, 2, 'same'))) as tf.Scalar
    const step = () => tf.tidy(() => tf.dispose(tf.variableGrads(loss).grads))
    step()
    const before = [tf.memory().numTensors, tf.backend().numDataIds()]
    for (let i = 0; i < 10; i++) step()
    expect([tf.memory().numTensors, tf.backend().numDataIds()]).toEqual(before)
    tf.dispose([X, W])
  })

  it('sums gathered rows back', async () => {
    const run = () => {
      const table = tf.tensor2d(numbers(5 * 3, 4), [5, 3])
      const picked = tf.tensor1d([4, 0, 4, 2], 'int32')
      return [tf.grad((t: tf.Tensor) => tf.square(tf.gather(t, picked)))(table)]
    }
    const [got] = await on('wasm', run)
    const [want] = await on('cpu', run)
    expect(difference(got!, want!)).toBeLessThan(1e-6)
  })
})
