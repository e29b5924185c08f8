import { rmSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Facts } from '../../../src/engines/engine'
import { recipeById } from '../../../src/recipes/index'
import { graphicsEnvironment } from '../../support/graphics'
import { checkpoint, numbersOf, room, specOf, stateHash, trainHere, writeVersion } from '../trainer/support'
import { startEngine } from './start'

const STEPS = 20

// Without a graphics device every program is compiled for the processor, at up to a second each.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })
Object.assign(process.env, graphicsEnvironment())
const { facts: found, why } = await startEngine('webgpu')
const facts = found as Facts

let folder: string
beforeAll(() => {
  folder = room()
  writeVersion(join(folder, 'version'), 22, 4, 9, 2)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (name: string, more: Parameters<typeof specOf>[2] = {}) =>
  specOf(join(folder, name), join(folder, 'version'), {
    recipe: 'vae',
    settings: { architecture: 'conv', latentSize: 3, width: 8, layers: 2, activation: 'leaky-relu', klWarmup: 5 },
    training: { optimizer: 'adam', l2: 0.001, clipNorm: 5 },
    stop: { by: 'steps', steps: STEPS },
    ...more,
  })
const train = async (backend: string, spec: ReturnType<typeof run>, pauseAt?: number) => {
  await tf.setBackend(backend)
  return trainHere(spec, recipeById('vae'), { facts, pauseAt })
}

describe.skipIf(!found)(`training on the webgpu engine${why ? ` (${why})` : ''}`, () => {
  it('is the same numbers twice, and with a pause in between', async () => {
    const whole = run('whole')
    const first = await train('webgpu', whole)
    const again = run('again')
    expect(numbersOf((await train('webgpu', again)).rows)).toEqual(numbersOf(first.rows))
    expect(stateHash(again.folder, STEPS)).toBe(stateHash(whole.folder, STEPS))

    const broken = run('broken')
    const { rows } = await train('webgpu', broken, 7)
    rows.push(...(await train('webgpu', { ...broken, resumeFrom: checkpoint(broken.folder, 7) })).rows)
    expect(stateHash(broken.folder, STEPS)).toBe(stateHash(whole.folder, STEPS))
    expect(numbersOf(rows)).toEqual(numbersOf(first.rows))
  })

  it('loses what the reference loses', async () => {
    const { rows } = await train('webgpu', run('here'))
    const { rows: reference } = await train('cpu', run('reference'))
    expect(rows.map(({ step }) => step)).toEqual(reference.map(({ step }) => step))
    const errors = rows.flatMap(({ losses }, i) =>
      Object.entries(losses).map(([name, value]) => Math.abs(value / reference[i]!.losses[name]! - 1)),
    )
    expect(errors).toHaveLength(STEPS * 3)
    expect(Math.max(...errors)).toBeLessThan(1e-4)
    console.info(`webgpu: largest relative difference of a loss in ${STEPS} steps: ${Math.max(...errors).toExponential(1)}`)
  })

  it('leaves no tensor behind', async () => {
    await train('webgpu', run('before', { stop: { by: 'steps', steps: 2 } }))
    const { numTensors } = tf.memory()
    await train('webgpu', run('after', { stop: { by: 'steps', steps: 4 } }))
    expect(tf.memory().numTensors).toBe(numTensors)
  })

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
