/** tfjs-node's kernels on our binding, and our own in the place of those that read tensors back in the middle of a step. */
import { createRequire } from 'node:module'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core'
import type * as NodeBackend from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend'
import type { Binding } from './binding'

const require = createRequire(import.meta.url)

/** tfjs-node calls two helpers of `util` that Node took away in version 23. They come back before its files load. */
function restoreUtil(): void {
  const util = require('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
  util.isArray ??= Array.isArray
}

interface GatherArgs {
  inputs: { x: TensorInfo; indices: TensorInfo }
  backend: NodeBackend.NodeJSKernelBackend
  attrs: { axis: number; batchDims: number }
}

/** Registers the backend `tensorflow` and its kernels. tfjs-node's `index.js` is left alone: it loads the addon that we replace. */
export function registerBackend(binding: Binding): void {
  restoreUtil()
  const kernels = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend') as typeof NodeBackend
  require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels')
  tf.registerBackend('tensorflow', () => new kernels.NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), 3)

  // tfjs-node's own reads every index to check it, which stops the step; TensorFlow checks them itself.
  const gather = ({ inputs: { x, indices }, backend, attrs: { axis, batchDims } }: GatherArgs): TensorInfo => {
    tf.backend_util.segment_util.collectGatherOpShapeInfo(x as tf.Tensor, indices as tf.Tensor, axis, batchDims)
    const along = tf.scalar(axis, 'int32')
    const types = { Tparams: x.dtype, Tindices: indices.dtype, Taxis: 'int32' as const }
    const attributes = [
      { name: 'batch_dims', type: binding.TF_ATTR_INT, value: batchDims },
      ...Object.entries(types).map(([name, type]) => ({ name, type: binding.TF_ATTR_TYPE, value: kernels.getTFDType(type) })),
    ]
    const picked = backend.executeSingleOutput('GatherV2', attributes, [x, indices, along])
    along.dispose()
    return picked
  }
  const replacements: KernelConfig[] = [
    { kernelName: 'GatherV2', backendName: 'tensorflow', kernelFunc: gather as unknown as KernelConfig['kernelFunc'] },
  ]
  for (const kernel of replacements) {
    tf.unregisterKernel(kernel.kernelName, kernel.backendName)
    tf.registerKernel(kernel)
  }
}
