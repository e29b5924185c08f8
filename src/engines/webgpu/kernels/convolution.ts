/**
 * Convolutions and both their gradients as products of matrices whose numbers are found while they are loaded. tfjs's gradients
 * divide places as floating-point numbers, which is not exact on every device, and find each weight's gradient in one long loop.
 */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { Backend } from '../backend'
import { multiply, type Operand } from './gemm'

type Describe = typeof backend_util.computeConv2DInfo
type Conv = backend_util.Conv2DInfo

interface Attrs {
  strides: number | [number, number]
  pad: Parameters<Describe>[4]
  dimRoundingMode?: Parameters<Describe>[5]
  dataFormat?: 'NHWC' | 'NCHW'
  dilations?: number | [number, number]
}

function describe(input: number[], filter: number[], { strides, pad, dimRoundingMode, dataFormat, dilations }: Attrs): Conv {
  if (dataFormat === 'NCHW') throw new Error('convolutions are NHWC on the webgpu engine')
  const [x, f] = [input, filter] as [[number, number, number, number], [number, number, number, number]]
  return backend_util.computeConv2DInfo(x, f, strides, dilations ?? 1, pad, dimRoundingMode)
}

/** What every one of the three needs to know, in this order. */
const UNIFORMS = [
  ...['inHeight', 'inWidth', 'inChannels', 'outHeight', 'outWidth', 'outChannels', 'filterHeight', 'filterWidth'],
  ...['strideY', 'strideX', 'padY', 'padX', 'dilationY', 'dilationX'],
]
const numbersOf = (conv: Conv): number[] => [
  ...[conv.inHeight, conv.inWidth, conv.inChannels, conv.outHeight, conv.outWidth, conv.outChannels],
  ...[conv.filterHeight, conv.filterWidth, conv.strideHeight, conv.strideWidth, conv.padInfo.top, conv.padInfo.left],
  ...[conv.dilationHeight, conv.dilationWidth],
]

/** An output pixel: its picture, and where its first tap lies in the input. */
const PIXEL = `
  let x = index % uniforms.outWidth;
  let rest = index / uniforms.outWidth;
  let y = rest % uniforms.outHeight;
  return vec4<i32>(rest / uniforms.outHeight, y * uniforms.strideY - uniforms.padY, x * uniforms.strideX - uniforms.padX, 0);`
/** A tap of one channel: how far it lies from the first. */
const TAP = `
  let channel = index % uniforms.inChannels;
  let tap = index / uniforms.inChannels;
  return vec4<i32>(0, (tap / uniforms.filterWidth) * uniforms.dilationY, (tap % uniforms.filterWidth) * uniforms.dilationX, channel);`
/** The input there; 0 beyond the edge. */
const INPUT = `
  let at = outer + inner;
  if (at.y < 0 || at.y >= uniforms.inHeight || at.z < 0 || at.z >= uniforms.inWidth) { return 0.0; }
  return x[((at.x * uniforms.inHeight + at.y) * uniforms.inWidth + at.z) * uniforms.inChannels + at.w];`

/** A matrix in memory, of `columns` columns, whose columns are the outer side. */
const rowsOf = (name: string, columns: string): Operand => ({
  contiguous: 'outer',
  outer: 'return vec4<i32>(index, 0, 0, 0);',
  inner: `return vec4<i32>(index * ${columns}, 0, 0, 0);`,
  read: `return ${name}[outer.x + inner.x];`,
})

/** Pixels × taps times taps × filters. */
function forward({
  inputs: { x, filter },
  backend,
  attrs,
}: {
  inputs: { x: TensorInfo; filter: TensorInfo }
  backend: Backend
  attrs: Attrs
}): TensorInfo {
  const conv = describe(x.shape, filter.shape, attrs)
  return multiply(
    backend,
    {
      name: 'convolution',
      inputs: ['x', 'w'],
      uniforms: UNIFORMS,
      numbers: numbersOf(conv),
      left: { contiguous: 'inner', outer: PIXEL, inner: TAP, read: INPUT },
      right: rowsOf('w', 'uniforms.outChannels'),
      place: 'return row * uniforms.outChannels;',
      products: 1,
      rows: conv.batchSize * conv.outHeight * conv.outWidth,
      columns: conv.outChannels,
      inner: conv.filterHeight * conv.filterWidth * conv.inChannels,
      shape: conv.outShape,
    },
    x,
    filter,
  )
}

/** Taps × pixels times pixels × filters. */
function byFilter({
  inputs: { x, dy },
  backend,
  attrs,
}: {
  inputs: { x: TensorInfo; dy: TensorInfo }
  backend: Backend
  attrs: Attrs & { filterShape: number[] }
}): TensorInfo {
  const conv = describe(x.shape, attrs.filterShape, attrs)
  return multiply(
    backend,
    {
      name: 'convolution_by_filter',
      inputs: ['x', 'dy'],
      uniforms: UNIFORMS,
      numbers: numbersOf(conv),
      left: { contiguous: 'outer', outer: TAP, inner: PIXEL, read: INPUT },
      right: rowsOf('dy', 'uniforms.outChannels'),
      place: 'return row * uniforms.outChannels;',
      products: 1,
      rows: conv.filterHeight * conv.filterWidth * conv.inChannels,
      columns: conv.outChannels,
      inner: conv.batchSize * conv.outHeight * conv.outWidth,
      shape: conv.filterShape,
    },
    x,
    dy,
  )
}

/**
 * By the input, and a transposed convolution. With a stride an input pixel meets only every stride-th tap, so the pixels fall into
 * stride × stride classes, each a product of its own with its own taps: pixel stride·i + a meets tap f when f ≡ a + pad (mod
 * stride), and then output pixel i + (a + pad − f) / stride.
 */
function byInput({
  inputs: { dy, filter },
  backend,
  attrs,
}: {
  inputs: { dy: TensorInfo; filter: TensorInfo }
  backend: Backend
  attrs: Attrs & { inputShape: number[] }
}): TensorInfo {
  const conv = describe(attrs.inputShape, filter.shape, attrs)
  if (conv.dilationHeight > 1 || conv.dilationWidth > 1) throw new Error('the gradient of a dilated convolution is not supported')
  const [high, wide] = [Math.ceil(conv.inHeight / conv.strideHeight), Math.ceil(conv.inWidth / conv.strideWidth)]
  const [tapsY, tapsX] = [Math.ceil(conv.filterHeight / conv.strideHeight), Math.ceil(conv.filterWidth / conv.strideWidth)]
  const classOf = `
    let classY = z / uniforms.strideX;
    let classX = z % uniforms.strideX;`
  return multiply(
    backend,
    {
      name: 'convolution_by_input',
      inputs: ['dy', 'w'],
      uniforms: [...UNIFORMS, 'high', 'wide', 'tapsX'],
      numbers: [...numbersOf(conv), high, wide, tapsX],
      left: {
        contiguous: 'inner',
        outer: `
          ${classOf}
          let x = index % uniforms.wide;
          let rest = index / uniforms.wide;
          return vec4<i32>(rest / uniforms.high, rest % uniforms.high + (classY + uniforms.padY) / uniforms.strideY,
                           x + (classX + uniforms.padX) / uniforms.strideX, 0);`,
        inner: `
          let tap = index / uniforms.outChannels;
          return vec4<i32>(0, -(tap / uniforms.tapsX), -(tap % uniforms.tapsX), index % uniforms.outChannels);`,
        read: `
          let at = outer + inner;
          if (at.y < 0 || at.y >= uniforms.outHeight || at.z < 0 || at.z >= uniforms.outWidth) { return 0.0; }
          return dy[((at.x * uniforms.outHeight + at.y) * uniforms.outWidth + at.z) * uniforms.outChannels + at.w];`,
      },
      right: {
        contiguous: 'inner',
        outer: 'return vec4<i32>(0, 0, index, 0);',
        inner: `
          ${classOf}
          let tap = index / uniforms.outChannels;
          return vec4<i32>((tap / uniforms.tapsX) * uniforms.strideY + (classY + uniforms.padY) % uniforms.strideY,
                           (tap % uniforms.tapsX) * uniforms.strideX + (classX + uniforms.padX) % uniforms.strideX,
                           0, index % uniforms.outChannels);`,
        // A class may have a tap less than the largest.
        read: `
          if (inner.x >= uniforms.filterHeight || inner.y >= uniforms.filterWidth) { return 0.0; }
          return w[((inner.x * uniforms.filterWidth + inner.y) * uniforms.inChannels + outer.z) * uniforms.outChannels + inner.w];`,
      },
      // A class may have a pixel less than the largest.
      place: `
        ${classOf}
        let rest = row / uniforms.wide;
        let x = (row % uniforms.wide) * uniforms.strideX + classX;
        let y = (rest % uniforms.high) * uniforms.strideY + classY;
        if (x >= uniforms.inWidth || y >= uniforms.inHeight) { return -1; }
        return (((rest / uniforms.high) * uniforms.inHeight + y) * uniforms.inWidth + x) * uniforms.inChannels;`,
      products: conv.strideHeight * conv.strideWidth,
      rows: conv.batchSize * high * wide,
      columns: conv.inChannels,
      inner: tapsY * tapsX * conv.outChannels,
      shape: conv.inShape,
    },
    dy,
    filter,
  )
}

export const convolutions = { Conv2D: forward, Conv2DBackpropFilter: byFilter, Conv2DBackpropInput: byInput }
