/** Rows that are `onValue` at one place. The backend's own writes integers, whatever type is asked for. */
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { BackendWasm } from './backend'

function run(args: {
  inputs: { indices: TensorInfo }
  backend: BackendWasm
  attrs: { dtype?: 'float32' | 'int32' | 'bool'; depth: number; onValue: number; offValue: number }
}): TensorInfo {
  const { inputs, backend, attrs } = args
  const out = backend.makeOutput([...inputs.indices.shape, attrs.depth], attrs.dtype ?? 'int32')
  const values = backend.typedArrayFromHeap(out)
  values.fill(attrs.offValue)
  backend.typedArrayFromHeap(inputs.indices).forEach((index, row) => {
    if (index >= 0 && index < attrs.depth) values[row * attrs.depth + index] = attrs.onValue
  })
  return out
}

export const oneHot: KernelConfig = { kernelName: 'OneHot', backendName: 'wasm', kernelFunc: run as unknown as KernelFunc }
