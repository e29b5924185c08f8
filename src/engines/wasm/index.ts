/** The built-in engine: tfjs's WebAssembly backend, with kernels of our own for training, on all threads. */
import * as tf from '@tensorflow/tfjs-core'
import { version_wasm } from '@tensorflow/tfjs-backend-wasm'
import { eagerly, type Engine } from '../engine'
import { registerGradients } from '../gradients'
import { allocate, free, startBackend } from './backend'
import { registerKernels } from './kernels'
import { createPool, type Pool } from './pool'

/** More threads than this wait for memory instead of computing. */
const MOST_THREADS = 16

let started: Promise<Pool> | undefined

async function start(threads: number): Promise<Pool> {
  registerGradients()
  const { backend, memory } = await startBackend()
  const pool = createPool(
    memory,
    threads,
    (bytes) => allocate(backend, bytes),
    (place) => free(backend, place),
  )
  registerKernels(pool)
  return pool
}

/** Of our own kernels: raised whenever one's arithmetic changes, so that a run from before is not called exact. */
const KERNELS = '3'

export const wasm: Engine = {
  id: 'wasm',
  async start({ threads: wanted }) {
    const threads = Math.min(wanted, MOST_THREADS)
    started ??= start(threads)
    const pool = await started
    if (pool.threads !== threads) throw new Error('the wasm engine runs already, with other settings')
    await tf.setBackend('wasm')
    return {
      id: 'wasm',
      version: version_wasm,
      device: 'CPU',
      threads,
      flags: { isa: 'simd128', kernels: KERNELS, multiplyAdd: pool.fused ? 'fused' : 'separate', mode: 'eager' },
    }
  },
  compiles: false,
  compile: eagerly,
}
