/**
 * A tfjs backend that computes nothing: its tensors have a shape and no numbers. Code that runs on it makes and frees the same
 * buffers as on a real engine, in the same order, so the memory it would take is known without any being taken.
 */
import {
  backend_util,
  broadcast_util,
  engine,
  fill,
  KernelBackend,
  registerBackend,
  registerKernel,
  slice_util,
  tidy,
  util,
  variable,
} from '@tensorflow/tfjs-core'
import type { DataType, KernelFunc, Tensor, TensorInfo, Variable } from '@tensorflow/tfjs-core'

const BACKEND = 'shapes'

type Inputs = Record<string, TensorInfo>
type Out = Pick<TensorInfo, 'shape' | 'dtype'>

/** A call of a kernel, as a rule about it wants to know it. */
export interface Call {
  inputs: Inputs
  attrs: Attrs
}

/** Those attributes of kernels that the outputs' shapes depend on. */
interface Attrs {
  axis: number | number[]
  /** Max's `axis`. */
  reductionIndices: number | number[]
  keepDims: boolean
  transposeA: boolean
  transposeB: boolean
  dtype: DataType
  strides: number | [number, number]
  dilations: number | [number, number]
  pad: 'same' | 'valid' | number
  filterShape: [number, number, number, number]
  inputShape: [number, number, number, number]
  shape: number[]
  begin: number[]
  size: number[]
  paddings: [number, number][]
  reps: number[]
  perm: number[]
  numOrSizeSplits: number | number[]
  numSegments: number
  batchDims: number
}

/** Something that happened to buffers; a kernel uses its inputs before its outputs are made. */
export type BufferEvent =
  | { type: 'make'; buffer: number; bytes: number }
  | { type: 'free'; buffer: number }
  | { type: 'use'; buffers: number[]; inPlace: boolean }

/** Bytes that a kernel of the engine in question takes for itself while it runs. */
export type Scratch = (kernel: string, call: Call) => number

/**
 * What `run` does to buffers, in order, and its own marks among that. Everything that it uses must be made in it.
 * Throws where a kernel is not known here, or a tensor is read.
 */
export function bufferEvents<Mark>(run: (mark: (what: Mark) => void) => void, scratch: Scratch): (BufferEvent | Mark)[] {
  const tf = engine()
  const before = tf.backendName as string | undefined
  register()
  // Without `await`: a backend that starts at once is set at once, and nobody computes in between.
  void tf.setBackend(BACKEND)
  const backend = tf.backend as Shapes
  const events: (BufferEvent | Mark)[] = []
  backend.tell = (event) => events.push(event)
  backend.scratch = scratch
  try {
    run((what) => events.push(what))
    return events
  } finally {
    backend.tell = () => undefined
    if (before) void tf.setBackend(before)
  }
}

/** A tensor without numbers, while `bufferEvents` runs. */
export const blank = (shape: number[]): Tensor => fill(shape, 0)
export const blankVariable = (shape: number[], trainable = true): Variable => tidy(() => variable(blank(shape), trainable))

class Shapes extends KernelBackend {
  tell: (event: BufferEvent) => void = () => undefined
  scratch: Scratch = () => 0
  readonly #buffers = new Map<object, { buffer: number; references: number }>()
  #last = 0

  make(bytes: number): object {
    const id = {}
    this.#buffers.set(id, { buffer: ++this.#last, references: 1 })
    this.tell({ type: 'make', buffer: this.#last, bytes })
    return id
  }

  /** A kernel is called. `inPlace`: each number of its output comes from those at the same place, so it may take their room. */
  use(inputs: Inputs, inPlace: boolean): void {
    const buffers = Object.values(inputs).map(({ dataId }) => this.#buffers.get(dataId)!.buffer)
    this.tell({ type: 'use', buffers, inPlace })
  }

  /** A kernel's own memory, for as long as it runs. */
  pass(bytes: number): void {
    if (bytes > 0) this.disposeData(this.make(bytes))
  }

  override write(_: unknown, shape: number[], dtype: DataType): object {
    return this.make(bytesOf({ shape, dtype }))
  }
  override incRef(id: object): void {
    this.#buffers.get(id)!.references++
  }
  override refCount(id: object): number {
    return this.#buffers.get(id)?.references ?? 0
  }
  override disposeData(id: object, force = false): boolean {
    const found = this.#buffers.get(id)
    if (!found || (--found.references > 0 && !force)) return false
    this.#buffers.delete(id)
    this.tell({ type: 'free', buffer: found.buffer })
    return true
  }
  override readSync(): never {
    throw new Error('a tensor without numbers cannot be read')
  }
  override numDataIds(): number {
    return this.#buffers.size
  }
  override floatPrecision(): 32 {
    return 32
  }
  override epsilon(): number {
    return 1e-7
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: false }
  }
  override dispose(): void {
    this.#buffers.clear()
  }
}

const bytesOf = ({ shape, dtype }: Out): number => util.sizeFromShape(shape) * util.bytesPerElement(dtype as DataType)

type Rule = (call: Call) => number[] | number[][]

const shapeOf = ({ shape }: TensorInfo): number[] => shape
const same: Rule = ({ inputs }) => inputs.x!.shape
const broadcast: Rule = ({ inputs: { a, b } }) => broadcast_util.assertAndGetBroadcastShape(a!.shape, b!.shape)
const reduced: Rule = ({ inputs: { x }, attrs: { axis, reductionIndices, keepDims } }) => {
  const axes = util.parseAxisParam(reductionIndices ?? axis, x!.shape)
  return x!.shape.flatMap((side, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [side]))
}
const each = (kernels: string, rule: Rule): Record<string, Rule> =>
  Object.fromEntries(kernels.split(' ').map((kernel) => [kernel, rule]))

/** The shape of a kernel's output, or those of its outputs. */
const rules: Record<string, Rule> = {
  ...each('Abs Cast Exp Identity LeakyRelu Log Log1p Neg Relu Sigmoid Sign Softplus Sqrt Square Step Tanh ZerosLike', same),
  ...each('Add Equal GreaterEqual Less LessEqual Maximum Multiply Pow RealDiv Sub', broadcast),
  ...each('Max Mean Sum', reduced),
  BatchMatMul: ({ inputs: { a, b }, attrs: { transposeA, transposeB } }) => [
    ...broadcast_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2)),
    a!.shape.at(transposeA ? -1 : -2)!,
    b!.shape.at(transposeB ? -2 : -1)!,
  ],
  Concat: ({ inputs, attrs: { axis } }) => backend_util.computeOutShape(Object.values(inputs).map(shapeOf), axis as number),
  Conv2D: ({ inputs: { x, filter }, attrs: { strides, dilations, pad } }) =>
    backend_util.computeConv2DInfo(
      x!.shape as [number, number, number, number],
      filter!.shape as [number, number, number, number],
      strides,
      dilations,
      pad,
    ).outShape,
  Conv2DBackpropFilter: ({ attrs }) => attrs.filterShape,
  Conv2DBackpropInput: ({ attrs }) => attrs.inputShape,
  Fill: ({ attrs }) => attrs.shape,
  GatherV2: ({ inputs: { x, indices }, attrs: { axis, batchDims } }) =>
    backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, axis as number, batchDims).outputShape,
  Pack: ({ inputs, attrs: { axis } }) => {
    const parts = Object.values(inputs)
    return parts[0]!.shape.toSpliced(axis as number, 0, parts.length)
  },
  PadV2: ({ inputs: { x }, attrs: { paddings } }) => x!.shape.map((side, i) => side + paddings[i]![0] + paddings[i]![1]),
  Reshape: ({ inputs: { x }, attrs: { shape } }) => util.inferFromImplicitShape(shape, util.sizeFromShape(x!.shape)),
  Softmax: ({ inputs }) => inputs.logits!.shape,
  Slice: ({ inputs: { x }, attrs: { begin, size } }) => slice_util.parseSliceParams(x as never, begin, size)[1]!,
  SplitV: ({ inputs: { x }, attrs: { numOrSizeSplits, axis } }) => {
    const along = util.parseAxisParam(axis, x!.shape)[0]!
    return backend_util.prepareSplitSize(x as never, numOrSizeSplits, along).map((side) => x!.shape.with(along, side))
  },
  Tile: ({ inputs: { x }, attrs: { reps } }) => x!.shape.map((side, i) => side * reps[i]!),
  Transpose: ({ inputs: { x }, attrs: { perm } }) => perm.map((axis) => x!.shape[axis]!),
  Unpack: ({ inputs: { value }, attrs: { axis } }) =>
    Array<number[]>(value!.shape[axis as number]!).fill(value!.shape.toSpliced(axis as number, 1)),
  UnsortedSegmentSum: ({ inputs: { x }, attrs: { numSegments } }) => [numSegments, ...x!.shape.slice(1)],
}

const SHARED = ['Identity', 'Reshape']
const LOGICAL = ['Equal', 'GreaterEqual', 'Less', 'LessEqual']

function dtypeOf(kernel: string, { inputs, attrs }: Call): DataType {
  if (LOGICAL.includes(kernel)) return 'bool'
  if (kernel === 'Cast' || kernel === 'Fill') return attrs.dtype
  return (inputs.x ?? Object.values(inputs)[0])!.dtype
}

function compute(kernel: string, rule: Rule, backend: Shapes, call: Call): TensorInfo | TensorInfo[] {
  const shapes = rule(call)
  const dtype = dtypeOf(kernel, call)
  const { x } = call.inputs
  if (SHARED.includes(kernel) || (kernel === 'Cast' && dtype === x!.dtype)) {
    backend.incRef(x!.dataId)
    return { dataId: x!.dataId, shape: shapes as number[], dtype }
  }
  backend.use(call.inputs, rule === same || rule === broadcast)
  const made = (shape: number[]): TensorInfo => ({ dataId: backend.make(bytesOf({ shape, dtype })), shape, dtype })
  const outputs = Array.isArray(shapes[0]) ? (shapes as number[][]).map(made) : made(shapes as number[])
  backend.pass(backend.scratch(kernel, call))
  return outputs
}

let registered = false

function register(): void {
  if (registered) return
  registered = true
  registerBackend(BACKEND, () => new Shapes(), 0)
  for (const [kernelName, rule] of Object.entries(rules)) {
    const kernelFunc = ({ inputs, attrs, backend }: { inputs: unknown; attrs?: unknown; backend: object }) =>
      compute(kernelName, rule, backend as Shapes, { inputs: inputs as Inputs, attrs: (attrs ?? {}) as Attrs })
    registerKernel({ kernelName, backendName: BACKEND, kernelFunc: kernelFunc as KernelFunc })
  }
}
