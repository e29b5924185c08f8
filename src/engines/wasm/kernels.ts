/** The kernels that tfjs's WebAssembly backend lacks, or that are too slow there for training. */
import * as tf from '@tensorflow/tfjs-core'
import { convGradients } from './conv-gradients'
import { unsortedSegmentSum } from './segment-sum'

/** Must run before the backend starts: the backend sets up the kernels that it finds then. */
export function registerKernels(): void {
  for (const kernel of [...convGradients, unsortedSegmentSum]) {
    if (tf.getKernel(kernel.kernelName, 'wasm')) tf.unregisterKernel(kernel.kernelName, 'wasm')
    tf.registerKernel(kernel)
  }
}
