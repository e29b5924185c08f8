/**
 * Convolutions and both their gradients as matrix products of patches (Chellapilla, Puri & Simard 2006), on all threads.
 * The backend has no filter gradient at all, an input gradient without SIMD, and a forward pass without fused multiply-add.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { address, allocate, floats, free, type BackendWasm } from './backend'
import { COLUMNS, ROWS } from './simd-multiply'
import { PACKING } from './pool'
import type { Job, Pool } from './pool'

type Conv = tf.backend_util.Conv2DInfo
type Describe = typeof tf.backend_util.computeConv2DInfo

interface Attrs {
  strides: number | [number, number]
  pad: Parameters<Describe>[4]
  dimRoundingMode: Parameters<Describe>[5]
  dataFormat: 'NHWC' | 'NCHW'
}

/** Bytes of patches that a unit works on: they stay in the second cache. */
const PATCHES = 1 << 18
/** Pixels of a chunk of the filter gradient. */
const CHUNK = 512

const panels = (columns: number): number => Math.ceil(columns / COLUMNS)
const padded = (count: number): number => (count * 4 + 63) & ~63

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

/** A job that multiplies patches of every picture by packed `b` and writes pixels of `c` that may lie apart. */
interface Patchwork {
  x: number
  pictures: number
  height: number
  width: number
  channels: number
  /** Output pixels: how many, and bytes between them in `c`. */
  outHeight: number
  outWidth: number
  pixelStride: number
  rowStride: number
  pictureStride: number
  filterHeight: number
  filterWidth: number
  strideY: number
  strideX: number
  originY: number
  originX: number
  b: number
  c: number
  columns: number
}

function patchwork(p: Patchwork): Job {
  const area = p.outHeight * p.outWidth
  const inner = p.filterHeight * p.filterWidth * p.channels
  const fitting = Math.floor(PATCHES / (inner * 4) / ROWS) * ROWS
  const size = Math.min(area, Math.max(ROWS, fitting))
  return {
    kind: 'convolve',
    units: p.pictures * Math.ceil(area / size),
    scratch: padded(size) + padded(size * inner),
    parameters: [
      ...[
        p.x,
        p.height * p.width * p.channels * 4,
        p.b,
        p.c,
        p.pictureStride,
        area,
        size,
        inner,
        p.columns,
        p.pixelStride,
        p.rowStride,
      ],
      ...[p.outWidth, p.filterHeight, p.filterWidth, p.strideY, p.strideX, p.originY, p.originX, p.height, p.width, p.channels],
    ],
  }
}

const operations = (conv: Conv): number =>
  2 * conv.batchSize * conv.outHeight * conv.outWidth * conv.filterHeight * conv.filterWidth * conv.inChannels * conv.outChannels

/** The convolution kernels on these threads. `own`: the backend's forward pass, for what ours does not do. */
export function convolutions(pool: Pool, own: KernelConfig): KernelConfig[] {
  interface ForwardArgs {
    inputs: { x: TensorInfo; filter: TensorInfo }
    backend: BackendWasm
    attrs: Attrs & { dilations: number | [number, number] }
  }

  /** y = patches(x) · W. */
  const forward = (args: ForwardArgs): TensorInfo => {
    const { inputs, backend, attrs } = args
    if (attrs.dataFormat === 'NCHW' || [attrs.dilations].flat().some((dilation) => dilation > 1))
      return own.kernelFunc(args as never) as TensorInfo
    const conv = describe(inputs.x.shape, inputs.filter.shape, attrs)
    const { outWidth, outChannels } = conv
    const inner = conv.filterHeight * conv.filterWidth * conv.inChannels
    const out = backend.makeOutput(conv.outShape, 'float32')
    const b = allocate(backend, panels(outChannels) * inner * 32)
    pool.kernels.pack(address(backend, inputs.filter), outChannels * 4, 4, b, inner * 32, inner, outChannels)
    const job = patchwork({
      ...geometry(conv),
      x: address(backend, inputs.x),
      outHeight: conv.outHeight,
      outWidth,
      pixelStride: outChannels * 4,
      rowStride: outWidth * outChannels * 4,
      pictureStride: conv.outHeight * outWidth * outChannels * 4,
      b,
      c: address(backend, out),
      columns: outChannels,
    })
    pool.run([job], operations(conv))
    free(backend, b)
    return out
  }

  interface FilterArgs {
    inputs: { x: TensorInfo; dy: TensorInfo }
    backend: BackendWasm
    attrs: Attrs & { filterShape: number[] }
  }

  /** dW = patches(x)ᵀ · dy. */
  const filterGradient = ({ inputs, backend, attrs }: FilterArgs): TensorInfo => {
    const conv = describe(inputs.x.shape, attrs.filterShape, attrs)
    const { outChannels, inChannels } = conv
    const inner = conv.filterHeight * conv.filterWidth * inChannels
    const area = conv.outHeight * conv.outWidth
    const rows = conv.batchSize * area
    const out = backend.makeOutput(attrs.filterShape, 'float32')
    const b = allocate(backend, panels(outChannels) * rows * 32)
    const piece = 4096
    pool.run(
      [
        {
          kind: 'pack',
          units: Math.ceil(rows / piece),
          scratch: 0,
          parameters: [address(backend, inputs.dy), 0, outChannels * 4, 4, b, 0, rows, outChannels, piece],
        },
      ],
      rows * outChannels * PACKING,
    )
    // Units of 12 places fill the registers' 6 rows and the turning's 4; three units a thread even out who comes late.
    const share = Math.min(96, Math.max(12, Math.ceil(inner / (3 * pool.threads) / 12) * 12))
    const size = area >= CHUNK ? CHUNK : Math.floor(CHUNK / area) * area
    const { originY, originX, strideY, strideX, height, width } = geometry(conv)
    pool.run(
      [
        {
          kind: 'filterGradient',
          units: Math.ceil(inner / share),
          scratch: padded(share) + share * size * 4,
          parameters: [
            ...[address(backend, inputs.x), height * width * inChannels * 4, b, rows * 32, address(backend, out), inner, share],
            ...[outChannels, conv.batchSize, area, size],
            ...[
              conv.outWidth,
              conv.filterWidth,
              strideY,
              strideX,
              originY,
              originX,
              height,
              width,
              inChannels,
              inChannels % 4 === 0 ? 4 : 1,
            ],
          ],
        },
      ],
      operations(conv),
    )
    free(backend, b)
    return out
  }

  interface InputArgs {
    inputs: { dy: TensorInfo; filter: TensorInfo }
    backend: BackendWasm
    attrs: Attrs & { inputShape: number[] }
  }

  /**
   * dx, which is also the forward pass of a transposed convolution. Input pixels whose place modulo the stride is the same meet
   * the same taps of the filter, so each of these phases is a plain convolution of dy with the taps turned around (Shi et al.
   * 2016, "sub-pixel convolution"): no product is with a zero, and nothing has to be added up afterwards.
   */
  const inputGradient = ({ inputs, backend, attrs }: InputArgs): TensorInfo => {
    const conv = describe(attrs.inputShape, inputs.filter.shape, attrs)
    const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = conv
    const out = backend.makeOutput(conv.inShape, 'float32')
    const filter = address(backend, inputs.filter)
    const ys = phases(conv.strideHeight, conv.padInfo.top, conv.filterHeight, inHeight)
    const xs = phases(conv.strideWidth, conv.padInfo.left, conv.filterWidth, inWidth)
    if (ys.length < Math.min(conv.strideHeight, inHeight) || xs.length < Math.min(conv.strideWidth, inWidth))
      floats(backend, out).fill(0)
    const packed: number[] = []
    const jobs = ys.flatMap((y) =>
      xs.map((x) => {
        const inner = y.taps.length * x.taps.length * outChannels
        const b = allocate(backend, panels(inChannels) * inner * 32)
        packed.push(b)
        y.taps.forEach((i, row) =>
          x.taps.forEach((j, column) => {
            const from = filter + (i * conv.filterWidth + j) * inChannels * outChannels * 4
            const to = b + (row * x.taps.length + column) * outChannels * 32
            pool.kernels.pack(from, 4, outChannels * 4, to, inner * 32, outChannels, inChannels)
          }),
        )
        return patchwork({
          x: address(backend, inputs.dy),
          pictures: conv.batchSize,
          height: outHeight,
          width: outWidth,
          channels: outChannels,
          outHeight: y.count,
          outWidth: x.count,
          pixelStride: conv.strideWidth * inChannels * 4,
          rowStride: conv.strideHeight * inWidth * inChannels * 4,
          pictureStride: inHeight * inWidth * inChannels * 4,
          filterHeight: y.taps.length,
          filterWidth: x.taps.length,
          strideY: 1,
          strideX: 1,
          originY: y.origin,
          originX: x.origin,
          b,
          c: address(backend, out) + (y.first * inWidth + x.first) * inChannels * 4,
          columns: inChannels,
        })
      }),
    )
    for (let i = 0; i < jobs.length; i += 16) pool.run(jobs.slice(i, i + 16), operations(conv))
    for (const b of packed) free(backend, b)
    return out
  }

  const kernels = { Conv2DBackpropFilter: filterGradient, Conv2DBackpropInput: inputGradient }
  return [
    { ...own, kernelFunc: forward as unknown as KernelFunc },
    ...Object.entries(kernels).map(([kernelName, run]) => ({
      kernelName,
      backendName: 'wasm',
      kernelFunc: run as unknown as KernelFunc,
    })),
  ]
}

function geometry(conv: Conv) {
  return {
    pictures: conv.batchSize,
    height: conv.inHeight,
    width: conv.inWidth,
    channels: conv.inChannels,
    filterHeight: conv.filterHeight,
    filterWidth: conv.filterWidth,
    strideY: conv.strideHeight,
    strideX: conv.strideWidth,
    originY: -conv.padInfo.top,
    originX: -conv.padInfo.left,
  }
}

/**
 * Along one axis: input places `first`, `first` + stride … (`count` of them) meet the taps `taps`, in the order of the outputs
 * that they belong to, which begin at output `origin` + n for the n-th place. Phases that meet no tap are left out.
 */
function phases(
  stride: number,
  pad: number,
  filter: number,
  size: number,
): { first: number; count: number; taps: number[]; origin: number }[] {
  return Array.from({ length: Math.min(stride, size) }, (_, first) => {
    const least = (first + pad) % stride
    const taps = Array.from({ length: Math.max(0, Math.ceil((filter - least) / stride)) }, (_, i) => least + i * stride).reverse()
    const origin = (first + pad - least) / stride - taps.length + 1
    return { first, count: Math.ceil((size - first) / stride), taps, origin }
  }).filter((phase) => phase.taps.length > 0)
}
