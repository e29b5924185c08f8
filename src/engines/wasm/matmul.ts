/**
 * Matrix products. The backend has one fast path (XNNPACK: one pair, neither side transposed) and a slow one for the rest, 20
 * times slower; the gradient of every dense layer would take it. So sides are turned first and batches go pair by pair.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { call, dropView, floats, view, type BackendWasm } from './backend'

interface Args {
  inputs: { a: TensorInfo; b: TensorInfo }
  backend: BackendWasm
  attrs: { transposeA: boolean; transposeB: boolean }
}

const straight = { transposeA: false, transposeB: false }

/** The last two axes exchanged. The result is a new tensor, the caller's to dispose of. */
function turn(backend: BackendWasm, x: TensorInfo): TensorInfo {
  const rank = x.shape.length
  const perm = x.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis))
  return call(backend, 'Transpose', { x }, { perm })
}

/** In the place of the backend's kernel, which still does the products. */
export function batchMatMul(own: KernelConfig): KernelConfig {
  const multiply = (backend: BackendWasm, a: TensorInfo, b: TensorInfo) =>
    own.kernelFunc({ inputs: { a, b }, backend, attrs: straight }) as TensorInfo

  const run = ({ inputs, backend, attrs }: Args): TensorInfo => {
    const a = attrs.transposeA ? turn(backend, inputs.a) : inputs.a
    const b = attrs.transposeB ? turn(backend, inputs.b) : inputs.b
    const [rows, inner] = a.shape.slice(-2) as [number, number]
    const columns = b.shape.at(-1)!
    const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
    const pairs = tf.util.sizeFromShape(outer)
    const pairsA = tf.util.sizeFromShape(a.shape.slice(0, -2))
    const pairsB = tf.util.sizeFromShape(b.shape.slice(0, -2))
    let out: TensorInfo
    if (pairs === 1) {
      out = multiply(backend, a, b)
      out.shape = [...outer, rows, columns]
    } else {
      if ((pairsA !== 1 && pairsA !== pairs) || (pairsB !== 1 && pairsB !== pairs))
        throw new Error(`matMul: [${a.shape.join(', ')}] and [${b.shape.join(', ')}] do not broadcast on the wasm engine`)
      out = backend.makeOutput([...outer, rows, columns], 'float32')
      for (let pair = 0; pair < pairs; pair++) {
        const one = view(backend, a, pairsA === 1 ? 0 : pair * rows * inner, [rows, inner])
        const other = view(backend, b, pairsB === 1 ? 0 : pair * inner * columns, [inner, columns])
        const product = multiply(backend, one, other)
        floats(backend, out).set(floats(backend, product), pair * rows * columns)
        backend.disposeData(product.dataId)
        dropView(backend, one)
        dropView(backend, other)
      }
    }
    if (attrs.transposeA) backend.disposeData(a.dataId)
    if (attrs.transposeB) backend.disposeData(b.dataId)
    return out
  }
  return { ...own, kernelFunc: run as unknown as KernelFunc }
}
