/** What our kernels use of the WebAssembly backend: its heap, and its own kernels called by name. */
import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { TensorInfo } from '@tensorflow/tfjs-core'

export type { BackendWasm }

/** Floats of a tensor in the heap. Only valid until the next allocation, which may grow (and so move) the heap. */
export function floats(backend: BackendWasm, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array
}

/** Runs one of the backend's kernels outside of the tape. */
export function call(
  backend: BackendWasm,
  name: string,
  inputs: Record<string, TensorInfo>,
  attrs: Record<string, unknown> = {},
): TensorInfo {
  const kernel = tf.getKernel(name, 'wasm')
  if (!kernel) throw new Error(`the wasm backend has no kernel ${name}`)
  return kernel.kernelFunc({ inputs, backend, attrs: attrs as tf.NamedAttrMap }) as TensorInfo
}

/**
 * A tensor that shares memory with a part of another, from element `start`. Give it back with `dropView`, never with
 * `disposeData`: that would free memory in the middle of an allocation.
 */
export function view(backend: BackendWasm, of: TensorInfo, start: number, shape: number[]): TensorInfo {
  return backend.makeOutput(shape, 'float32', backend.getMemoryOffset(of.dataId) + start * 4)
}

export function dropView(backend: BackendWasm, tensor: TensorInfo): void {
  backend.wasm.tfjs.disposeData(backend.dataIdMap.get(tensor.dataId).id)
  backend.dataIdMap.delete(tensor.dataId)
}
