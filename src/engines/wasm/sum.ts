/** Sums over leading axes, as the gradient of every bias is. The backend's own turns the whole tensor around first. */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { floats, type BackendWasm } from './backend'

interface Args {
  inputs: { x: TensorInfo }
  backend: BackendWasm
  attrs: { axis: number | number[]; keepDims: boolean }
}

export function sum(own: KernelConfig): KernelConfig {
  const run = (args: Args): TensorInfo => {
    const { inputs, backend, attrs } = args
    const { x } = inputs
    const axes = tf.util.parseAxisParam(attrs.axis, x.shape).toSorted((a, b) => a - b)
    const rest = x.shape.slice(axes.length)
    const columns = tf.util.sizeFromShape(rest)
    const leading = axes.every((axis, i) => axis === i) && axes.length > 0 && axes.length < x.shape.length
    if (!leading || columns === 1 || x.dtype !== 'float32') return own.kernelFunc(args as never) as TensorInfo
    const out = backend.makeOutput(attrs.keepDims ? [...axes.map(() => 1), ...rest] : rest, 'float32')
    // Doubles: a bias of a large picture sums a million terms.
    const sums = new Float64Array(columns)
    const values = floats(backend, x)
    for (let at = 0; at < values.length; at += columns) for (let i = 0; i < columns; i++) sums[i]! += values[at + i]!
    floats(backend, out).set(sums)
    return out
  }
  return { ...own, kernelFunc: run as unknown as KernelFunc }
}
