/**
 * Gradients of a 2-D convolution as matrix products (Chellapilla, Puri & Simard 2006, "im2col"), in chunks of pictures that stay
 * in the processor's cache. The backend has no filter gradient at all, and an input gradient without SIMD.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core'
import { call, dropView, floats, view, type BackendWasm } from './backend'

type Conv = tf.backend_util.Conv2DInfo
type Pad = Parameters<typeof tf.backend_util.computeConv2DInfo>[4]
type Rounding = Parameters<typeof tf.backend_util.computeConv2DInfo>[5]

interface Attrs {
  strides: number | [number, number]
  pad: Pad
  dimRoundingMode: Rounding
  dataFormat: 'NHWC' | 'NCHW'
}

/** Bytes of a chunk's patches. */
const CHUNK = 1 << 20

function describe(inputShape: number[], filterShape: number[], attrs: Attrs): Conv {
  if (attrs.dataFormat === 'NCHW') throw new Error('convolutions are NHWC on the wasm engine')
  return tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  )
}

/** Pictures a chunk. */
function chunkOf(conv: Conv): number {
  const patches = conv.outHeight * conv.outWidth * conv.filterHeight * conv.filterWidth * conv.inChannels * 4
  return Math.max(1, Math.min(conv.batchSize, Math.floor(CHUNK / patches)))
}

/** Columns that lie inside of the picture for filter column `j`: output columns from `first` to `last` (excluded). */
function inside(size: number, out: number, offset: number, stride: number): [number, number] {
  const first = offset >= 0 ? 0 : Math.ceil(-offset / stride)
  const last = Math.min(out, Math.floor((size - 1 - offset) / stride) + 1)
  return [Math.min(first, out), Math.max(last, Math.min(first, out))]
}

/** Patches as rows of filter places: [filterHeight · filterWidth · inChannels, pictures · outHeight · outWidth]. */
function patches(x: Float32Array, out: Float32Array, conv: Conv, picture: number, count: number): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth, padInfo } =
    conv
  const rows = count * outHeight * outWidth
  const row = inWidth * inChannels
  const step = strideWidth * inChannels
  out.fill(0)
  for (let i = 0; i < filterHeight; i++) {
    const [top, bottom] = inside(inHeight, outHeight, i - padInfo.top, strideHeight)
    for (let j = 0; j < filterWidth; j++) {
      const [left, right] = inside(inWidth, outWidth, j - padInfo.left, strideWidth)
      for (let c = 0; c < inChannels; c++) {
        const place = ((i * filterWidth + j) * inChannels + c) * rows
        for (let n = 0; n < count; n++) {
          for (let y = top; y < bottom; y++) {
            let from =
              ((picture + n) * inHeight + y * strideHeight + i - padInfo.top) * row +
              (left * strideWidth + j - padInfo.left) * inChannels +
              c
            const at = place + (n * outHeight + y) * outWidth
            for (let to = at + left, end = at + right; to < end; to++, from += step) out[to] = x[from]!
          }
        }
      }
    }
  }
}

/** dW = patches(x) · dy: [filterHeight, filterWidth, inChannels, outChannels]. */
function filterGradient(args: {
  inputs: { x: TensorInfo; dy: TensorInfo }
  backend: BackendWasm
  attrs: Attrs & { filterShape: number[] }
}): TensorInfo {
  const { inputs, backend, attrs } = args
  const conv = describe(inputs.x.shape, attrs.filterShape, attrs)
  const inner = conv.filterHeight * conv.filterWidth * conv.inChannels
  const area = conv.outHeight * conv.outWidth
  const out = backend.makeOutput(attrs.filterShape, 'float32')
  floats(backend, out).fill(0)
  const chunk = chunkOf(conv)
  for (let picture = 0; picture < conv.batchSize; picture += chunk) {
    const count = Math.min(chunk, conv.batchSize - picture)
    const columns = backend.makeOutput([inner, count * area], 'float32')
    patches(floats(backend, inputs.x), floats(backend, columns), conv, picture, count)
    const dy = view(backend, inputs.dy, picture * area * conv.outChannels, [count * area, conv.outChannels])
    const part = call(backend, 'BatchMatMul', { a: columns, b: dy }, { transposeA: false, transposeB: false })
    const sum = floats(backend, out)
    const add = floats(backend, part)
    for (let i = 0; i < sum.length; i++) sum[i]! += add[i]!
    dropView(backend, dy)
    backend.disposeData(columns.dataId)
    backend.disposeData(part.dataId)
  }
  return out
}

/** Adds patches, [pictures · outHeight · outWidth, filterHeight · filterWidth · inChannels], back to where they were cut out. */
function unpatch(columns: Float32Array, x: Float32Array, conv: Conv, picture: number, count: number): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth, padInfo } =
    conv
  let from = 0
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < outHeight; y++) {
      for (let column = 0; column < outWidth; column++) {
        for (let i = 0; i < filterHeight; i++) {
          const row = y * strideHeight + i - padInfo.top
          if (row < 0 || row >= inHeight) {
            from += filterWidth * inChannels
            continue
          }
          const first = column * strideWidth - padInfo.left
          const start = ((picture + n) * inHeight + row) * inWidth
          for (let j = 0; j < filterWidth; j++, from += inChannels) {
            if (first + j < 0 || first + j >= inWidth) continue
            const to = (start + first + j) * inChannels
            for (let c = 0; c < inChannels; c++) x[to + c]! += columns[from + c]!
          }
        }
      }
    }
  }
}

/** dx = unpatch(dy · Wᵀ): the input's shape. Also the forward pass of a transposed convolution. */
function inputGradient(args: {
  inputs: { dy: TensorInfo; filter: TensorInfo }
  backend: BackendWasm
  attrs: Attrs & { inputShape: number[] }
}): TensorInfo {
  const { inputs, backend, attrs } = args
  const conv = describe(attrs.inputShape, inputs.filter.shape, attrs)
  const inner = conv.filterHeight * conv.filterWidth * conv.inChannels
  const area = conv.outHeight * conv.outWidth
  const out = backend.makeOutput(conv.inShape, 'float32')
  floats(backend, out).fill(0)
  const filter = view(backend, inputs.filter, 0, [inner, conv.outChannels])
  const turned = call(backend, 'Transpose', { x: filter }, { perm: [1, 0] })
  dropView(backend, filter)
  const chunk = chunkOf(conv)
  for (let picture = 0; picture < conv.batchSize; picture += chunk) {
    const count = Math.min(chunk, conv.batchSize - picture)
    const dy = view(backend, inputs.dy, picture * area * conv.outChannels, [count * area, conv.outChannels])
    const columns = call(backend, 'BatchMatMul', { a: dy, b: turned }, { transposeA: false, transposeB: false })
    unpatch(floats(backend, columns), floats(backend, out), conv, picture, count)
    dropView(backend, dy)
    backend.disposeData(columns.dataId)
  }
  backend.disposeData(turned.dataId)
  return out
}

export const convGradients = [
  {
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: filterGradient as unknown as KernelConfig['kernelFunc'],
  },
  { kernelName: 'Conv2DBackpropInput', backendName: 'wasm', kernelFunc: inputGradient as unknown as KernelConfig['kernelFunc'] },
] satisfies KernelConfig[]
