/** What each recorded kernel is in ONNX (opset 17). A kernel that is not here cannot be exported; the writer names it. */
import type { GraphNode } from '../../nn/record'
import { BATCH } from '../../nn/record'
import { BOOL, FLOAT, INT32 } from './onnx-proto'

type Attributes = Record<string, number | number[] | { float: number }>

/** What a converter works with: names of values in, names of values out. */
export interface Writer {
  /** The value's name. */
  name(tensor: number): string
  shape(tensor: number): number[]
  dtype(tensor: number): string
  ints(values: number[]): string
  floats(values: number[], shape?: number[]): string
  /** The tensor with its axes in another order; done at once for parameters. */
  transposed(tensor: number, order: number[]): string
  /** Adds a node; `output` names its results where they are known. Returns the first result's name. */
  emit(op: string, inputs: string[], attributes?: Attributes, outputs?: string[]): string
}

export type Convert = (node: GraphNode, w: Writer) => void

/** ONNX's element types, by tfjs's names. */
export const ELEMENT_TYPES: Record<string, number> = { float32: FLOAT, int32: INT32, bool: BOOL }

/** "To the end", for slices whose length is the batch. */
const END = 2 ** 31 - 1

const input = (node: GraphNode, w: Writer, name = 'x'): string => w.name(node.inputs[name]!)
const outputs = (node: GraphNode, w: Writer): string[] => node.outputs.map((output) => w.name(output))
const rankOf = (node: GraphNode, w: Writer, name = 'x'): number => w.shape(node.inputs[name]!).length
/** The inputs of a kernel that takes a list. */
const inputList = (node: GraphNode, w: Writer): string[] => Object.values(node.inputs).map((index) => w.name(index))

/** The same op of one input. */
const unary =
  (op: string): Convert =>
  (node, w) =>
    w.emit(op, [input(node, w)], {}, outputs(node, w))

/** The same op of two inputs, which both sides broadcast alike. */
const binary =
  (op: string): Convert =>
  (node, w) =>
    w.emit(op, [input(node, w, 'a'), input(node, w, 'b')], {}, outputs(node, w))

/** `axis` as tfjs takes it: missing for all, a number, a list, negative from the end. */
function axes(node: GraphNode, rank: number): number[] {
  const { axis } = node.attrs as { axis?: number | number[] | null }
  const list = axis === undefined || axis === null ? Array.from({ length: rank }, (_, i) => i) : [axis].flat()
  return list.map((one) => (one < 0 ? one + rank : one))
}

const keeps = (node: GraphNode): number => (node.attrs.keepDims ? 1 : 0)

const reshape: Convert = (node, w) => {
  const shape = w.shape(node.outputs[0]!)
  if (shape.filter((side) => side === BATCH).length > 1) throw new Error('Reshape with the batch in two places')
  w.emit('Reshape', [input(node, w, 'x' in node.inputs ? 'x' : 'input'), w.ints(shape)], {}, outputs(node, w))
}

/** [height, width] of a stride that tfjs takes as one number or two. */
const pair = (value: unknown): number[] => (Array.isArray(value) ? (value as number[]) : [value as number, value as number])

/** Pads [top, left, bottom, right] of a convolution from side `large` to side `small`, as TensorFlow's SAME puts them. */
function pads(
  pad: unknown,
  large: number[],
  small: number[],
  kernel: number[],
  strides: number[],
  dilations: number[],
): number[] {
  if (typeof pad === 'number') return [pad, pad, pad, pad]
  if (pad === 'valid') return [0, 0, 0, 0]
  if (pad !== 'same') throw new Error(`padding ${JSON.stringify(pad)}`)
  const sum = [0, 1].map((i) => Math.max(0, (small[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - large[i]!))
  const before = sum.map((total) => Math.floor(total / 2))
  return [...before, ...before.map((some, i) => sum[i]! - some)]
}

/** tfjs keeps channels last, ONNX first. */
const TO_FIRST = [0, 3, 1, 2]
const TO_LAST = [0, 2, 3, 1]

const conv2d: Convert = (node, w) => {
  if (node.attrs.dataFormat !== 'NHWC') throw new Error(`data format ${String(node.attrs.dataFormat)}`)
  const x = w.shape(node.inputs.x!)
  const y = w.shape(node.outputs[0]!)
  const kernel = w.shape(node.inputs.filter!).slice(0, 2)
  const strides = pair(node.attrs.strides)
  const dilations = pair(node.attrs.dilations ?? 1)
  const first = w.emit('Transpose', [input(node, w)], { perm: TO_FIRST })
  const filter = w.transposed(node.inputs.filter!, [3, 2, 0, 1])
  const attributes = {
    kernel_shape: kernel,
    strides,
    dilations,
    pads: pads(node.attrs.pad, x.slice(1, 3), y.slice(1, 3), kernel, strides, dilations),
  }
  w.emit('Transpose', [w.emit('Conv', [first, filter], attributes)], { perm: TO_LAST }, outputs(node, w))
}

/** The gradient of a convolution by its input is a transposed convolution. */
const conv2dBackpropInput: Convert = (node, w) => {
  if (node.attrs.dataFormat !== 'NHWC') throw new Error(`data format ${String(node.attrs.dataFormat)}`)
  const small = w.shape(node.inputs.dy!).slice(1, 3)
  const large = w.shape(node.outputs[0]!).slice(1, 3)
  const kernel = w.shape(node.inputs.filter!).slice(0, 2)
  const strides = pair(node.attrs.strides)
  const padding = pads(node.attrs.pad, large, small, kernel, strides, [1, 1])
  // Rows that no tap reaches are added at the end.
  const missing = [0, 1].map((i) => large[i]! - ((small[i]! - 1) * strides[i]! + kernel[i]! - padding[i]! - padding[i + 2]!))
  const first = w.emit('Transpose', [input(node, w, 'dy')], { perm: TO_FIRST })
  const filter = w.transposed(node.inputs.filter!, [3, 2, 0, 1])
  const attributes = { kernel_shape: kernel, strides, pads: padding, output_padding: missing }
  w.emit('Transpose', [w.emit('ConvTranspose', [first, filter], attributes)], { perm: TO_LAST }, outputs(node, w))
}

const matMul: Convert = (node, w) => {
  const side = (name: 'a' | 'b', transpose: unknown): string => {
    if (!transpose) return input(node, w, name)
    const order = Array.from({ length: rankOf(node, w, name) }, (_, i) => i)
    return w.transposed(node.inputs[name]!, [...order.slice(0, -2), order.at(-1)!, order.at(-2)!])
  }
  w.emit('MatMul', [side('a', node.attrs.transposeA), side('b', node.attrs.transposeB)], {}, outputs(node, w))
}

const slice: Convert = (node, w) => {
  const shape = w.shape(node.outputs[0]!)
  const begin = [node.attrs.begin].flat() as number[]
  const starts = shape.map((_, axis) => begin[axis] ?? 0)
  const ends = shape.map((side, axis) => (side === BATCH ? END : starts[axis]! + side))
  w.emit('Slice', [input(node, w), w.ints(starts), w.ints(ends)], {}, outputs(node, w))
}

const splitV: Convert = (node, w) => {
  const [axis] = axes(node, rankOf(node, w)) as [number]
  const sizes = node.outputs.map((output) => w.shape(output)[axis]!)
  w.emit('Split', [input(node, w), w.ints(sizes)], { axis }, outputs(node, w))
}

const concat: Convert = (node, w) => {
  const [axis] = axes(node, w.shape(node.outputs[0]!).length) as [number]
  w.emit('Concat', inputList(node, w), { axis }, outputs(node, w))
}

const pack: Convert = (node, w) => {
  const [axis] = axes(node, w.shape(node.outputs[0]!).length) as [number]
  const apart = inputList(node, w).map((name) => w.emit('Unsqueeze', [name, w.ints([axis])]))
  w.emit('Concat', apart, { axis }, outputs(node, w))
}

const tile: Convert = (node, w) => {
  const reps = node.attrs.reps as number[]
  if (reps.includes(BATCH)) throw new Error('Tile by the number of items')
  w.emit('Tile', [input(node, w), w.ints(reps)], {}, outputs(node, w))
}

const padV2: Convert = (node, w) => {
  const paddings = node.attrs.paddings as [number, number][]
  const around = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]
  w.emit('Pad', [input(node, w), w.ints(around), w.floats([node.attrs.constantValue as number], [])], {}, outputs(node, w))
}

export const kernels: Record<string, Convert> = {
  Abs: unary('Abs'),
  Add: binary('Add'),
  BatchMatMul: matMul,
  Cast: (node, w) => w.emit('Cast', [input(node, w)], { to: ELEMENT_TYPES[w.dtype(node.outputs[0]!)]! }, outputs(node, w)),
  Concat: concat,
  Conv2D: conv2d,
  Conv2DBackpropInput: conv2dBackpropInput,
  Exp: unary('Exp'),
  ExpandDims: reshape,
  Identity: unary('Identity'),
  LeakyRelu: (node, w) =>
    w.emit('LeakyRelu', [input(node, w)], { alpha: { float: node.attrs.alpha as number } }, outputs(node, w)),
  Log: unary('Log'),
  Log1p: (node, w) => w.emit('Log', [w.emit('Add', [input(node, w), w.floats([1], [])])], {}, outputs(node, w)),
  Max: (node, w) =>
    w.emit('ReduceMax', [input(node, w)], { axes: axes(node, rankOf(node, w)), keepdims: keeps(node) }, outputs(node, w)),
  Maximum: binary('Max'),
  Mean: (node, w) =>
    w.emit('ReduceMean', [input(node, w)], { axes: axes(node, rankOf(node, w)), keepdims: keeps(node) }, outputs(node, w)),
  Multiply: binary('Mul'),
  Neg: unary('Neg'),
  Pack: pack,
  PadV2: padV2,
  Pow: binary('Pow'),
  RealDiv: binary('Div'),
  Relu: unary('Relu'),
  Reshape: reshape,
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Slice: slice,
  Softmax: (node, w) => w.emit('Softmax', [input(node, w, 'logits')], { axis: node.attrs.dim as number }, outputs(node, w)),
  Softplus: unary('Softplus'),
  SplitV: splitV,
  Sqrt: unary('Sqrt'),
  Square: (node, w) => w.emit('Mul', [input(node, w), input(node, w)], {}, outputs(node, w)),
  Sub: binary('Sub'),
  Sum: (node, w) =>
    w.emit('ReduceSum', [input(node, w), w.ints(axes(node, rankOf(node, w)))], { keepdims: keeps(node) }, outputs(node, w)),
  Tanh: unary('Tanh'),
  Tile: tile,
  Transpose: (node, w) => w.emit('Transpose', [input(node, w)], { perm: node.attrs.perm as number[] }, outputs(node, w)),
}
