/**
 * Matrix products on all threads. The backend's own has one fast path (one pair, neither side turned) and a slow one for the rest,
 * 20 times slower, which the gradient of every dense layer would take.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { address, allocate, call, floats, free, type BackendWasm } from './backend'
import { COLUMNS } from './simd-multiply'
import { PACKING } from './pool'
import type { Pool } from './pool'

interface Args {
  inputs: { a: TensorInfo; b: TensorInfo }
  backend: BackendWasm
  attrs: { transposeA: boolean; transposeB: boolean }
}

/** Sides of the blocks that a thread takes at a time: 128 KiB of A's rows, a panel of B in the first cache. */
const BLOCK = { rows: 48, columns: 64, inner: 512 }

/** The last two axes exchanged. The result is a new tensor, the caller's to dispose of. */
function turn(backend: BackendWasm, x: TensorInfo): TensorInfo {
  const rank = x.shape.length
  const perm = x.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis))
  return call(backend, 'Transpose', { x }, { perm })
}

/** In the place of the backend's kernel. */
export function batchMatMul(pool: Pool, own: KernelConfig): KernelConfig {
  const run = ({ inputs: { a, b }, backend, attrs }: Args): TensorInfo => {
    const left = attrs.transposeA ? turn(backend, a) : a
    const [rows, inner] = left.shape.slice(-2) as [number, number]
    const columns = b.shape.at(attrs.transposeB ? -2 : -1)!
    const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
    const pairs = tf.util.sizeFromShape(outer)
    const [pairsA, pairsB] = [a, b].map((one) => tf.util.sizeFromShape(one.shape.slice(0, -2))) as [number, number]
    if ([pairsA, pairsB].some((count) => count !== 1 && count !== pairs))
      throw new Error(`matMul: [${a.shape.join(', ')}] and [${b.shape.join(', ')}] do not broadcast on the wasm engine`)
    const out = backend.makeOutput([...outer, rows, columns], 'float32')
    if (inner === 0) floats(backend, out).fill(0)
    const panels = Math.ceil(columns / COLUMNS) * inner * 32
    const packed = allocate(backend, pairsB * panels)
    const [rowStride, columnStride] = attrs.transposeB ? [4, inner * 4] : [columns * 4, 4]
    pool.run(
      [
        {
          kind: 'pack',
          units: pairsB * Math.ceil(inner / BLOCK.inner),
          scratch: 0,
          parameters: [
            ...[address(backend, b), inner * columns * 4, rowStride, columnStride, packed, panels, inner, columns, BLOCK.inner],
          ],
        },
      ],
      pairsB * inner * columns * PACKING,
    )
    const blocks = Math.ceil(rows / BLOCK.rows) * Math.ceil(columns / BLOCK.columns)
    pool.run(
      [
        {
          kind: 'product',
          units: pairs * blocks,
          scratch: 256,
          parameters: [
            ...[address(backend, left), pairsA === 1 ? 0 : rows * inner * 4, packed, pairsB === 1 ? 0 : panels],
            ...[address(backend, out), rows * columns * 4, rows, columns, inner, BLOCK.rows, BLOCK.columns, BLOCK.inner],
          ],
        },
      ],
      2 * pairs * rows * columns * inner,
    )
    free(backend, packed)
    if (attrs.transposeA) backend.disposeData(left.dataId)
    return out
  }
  return { ...own, kernelFunc: run as unknown as KernelFunc }
}
