import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { tensorflow } from '../../../src/engines/tensorflow/index'
import type { BackendWasm } from '../../../src/engines/wasm/backend'
import { wasm } from '../../../src/engines/wasm/index'
import { difference, numbers, on, random, tensorflowLibrary, withGradients } from './compare'

/** What every engine promises beside right numbers, which the parity tests look at. */
function conformance(backend: string): void {
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
