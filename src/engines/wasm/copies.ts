/** Kernels of the backend that copy where sharing is enough: tensors never change, so a copy may have the same memory. */
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { BackendWasm } from './backend'

interface Args {
  inputs: { x: TensorInfo }
  backend: BackendWasm
  attrs: { dtype?: string }
}

function share({ inputs: { x }, backend }: Args): TensorInfo {
  backend.incRef(x.dataId)
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype }
}

/** `clone`. */
export function identity(own: KernelConfig): KernelConfig {
  return { ...own, kernelFunc: share as unknown as KernelFunc }
}

/** What is not 0 is true. The backend's own keeps the lowest byte. */
function truth({ inputs: { x }, backend }: Args): TensorInfo {
  const out = backend.makeOutput(x.shape, 'bool')
  const values = backend.typedArrayFromHeap(x)
  const truths = backend.typedArrayFromHeap(out)
  for (let i = 0; i < values.length; i++) truths[i] = Number(values[i] !== 0)
  return out
}

/** A cast to the type that it has already shares its memory. */
export function cast(own: KernelConfig): KernelConfig {
  const run = (args: Args) => {
    if (args.attrs.dtype === args.inputs.x.dtype) return share(args)
    return args.attrs.dtype === 'bool' ? truth(args) : own.kernelFunc(args as never)
  }
  return { ...own, kernelFunc: run as unknown as KernelFunc }
}
