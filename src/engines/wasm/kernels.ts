/** The kernels that tfjs's WebAssembly backend lacks, or that are too slow there for training. */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig } from '@tensorflow/tfjs-core'
import { convGradients } from './conv-gradients'
import { cast, identity } from './copies'
import { batchMatMul } from './matmul'
import { unsortedSegmentSum } from './segment-sum'
import { sum } from './sum'

/** Each wraps the backend's own kernel. */
const wrapped: Record<string, (own: KernelConfig) => KernelConfig> = {
  BatchMatMul: batchMatMul,
  Cast: cast,
  Identity: identity,
  Sum: sum,
}

/** Must run before the backend starts: the backend sets up the kernels that it finds then. */
export function registerKernels(): void {
  for (const kernel of [...convGradients, unsortedSegmentSum]) replace(kernel)
  for (const [name, wrap] of Object.entries(wrapped)) replace(wrap(tf.getKernel(name, 'wasm')))
}

function replace(kernel: KernelConfig): void {
  // tfjs warns about every kernel that is registered twice.
  if (tf.getKernel(kernel.kernelName, 'wasm')) tf.unregisterKernel(kernel.kernelName, 'wasm')
  tf.registerKernel(kernel)
}
