/** Sums and running sums and products, in a fixed order. */
import { backend_util, util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import type { Backend } from '../backend'
import { runFlat, runGrid } from '../program'

/** Rows that one invocation adds, one after the other. */
const ROWS = 128

/**
 * Sums over the first axis: `rows` times the numbers of `shape`, given as `shape`. Long columns are added in parts, in a fixed order.
 * `dispose`: x is not needed afterwards.
 */
export function sumRows(backend: Backend, x: TensorInfo, rows: number, shape: number[], dispose = false): TensorInfo {
  const width = util.sizeFromShape(shape)
  const parts = Math.max(1, Math.ceil(rows / ROWS))
  const sums = runFlat(
    backend,
    {
      name: 'sum_rows',
      inputs: ['x'],
      uniforms: ['width', 'rows', 'each'],
      body: `
        let first = (index / uniforms.width) * uniforms.each;
        let last = min(first + uniforms.each, uniforms.rows);
        let column = index % uniforms.width;
        var sum = 0.0;
        for (var row = first; row < last; row++) { sum += f32(x[row * uniforms.width + column]); }
        setOutputAtIndex(index, sum);`,
    },
    [x],
    { shape: parts === 1 ? shape : [parts, width], dtype: x.dtype === 'bool' ? 'int32' : x.dtype },
    [width, rows, Math.ceil(rows / parts)],
  )
  if (dispose) backend.disposeData(x.dataId)
  return parts === 1 ? sums : sumRows(backend, sums, parts, shape, true)
}

interface SumArgs {
  inputs: { x: TensorInfo }
  backend: Backend
  attrs: { axis: number | number[]; keepDims: boolean }
}

/**
 * tfjs's (`own`) turns the whole tensor around when the axes are not the last ones; for the first ones, as of a bias, that is not
 * needed.
 */
export const sum =
  (own: KernelFunc) =>
  (args: SumArgs): TensorInfo => {
    const { inputs, backend, attrs } = args
    const { shape } = inputs.x
    const axes = util.parseAxisParam(attrs.axis, shape)
    const leading = axes.length < shape.length && axes.every((axis, i) => axis === i)
    const empty = util.sizeFromShape(shape) === 0
    if (!empty && (!leading || inputs.x.dtype !== 'float32')) return own(args as never) as TensorInfo
    const [kept, summed] = backend_util.computeOutAndReduceShapes(shape, axes)
    const output = attrs.keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept
    return sumRows(backend, inputs.x, util.sizeFromShape(summed), output)
  }

/**
 * Sums rows by segment: the gradient of `gather`. tfjs's adds by atomics, in another order every time. Indices outside of
 * [0, numSegments) are left out.
 */
export function segmentSum({
  inputs: { x, segmentIds },
  backend,
  attrs: { numSegments },
}: {
  inputs: { x: TensorInfo; segmentIds: TensorInfo }
  backend: Backend
  attrs: { numSegments: number }
}): TensorInfo {
  const rest = x.shape.slice(segmentIds.shape.length)
  return runFlat(
    backend,
    {
      name: 'segment_sum',
      inputs: ['x', 'ids'],
      uniforms: ['width', 'rows'],
      body: `
        let segment = index / uniforms.width;
        let column = index % uniforms.width;
        var sum = 0.0;
        for (var row = 0; row < uniforms.rows; row++) {
          if (i32(ids[row]) == segment) { sum += f32(x[row * uniforms.width + column]); }
        }
        setOutputAtIndex(index, sum);`,
    },
    [x, segmentIds],
    { shape: [numSegments, ...rest], dtype: x.dtype },
    [util.sizeFromShape(rest), util.sizeFromShape(segmentIds.shape)],
  )
}

const SCANNERS = 128

interface CumulativeArgs {
  inputs: { x: TensorInfo }
  backend: Backend
  attrs: { axis: number; exclusive: boolean; reverse: boolean }
}

/** tfjs's keeps the program of the first length that it met for all others. Here a workgroup goes along a line. */
export const cumulative =
  (sign: '+' | '*') =>
  ({ inputs: { x }, backend, attrs: { axis, exclusive, reverse } }: CumulativeArgs): TensorInfo => {
    const [along] = util.parseAxisParam(axis, x.shape) as [number]
    const length = x.shape[along]!
    const stride = util.sizeFromShape(x.shape.slice(along + 1))
    const lines = util.sizeFromShape(x.shape) / length
    const none = sign === '+' ? '0.0' : '1.0'
    const step = `let i = ${reverse ? 'uniforms.length - 1 - at' : 'at'}; let place = base + i * uniforms.stride;`
    return runGrid(
      backend,
      {
        name: `cumulative_${sign}_${reverse}_${exclusive}`,
        inputs: ['x'],
        uniforms: ['length', 'stride', 'lines', 'each'],
        workgroup: [SCANNERS, 1, 1],
        code: `
          var<workgroup> parts : array<f32, ${SCANNERS}>;
          fn main() {
            let line = i32(workgroupId.y * numWorkgroups.x + workgroupId.x);
            let base = (line / uniforms.stride) * uniforms.stride * uniforms.length + line % uniforms.stride;
            let first = i32(localIndex) * uniforms.each;
            let last = select(0, min(first + uniforms.each, uniforms.length), line < uniforms.lines);
            var so = ${none};
            for (var at = first; at < last; at++) { ${step} so = so ${sign} f32(x[place]); }
            parts[localIndex] = so;
            workgroupBarrier();
            so = ${none};
            for (var before = 0u; before < localIndex; before++) { so = so ${sign} parts[before]; }
            for (var at = first; at < last; at++) {
              ${step}
              let next = so ${sign} f32(x[place]);
              setOutputAtIndex(place, ${exclusive ? 'so' : 'next'});
              so = next;
            }
          }`,
      },
      inGrid(lines),
      [x],
      { shape: x.shape, dtype: x.dtype === 'bool' ? 'int32' : x.dtype },
      [length, stride, lines, Math.ceil(length / SCANNERS)],
    )
  }

/** At least so many workgroups, none of the sides longer than every device allows. */
function inGrid(groups: number): [number, number, number] {
  const across = Math.min(groups, 32_768)
  return [across, Math.ceil(groups / across), 1]
}
