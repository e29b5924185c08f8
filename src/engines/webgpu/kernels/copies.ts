/** Copies of numbers in another order, for any number of axes and every type. */
import { backend_util, util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import type { Backend } from '../backend'
import { runFlat } from '../program'

/** tfjs's reads tensors of more than four axes back. Here each axis that is repeated is one copy, whatever the others are. */
export function tile({
  inputs: { x },
  backend,
  attrs: { reps },
}: {
  inputs: { x: TensorInfo }
  backend: Backend
  attrs: { reps: number[] }
}): TensorInfo {
  let current = x
  const shape = [...x.shape]
  reps.forEach((times, axis) => {
    // The last copy is made in any case: an output is never its input.
    if (times === 1 && !(axis === reps.length - 1 && current === x)) return
    const inner = util.sizeFromShape(shape.slice(axis))
    shape[axis]! *= times
    const copy = runFlat(
      backend,
      {
        name: 'tile',
        inputs: ['x'],
        uniforms: ['inner', 'times'],
        body: `
          let outer = index / (uniforms.inner * uniforms.times);
          result[index] = x[outer * uniforms.inner + index % uniforms.inner];`,
      },
      [current],
      { shape: [...shape], dtype: x.dtype },
      [inner, times],
    )
    if (current !== x) backend.disposeData(current.dataId)
    current = copy
  })
  return current
}

interface TransposeArgs {
  inputs: { x: TensorInfo }
  backend: Backend
  attrs: { perm: number[] }
}

/** tfjs's (`own`) is faulty for all but floating-point numbers: its code for them is refused. */
export const transpose =
  (own: KernelFunc) =>
  (args: TransposeArgs): TensorInfo => {
    const { inputs, backend, attrs } = args
    return inputs.x.dtype === 'float32' ? (own(args as never) as TensorInfo) : turn(backend, inputs.x, attrs.perm)
  }

function turn(backend: Backend, x: TensorInfo, perm: number[]): TensorInfo {
  const shape = perm.map((axis) => x.shape[axis]!)
  const [to, from] = [util.computeStrides(shape).concat(1), util.computeStrides(x.shape).concat(1)]
  const steps = shape.map((_, i) => `place += (rest / uniforms.to${i}) * uniforms.from${i}; rest = rest % uniforms.to${i};`)
  return runFlat(
    backend,
    {
      name: `transpose_${shape.length}`,
      inputs: ['x'],
      uniforms: shape.flatMap((_, i) => [`to${i}`, `from${i}`]),
      body: `var rest = index; var place = 0; ${steps.join(' ')} result[index] = x[place];`,
    },
    [x],
    { shape, dtype: x.dtype },
    shape.flatMap((_, i) => [to[i]!, from[perm[i]!]!]),
  )
}

interface ReduceArgs {
  inputs: { x: TensorInfo }
  backend: Backend
  attrs: { axis: number | number[]; keepDims: boolean }
}

/** tfjs's All and Any (`own`) turn the axes with the faulty code; here they get the last ones. */
export const logical =
  (own: KernelFunc) =>
  (args: ReduceArgs): TensorInfo => {
    const { inputs, backend, attrs } = args
    const { x } = inputs
    const axes = util.parseAxisParam(attrs.axis, x.shape)
    const perm = backend_util.getAxesPermutation(axes, x.shape.length)
    if (!perm) return own(args as never) as TensorInfo
    const turned = turn(backend, x, perm)
    const axis = backend_util.getInnerMostAxes(axes.length, x.shape.length)
    const found = own({ inputs: { x: turned }, backend, attrs: { axis, keepDims: false } } as never) as TensorInfo
    backend.disposeData(turned.dataId)
    return attrs.keepDims ? { ...found, shape: backend_util.expandShapeToKeepDim(found.shape, axes) } : found
  }

/** tfjs's (`own`) gives one number as a list of one. */
export const ordering =
  (own: KernelFunc) =>
  (args: { inputs: { x: TensorInfo } }): TensorInfo => {
    const found = own(args as never) as TensorInfo
    return args.inputs.x.shape.length === 1 ? { ...found, shape: [] } : found
  }
