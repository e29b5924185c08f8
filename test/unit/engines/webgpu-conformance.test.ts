import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it, vi } from 'vitest'
import { graphicsEnvironment } from '../../support/graphics'
import { conformance } from './conformance'

// Without a graphics device every program is compiled for the processor, at up to a second each: one family of each recipe.
vi.setConfig({ testTimeout: 240_000 })
Object.assign(process.env, graphicsEnvironment())
const facts = await conformance('webgpu', ['conv', 'lstm'])

describe.skipIf(!facts)('the webgpu engine', () => {
  it('knows what it was given, and says that it cannot wait for the rest', async () => {
    await tf.setBackend('webgpu')
    const x = tf.tensor1d([1, 2, 3])
    const y = tf.square(x)
    expect([...x.dataSync()]).toEqual([1, 2, 3])
    expect(() => y.dataSync()).toThrow('await `data()`')
    expect([...(await y.data())]).toEqual([1, 4, 9])
    tf.dispose([x, y])
  })

  // Last: afterwards the device computes no more.
  it('says that memory ran out, at once and where it is read', async () => {
    await tf.setBackend('webgpu')
    const small = tf.scalar(1)
    expect(() => tf.tile(tf.reshape(small, [1, 1]), [1 << 16, 1 << 16])).toThrow('out of memory')
    const device = (tf.backend() as unknown as { device: GPUDevice }).device
    device.destroy()
    await device.lost
    await expect(async () => (await tf.add(small, 1).data())[0]).rejects.toThrow('the graphics device was lost')
  })
})
