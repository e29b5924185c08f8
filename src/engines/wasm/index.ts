/** The built-in engine: tfjs's WebAssembly backend with the kernels that training needs and it lacks. One thread, SIMD. */
import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm'
import type { Engine } from '../engine'
import { registerGradients } from '../gradients'
import { registerKernels } from './kernels'

let started: Promise<void> | undefined

async function startBackend(): Promise<void> {
  registerGradients()
  setWasmPaths(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')) + sep)
  registerKernels()
  if (!(await tf.setBackend('wasm'))) throw new Error('WebAssembly did not start')
  await tf.ready()
}

export const wasm: Engine = {
  id: 'wasm',
  async start() {
    started ??= startBackend()
    await started
    const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')
    return {
      id: 'wasm',
      version: version_wasm,
      device: 'CPU',
      threads: 1,
      flags: { isa: simd ? 'simd128' : 'scalar', mode: 'eager' },
    }
  },
  compiles: false,
  compile: (step) => step,
}
