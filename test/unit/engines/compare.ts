/** What the engines' tests share: seeded numbers, a reference backend, and the installed engine. */
import { createRequire } from 'node:module'
import * as tf from '@tensorflow/tfjs-core'
import { createEngines } from '../../../src/main/engines'
import { studioHome } from '../../../src/main/home'
import { createJobs } from '../../../src/main/jobs'

// tfjs's plain JavaScript backend: slow, and written as its authors meant every op.
createRequire(import.meta.url)('@tensorflow/tfjs-backend-cpu')

/** Numbers in (−1, 1), the same every time (mulberry32). */
export function numbers(count: number, seed: number): Float32Array {
  const out = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    out[i] = ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1
  }
  return out
}

export function random<R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number): tf.Tensor<R> {
  return tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape, 'float32')
}

/** The values of what `make` gives on a backend. */
export async function on(backend: string, make: () => tf.Tensor[]): Promise<Float32Array[]> {
  await tf.setBackend(backend)
  const tensors = tf.tidy(make)
  const values = tensors.map((tensor) => Float32Array.from(tensor.dataSync()))
  tf.dispose(tensors)
  return values
}

/** Value and gradients of `op` at `inputs`, with a seeded gradient coming in. */
export function withGradients(op: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): tf.Tensor[] {
  const y = op(...inputs)
  return [y, ...tf.grads(op)(inputs, random(y.shape as [number], 99))]
}

/** Largest difference, relative where values are above 1. */
export function difference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!) / Math.max(1, Math.abs(b[i]!)) || 0), 0)
}

/** Folder of the installed TensorFlow library; null where there is none, which a full check (CI) does not accept. */
export async function tensorflowLibrary(): Promise<string | null> {
  const engines = createEngines({ home: studioHome(), jobs: createJobs() })
  const choice = await engines.choose('tensorflow').catch(() => null)
  if (!choice && process.env.CI)
    throw new Error('the tensorflow engine is not installed: run `npm run -s latent -- engine install`')
  return choice?.library ?? null
}
