/** The kernels that tfjs's WebAssembly backend lacks, or that are too slow there for training. */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig } from '@tensorflow/tfjs-core'
import { convolutions } from './convolution'
import { cast, identity } from './copies'
import { elementwise } from './elementwise'
import { batchMatMul } from './matmul'
import { oneHot } from './one-hot'
import type { Pool } from './pool'
import { reductions } from './reductions'
import { unsortedSegmentSum } from './segment-sum'

/** After the backend has started: it has set up its own kernels then, which ours fall back to. */
export function registerKernels(pool: Pool): void {
  const own = (name: string) => tf.getKernel(name, 'wasm')
  const kernels = [
    ...convolutions(pool, own('Conv2D')),
    batchMatMul(pool, own('BatchMatMul')),
    cast(own('Cast')),
    identity(own('Identity')),
    ...elementwise(pool, own),
    ...reductions(pool, own),
    oneHot,
    unsortedSegmentSum,
  ]
  for (const kernel of kernels) replace(kernel)
}

function replace(kernel: KernelConfig): void {
  // tfjs warns about every kernel that is registered twice.
  if (tf.getKernel(kernel.kernelName, 'wasm')) tf.unregisterKernel(kernel.kernelName, 'wasm')
  tf.registerKernel(kernel)
}
