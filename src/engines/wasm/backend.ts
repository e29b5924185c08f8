/** The WebAssembly backend: how it starts with a memory that threads can share, and what our kernels use of it. */
import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { TensorInfo } from '@tensorflow/tfjs-core'

export type { BackendWasm }

/** The part of Emscripten's module that we call. */
interface Memory {
  _malloc(bytes: number): number
  _free(address: number): void
  HEAPU8: Uint8Array
}

/**
 * The same binary with its memory marked as shared (WebAssembly 2.0 with threads, §5.5.7: limits 0x01 → 0x03). Code without
 * atomics runs on it as before, and our kernels reach it from other threads. The backend's own threaded binary cannot start in Node.
 * Its most is lowered from 4 GiB to 3 GiB, for the allocator counts in 32 bits and does not notice when it goes once around.
 */
export function withSharedMemory(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(binary)
  let at = 8
  const number = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const id = bytes[at++]
    const end = number() + at
    if (id === 5 && bytes[at] === 1 && bytes[at + 1] === 1) {
      bytes[at + 1] = 3
      at += 2
      number()
      const most = bytes.subarray(at, at + 3)
      if (number() !== 65_536) break
      most.set([0x80, 0x80, 0x03])
      return bytes
    }
    at = end
  }
  throw new Error('the WebAssembly backend has another memory than expected')
}

/** Starts tfjs's backend `wasm` and gives its memory. No network: the binary lies in the package. */
export async function startBackend(): Promise<{ backend: BackendWasm; memory: WebAssembly.Memory }> {
  setWasmPaths(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')) + sep)
  let memory: WebAssembly.Memory | undefined
  // The backend loads its binary by this call and offers no other way to it.
  const instantiate = WebAssembly.instantiate
  const sharing = async (
    source: Uint8Array,
    imports: WebAssembly.Imports,
  ): Promise<WebAssembly.WebAssemblyInstantiatedSource> => {
    const result = await instantiate(withSharedMemory(new Uint8Array(source)), imports)
    memory = result.instance.exports.memory as WebAssembly.Memory
    return result
  }
  WebAssembly.instantiate = sharing as unknown as typeof WebAssembly.instantiate
  try {
    if (!(await tf.setBackend('wasm'))) throw new Error('WebAssembly did not start')
  } finally {
    WebAssembly.instantiate = instantiate
  }
  if (!memory) throw new Error('the WebAssembly backend was started before by something else')
  const backend = tf.backend() as BackendWasm
  refuseWhatDoesNotFit(backend.wasm as unknown as Memory)
  return { backend, memory }
}

/** With 3 GiB in use, a request below 1 GiB stays within 32 bits. */
const LARGEST = 2 ** 30

/** Without this a tensor for which there is no room is written to address 0, over the program's own data. */
function refuseWhatDoesNotFit(module: Memory): void {
  // Emscripten puts the real function in place at its first call.
  module._free(module._malloc(16))
  const allocate = module._malloc
  module._malloc = (bytes) => {
    const place = bytes < LARGEST ? allocate(bytes) >>> 0 : 0
    if (place === 0) throw new Error('out of memory')
    return place
  }
}

/** Floats of a tensor in the heap. Only valid until the next allocation, which may grow (and so move) the heap. */
export function floats(backend: BackendWasm, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array
}

/** All of the heap. Only valid until the next allocation, too. */
export function heap(backend: BackendWasm): Uint8Array {
  return (backend.wasm as unknown as Memory).HEAPU8
}

/** Where a tensor lies in the heap. It stays there. */
export function address(backend: BackendWasm, tensor: TensorInfo): number {
  return backend.getMemoryOffset(tensor.dataId)
}

/** Bytes in the backend's heap, which `free` gives back. Throws when 3 GiB are not enough. */
export function allocate(backend: BackendWasm, bytes: number): number {
  return (backend.wasm as unknown as Memory)._malloc(bytes) >>> 0
}

export function free(backend: BackendWasm, place: number): void {
  ;(backend.wasm as unknown as Memory)._free(place)
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
