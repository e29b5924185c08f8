/** Sums rows by segment: the gradient of `gather`. Indices outside of [0, numSegments) are left out, as the op says. */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core'
import { floats, type BackendWasm } from './backend'

function run(args: {
  inputs: { x: TensorInfo; segmentIds: TensorInfo }
  backend: BackendWasm
  attrs: { numSegments: number }
}): TensorInfo {
  const { inputs, backend, attrs } = args
  const rank = inputs.segmentIds.shape.length
  const rest = inputs.x.shape.slice(rank)
  const width = tf.util.sizeFromShape(rest)
  const out = backend.makeOutput([attrs.numSegments, ...rest], 'float32')
  const sums = floats(backend, out)
  const x = floats(backend, inputs.x)
  const ids = backend.typedArrayFromHeap(inputs.segmentIds)
  sums.fill(0)
  for (let row = 0; row < ids.length; row++) {
    const segment = ids[row]!
    if (segment < 0 || segment >= attrs.numSegments) continue
    for (let i = 0; i < width; i++) sums[segment * width + i]! += x[row * width + i]!
  }
  return out
}

export const unsortedSegmentSum: KernelConfig = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'wasm',
  kernelFunc: run as unknown as KernelConfig['kernelFunc'],
}
