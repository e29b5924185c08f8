/** tfjs-node's kernels on our binding, and our own in the place of those that are slow or read tensors back in a step. */
import { createRequire } from 'node:module'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig, Tensor, TensorInfo } from '@tensorflow/tfjs-core'
import type * as NodeBackend from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend'
import type { Binding } from './binding'

/** Not called `require`: the bundler brings one of that name to a file that uses it. */
const load = createRequire(import.meta.url)

interface Args<Inputs extends string, Attrs = object> {
  inputs: Record<Inputs, TensorInfo>
  backend: NodeBackend.NodeJSKernelBackend
  attrs: Attrs
}

/** tfjs-node calls two old helpers of `util`: one is gone since Node 23, the other warns. They come back before its files load. */
function restoreUtil(): void {
  const util = load('node:util') as Record<string, unknown>
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined
  util.isArray = Array.isArray
}

/** Registers the backend `tensorflow` and its kernels. tfjs-node's `index.js` is left alone: it loads the addon that we replace. */
export function registerBackend(binding: Binding): void {
  restoreUtil()
  const node = load('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend') as typeof NodeBackend
  load('@tensorflow/tfjs-node-gpu/dist/register_all_kernels')
  tf.registerBackend('tensorflow', () => new node.NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), 3)

  const typeAttribute = (name: string, type: tf.DataType) => ({ name, type: binding.TF_ATTR_TYPE, value: node.getTFDType(type) })

  /** tfjs-node's own reads every index to check it, which stops the step; TensorFlow checks them itself. */
  const gather = ({
    inputs: { x, indices },
    backend,
    attrs,
  }: Args<'x' | 'indices', { axis: number; batchDims: number }>): TensorInfo => {
    tf.backend_util.segment_util.collectGatherOpShapeInfo(x as Tensor, indices as Tensor, attrs.axis, attrs.batchDims)
    const axis = tf.scalar(attrs.axis, 'int32')
    const attributes = [
      { name: 'batch_dims', type: binding.TF_ATTR_INT, value: attrs.batchDims },
      typeAttribute('Tparams', x.dtype),
      typeAttribute('Tindices', indices.dtype),
      typeAttribute('Taxis', 'int32'),
    ]
    const picked = backend.executeSingleOutput('GatherV2', attributes, [x, indices, axis])
    axis.dispose()
    return picked
  }

  /** In 2 or 4 ops instead of 7. Not a number stays not a number. */
  const ownStep = tf.getKernel('Step', 'tensorflow').kernelFunc
  const step = (args: Args<'x', { alpha: number }>): TensorInfo => {
    const { inputs, backend, attrs } = args
    if (inputs.x.dtype !== 'float32') return ownStep(args as never) as TensorInfo
    return tf.tidy(() => {
      const positive = backend.executeSingleOutput(
        'Sign',
        [typeAttribute('T', 'float32')],
        [backend.executeSingleInput('Relu', inputs.x)],
      )
      return attrs.alpha === 0 ? positive : tf.add(tf.mul(positive, 1 - attrs.alpha), attrs.alpha)
    })
  }

  /** A bias along the last axis, which TensorFlow adds faster than any other broadcast. */
  const ownAdd = tf.getKernel('Add', 'tensorflow').kernelFunc
  const add = (args: Args<'a' | 'b'>): TensorInfo => {
    const { a, b } = args.inputs
    const isBias =
      a.shape.length > 1 &&
      b.shape.length === 1 &&
      b.shape[0] === a.shape.at(-1) &&
      a.dtype === 'float32' &&
      b.dtype === 'float32'
    if (!isBias) return ownAdd(args as never) as TensorInfo
    return args.backend.executeSingleOutput('BiasAdd', [typeAttribute('T', 'float32')], [a, b])
  }

  /**
   * TensorFlow has two ops for a product of two matrices. Measured with 2 threads: `MatMul` costs a tenth of a millisecond less, which
   * is all that a recurrent cell's product takes; `BatchMatMul` is up to 2.7 times faster where it has to turn a large right side, and
   * 1.2 times where the product is much larger than its factors.
   */
  const ownProduct = tf.getKernel('BatchMatMul', 'tensorflow').kernelFunc
  const product = (args: Args<'a' | 'b', { transposeA: boolean; transposeB: boolean }>): TensorInfo => {
    const { a, b } = args.inputs
    const { transposeA, transposeB } = args.attrs
    const turned = transposeB && tf.util.sizeFromShape(b.shape) > 65_536
    const numbers = a.shape.at(transposeA ? -1 : -2)! * b.shape.at(transposeB ? -2 : -1)!
    if (a.shape.length > 2 || b.shape.length > 2 || a.dtype !== 'float32' || turned || numbers > 2 ** 21)
      return ownProduct(args as never) as TensorInfo
    const flag = (name: string, value: boolean) => ({ name, type: binding.TF_ATTR_BOOL, value })
    const attributes = [typeAttribute('T', 'float32'), flag('transpose_a', transposeA), flag('transpose_b', transposeB)]
    return args.backend.executeSingleOutput('MatMul', attributes, [a, b])
  }

  /** The way back of an activation, from its output, in one pass. The last two have their inputs the other way round. */
  const slope =
    (op: string) =>
    ({ inputs: { dy, y }, backend, attrs: { alpha } }: Args<'dy' | 'y', { alpha?: number }>): TensorInfo => {
      const attributes: object[] = [typeAttribute('T', 'float32')]
      if (alpha !== undefined) attributes.push({ name: 'alpha', type: binding.TF_ATTR_FLOAT, value: alpha })
      return backend.executeSingleOutput(op, attributes as never, op.includes('Relu') ? [dy, y] : [y, dy])
    }
  const slopes = ['ReluGrad', 'LeakyReluGrad', 'SigmoidGrad', 'TanhGrad'].map((op) => [op, slope(op)] as const)

  const own = { GatherV2: gather, Step: step, Add: add, BatchMatMul: product }
  for (const kernelName of Object.keys(own)) tf.unregisterKernel(kernelName, 'tensorflow')
  for (const [kernelName, kernelFunc] of [...Object.entries(own), ...slopes])
    tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc: kernelFunc as unknown as KernelConfig['kernelFunc'] })
}
