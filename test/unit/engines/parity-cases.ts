/**
 * What is asked of every kernel: inputs that networks and losses meet, and how close to its definition (`references.ts`) each
 * must come. A kernel that some op or recipe uses and that is not here fails `parity.ts`.
 */
import { numbers } from './compare'

type Values = { shape: number[]; dtype?: 'float32' | 'int32' | 'bool'; values: ArrayLike<number> }

export interface Case {
  inputs: Record<string, Values>
  attrs?: Record<string, unknown>
  /** Inputs by which the gradient is compared, too. */
  by?: string[]
}

export interface Requirement {
  /** Largest accepted error: a share of the value, or of the sum of absolute products, or of `floor` where those are smaller. */
  tolerance: number
  /** What errors are measured by. `products`: the same kernel of absolute values, which is that sum for all that adds up. */
  by: 'value' | 'products'
  floor?: number
  cases: Case[]
}

const sizeOf = (shape: number[]): number => shape.reduce((size, side) => size * side, 1)

/** Seeded numbers between `low` and `high`; another seed for each call. */
let seed = 0
function uniform(shape: number[], low = -1, high = 1): Values {
  const values = numbers(sizeOf(shape), ++seed).map((value) => low + ((value + 1) / 2) * (high - low))
  return { shape, values }
}
/** Seeded numbers at least 0.1 from 0, where relu and abs have no slope. */
const away = (shape: number[]): Values => {
  const { values } = uniform(shape)
  return { shape, values: Float32Array.from(values, (value) => value + (value < 0 ? -0.1 : 0.1)) }
}
const ints = (shape: number[], below: number, from = 0): Values => ({
  shape,
  dtype: 'int32',
  values: Int32Array.from(uniform(shape, from, below).values, Math.floor),
})
const bools = (shape: number[]): Values => ({
  shape,
  dtype: 'bool',
  values: Uint8Array.from(uniform(shape).values, (value) => Number(value > 0)),
})
const list = (...values: number[]): Values => ({ shape: [values.length], values: Float32Array.from(values) })
const listOfInts = (...values: number[]): Values => ({ shape: [values.length], dtype: 'int32', values: Int32Array.from(values) })

/** Nothing, one number, an odd side, more than a vector holds, and enough for several threads. */
const SHAPES = [[0], [], [1], [7], [3, 0, 2], [5, 9], [2, 3, 5, 1], [130_003]]

const everySize = (name: string, make: (shape: number[]) => Values): Case[] =>
  SHAPES.map((shape) => ({ inputs: { [name]: make(shape) } }))

/** An op of single numbers: every size, its slopes, and values at which it may go wrong. */
const unary = (make: (shape: number[]) => Values, edge: Values, attrs?: Record<string, unknown>, slopes = true): Case[] =>
  [...everySize('x', make), { inputs: { x: edge } }, ...(slopes ? [{ inputs: { x: make([4, 5]) }, by: ['x'] }] : [])].map(
    (one) => ({ ...one, attrs }),
  )

const BROADCASTS: [number[], number[]][] = [
  [[0], [1]],
  [[], []],
  [[1], [7]],
  [[7], [7]],
  [[5, 9], []],
  [[], [5, 9]],
  [[4, 5, 9], [9]],
  [[9], [4, 5, 9]],
  [
    [5, 9],
    [5, 1],
  ],
  [
    [5, 1],
    [5, 9],
  ],
  [
    [5, 1],
    [1, 9],
  ],
  [
    [2, 3, 4],
    [2, 1, 4],
  ],
  [
    [2, 1, 4, 1],
    [3, 1, 5],
  ],
  [[300, 433], [433]],
  [
    [300, 433],
    [300, 1],
  ],
  [[130_003], [130_003]],
]
/** `slopes`: of which broadcasts. */
const binary = (
  a: (shape: number[]) => Values,
  b = a,
  edges: [Values, Values][] = [],
  slopes = BROADCASTS.slice(2, 13),
): Case[] => [
  ...BROADCASTS.map(([left, right]) => ({ inputs: { a: a(left), b: b(right) } })),
  ...edges.map(([left, right]) => ({ inputs: { a: left, b: right } })),
  ...slopes.map(([left, right]) => ({ inputs: { a: a(left), b: b(right) }, by: ['a', 'b'] })),
]

/** Each number of one list with each of the other. */
const pairs = (...values: number[]): [Values, Values][] => [
  [list(...values.flatMap((value) => values.map(() => value))), list(...values.flatMap(() => values))],
]

/** tfjs's gradients of some ops know no broadcasting. */
const SAME: [number[], number[]][] = [[[4, 5], [4, 5]]] // prettier-ignore

const comparison: Case[] = [
  ...binary((shape) => ints(shape, 3), undefined, [], []),
  ...pairs(-1, 0, -0, 1, NaN, Infinity, -Infinity).map(([a, b]) => ({ inputs: { a, b } })),
  { inputs: { a: uniform([4, 5]), b: uniform([4, 5]) } },
]
const logical = binary(bools, undefined, [], [])

const AXES: [number[], number[]][] = [
  [[7], [0]],
  [[1], [0]],
  [[3, 4, 5], [0]],
  [[3, 4, 5], [1]],
  [[3, 4, 5], [2]],
  [
    [3, 4, 5],
    [0, 1],
  ],
  [
    [3, 4, 5],
    [1, 2],
  ],
  [
    [3, 4, 5],
    [0, 2],
  ],
  [
    [3, 4, 5],
    [0, 1, 2],
  ],
  [
    [2, 3, 4, 5],
    [1, 2],
  ],
  [
    [2, 3, 4, 5],
    [0, 1, 2],
  ],
  [
    [2, 3, 4, 5],
    [0, 3],
  ],
  [
    [2, 1, 1, 5],
    [1, 2],
  ],
  [[9, 1], [1]],
  [[1, 9], [0]],
]
const LARGE_AXES: [number[], number[]][] = [
  [[200_003], [0]],
  [[700, 301], [0]],
  [[700, 301], [1]],
  [
    [13, 28, 28, 17],
    [0, 1, 2],
  ],
]
const reduction = (make: (shape: number[]) => Values, { large = true, slopes = true, name = 'axis' } = {}): Case[] => {
  const over = (shape: number[], axis: number[], keepDims = false): Case => ({
    inputs: { x: make(shape) },
    attrs: { [name]: axis, keepDims },
  })
  return [
    ...[...AXES, ...(large ? LARGE_AXES : [])].map(([shape, axis]) => over(shape, axis)),
    over([3, 4, 5], [1], true),
    ...(slopes ? AXES.map(([shape, axis]) => ({ ...over(shape, axis), by: ['x'] })) : []),
  ]
}
/** No two are close. */
const distinct = (shape: number[]): Values => {
  const { values } = uniform(shape)
  const order = Array.from(values, (value, i) => [value, i] as const).toSorted(([a], [b]) => a - b)
  const places = new Float32Array(values.length)
  order.forEach(([, i], rank) => (places[i] = (rank - values.length / 2) / 16))
  return { shape, values: places }
}
const extremes = (name: string, special: number): Case[] => [
  ...reduction(distinct, { name }),
  ...[special, NaN].map((one) => ({ inputs: { x: list(1, one, 3) }, attrs: { [name]: [0], keepDims: false } })),
]
const orderings = [
  ...AXES.filter(([, axis]) => axis.length === 1).map(([shape, axis]) => ({
    inputs: { x: uniform(shape) },
    attrs: { axis: axis[0] },
  })),
  // Equal ones: the first counts.
  { inputs: { x: { shape: [2, 5], values: [1, 3, 3, 0, 3, -2, -5, -5, 0, 0] } }, attrs: { axis: 1 } },
]

interface Convolution {
  x: number[]
  filter: number[]
  strides: [number, number]
  pad: 'same' | 'valid'
  dilations?: [number, number]
}
/** Small enough for slopes, which take two passes a number. */
const SMALL: Convolution[] = [
  { x: [1, 6, 6, 2], filter: [4, 4, 2, 3], strides: [2, 2], pad: 'same' },
  { x: [2, 5, 7, 1], filter: [3, 2, 1, 3], strides: [2, 3], pad: 'same' },
  { x: [1, 6, 5, 2], filter: [3, 4, 2, 2], strides: [2, 1], pad: 'valid' },
  { x: [1, 7, 6, 2], filter: [2, 2, 2, 2], strides: [3, 3], pad: 'valid' },
  { x: [2, 4, 4, 3], filter: [1, 1, 3, 4], strides: [2, 2], pad: 'same' },
  { x: [1, 1, 1, 1], filter: [1, 1, 1, 1], strides: [1, 1], pad: 'same' },
  // One dimension, as text and sound have it.
  { x: [2, 1, 12, 3], filter: [1, 5, 3, 2], strides: [1, 1], pad: 'same' },
]
const LARGER: Convolution[] = [
  { x: [2, 8, 8, 3], filter: [4, 4, 3, 5], strides: [2, 2], pad: 'same' },
  { x: [3, 7, 9, 2], filter: [4, 4, 2, 6], strides: [2, 2], pad: 'same' },
  { x: [1, 5, 5, 1], filter: [5, 5, 1, 4], strides: [1, 1], pad: 'same' },
  { x: [2, 11, 6, 4], filter: [3, 5, 4, 3], strides: [2, 1], pad: 'valid' },
  { x: [2, 9, 10, 3], filter: [3, 3, 3, 7], strides: [3, 3], pad: 'valid' },
  { x: [2, 13, 11, 2], filter: [3, 2, 2, 9], strides: [2, 3], pad: 'same' },
  { x: [2, 8, 8, 3], filter: [1, 1, 3, 8], strides: [1, 1], pad: 'same' },
  { x: [2, 3, 3, 20], filter: [4, 4, 20, 17], strides: [2, 2], pad: 'same' },
  { x: [1, 6, 7, 33], filter: [3, 3, 33, 18], strides: [1, 1], pad: 'same' },
  { x: [40, 16, 16, 8], filter: [4, 4, 8, 8], strides: [2, 2], pad: 'same' },
]
const DILATED: Convolution[] = [
  { x: [2, 9, 11, 2], filter: [3, 3, 2, 4], strides: [1, 1], pad: 'same', dilations: [2, 2] },
  { x: [2, 1, 20, 3], filter: [1, 2, 3, 4], strides: [1, 1], pad: 'valid', dilations: [1, 4] },
]
const attrsOf = ({ strides, pad, dilations }: Convolution) => ({
  strides,
  pad,
  dataFormat: 'NHWC',
  dilations: dilations ?? [1, 1],
})
const outputOf = ({ x, filter, strides, pad }: Convolution): number[] => {
  const side = (axis: 0 | 1) =>
    pad === 'same' ? Math.ceil(x[axis + 1]! / strides[axis]) : Math.floor((x[axis + 1]! - filter[axis]!) / strides[axis]) + 1
  return [x[0]!, side(0), side(1), filter[3]!]
}

const SPECIAL = [
  0,
  -0,
  1e-30,
  -1e-30,
  1e-7,
  -1e-7,
  0.3,
  -0.3,
  1,
  -1,
  20,
  -20,
  88,
  -88,
  104,
  -104,
  1e4,
  -1e4,
  NaN,
  Infinity,
  -Infinity,
]
const positive = (shape: number[]) => uniform(shape, 0.05, 3)

const matrices = (a: number[], b: number[], transposeA = false, transposeB = false, slopes = true): Case => ({
  inputs: { a: uniform(a), b: uniform(b) },
  attrs: { transposeA, transposeB },
  ...(slopes && { by: ['a', 'b'] }),
})

/** Kernels that move numbers give exactly what they were given. */
const exact = (cases: Case[]): Requirement => ({ tolerance: 0, by: 'value', cases })
/** `cases` are differentiated by `x` where they hold floats. */
const moved = (cases: Case[], name = 'x'): Requirement => exact(cases.map((one) => ({ ...one, by: [name] })))

/** The way back of an activation from what it gave. */
const slopes = (attrs?: Record<string, unknown>): Case[] =>
  SHAPES.map((shape) => ({ inputs: { dy: uniform(shape), y: away(shape) }, attrs }))

/** Kernels that an engine need not have: ops do without. */
export const OPTIONAL = ['LeakyReluGrad', 'ReluGrad', 'SigmoidGrad', 'TanhGrad']

export const requirements: Record<string, Requirement> = {
  Abs: exact([...unary(away, list(...SPECIAL))]),
  Cast: exact([
    ...everySize('x', uniform).map((one) => ({ ...one, attrs: { dtype: 'float32' } })),
    { inputs: { x: list(-2.7, -0.5, 0, 0.5, 2.7, 16_777_217) }, attrs: { dtype: 'int32' } },
    { inputs: { x: list(-2.7, 0, 0.5, 1) }, attrs: { dtype: 'bool' } },
    { inputs: { x: bools([3, 5]) }, attrs: { dtype: 'float32' } },
    { inputs: { x: ints([3, 5], 9, -9) }, attrs: { dtype: 'float32' } },
    { inputs: { x: bools([3, 5]) }, attrs: { dtype: 'int32' } },
  ]),
  Cos: { tolerance: 2e-6, by: 'value', floor: 1, cases: unary((s) => uniform(s, -30, 30), list(0, -0, 1e-7, 100, -1000)) },
  Elu: { tolerance: 1e-6, by: 'value', floor: 1, cases: unary(away, list(...SPECIAL)) },
  Erf: { tolerance: 2e-6, by: 'value', floor: 1, cases: unary((s) => uniform(s, -4, 4), list(...SPECIAL)) },
  Exp: { tolerance: 5e-7, by: 'value', cases: unary((s) => uniform(s, -6, 6), list(...SPECIAL, 88.7, -87, -86)) },
  Expm1: { tolerance: 5e-7, by: 'value', floor: 1, cases: unary(uniform, list(0, 1e-7, -1e-7, 5, -20)) },
  Floor: exact(unary((s) => uniform(s, -9, 9), list(...SPECIAL))),
  Identity: exact(unary(uniform, list(...SPECIAL))),
  LeakyRelu: exact(unary(away, list(...SPECIAL), { alpha: 0.25 })),
  Log: { tolerance: 1e-6, by: 'value', floor: 1e-3, cases: unary(positive, list(0, -0, 1e-30, 1, 1e30, NaN, Infinity, -1)) },
  Log1p: { tolerance: 1e-6, by: 'value', floor: 1e-10, cases: unary(positive, list(0, 1e-30, 1e-7, -1e-7, 1e30, NaN, Infinity)) },
  LogicalNot: exact(everySize('x', bools)),
  Neg: exact(unary(uniform, list(...SPECIAL))),
  OnesLike: exact(unary(uniform, list(...SPECIAL))),
  Reciprocal: { tolerance: 1e-6, by: 'value', cases: unary(away, list(...SPECIAL)) },
  Relu: exact(unary(away, list(...SPECIAL))),
  Round: exact(unary((s) => uniform(s, -9, 9), list(...SPECIAL, 0.5, 1.5, 2.5, -0.5, -1.5), undefined, false)),
  Rsqrt: { tolerance: 1e-6, by: 'value', cases: unary(positive, list(0, 1e-30, 1e30, NaN, Infinity, -1)) },
  Sigmoid: { tolerance: 2e-6, by: 'value', floor: 1e-10, cases: unary((s) => uniform(s, -20, 20), list(...SPECIAL)) },
  Sign: exact(unary(away, list(...SPECIAL))),
  Sin: { tolerance: 2e-6, by: 'value', floor: 1, cases: unary((s) => uniform(s, -30, 30), list(0, -0, 1e-7, 100, -1000)) },
  // Its slope is a difference of numbers near 1.
  Softplus: { tolerance: 1e-6, by: 'value', floor: 1, cases: unary((s) => uniform(s, -30, 30), list(...SPECIAL)) },
  Sqrt: { tolerance: 1e-6, by: 'value', cases: unary(positive, list(0, 1e-30, 1e30, NaN, Infinity, -1)) },
  Square: { tolerance: 1e-6, by: 'value', cases: unary(uniform, list(...SPECIAL)) },
  Step: exact([0, 0.25].flatMap((alpha) => unary(away, list(...SPECIAL), { alpha }))),
  Tanh: { tolerance: 1e-6, by: 'value', floor: 1e-3, cases: unary((s) => uniform(s, -4, 4), list(...SPECIAL)) },
  ZerosLike: exact(unary(uniform, list(...SPECIAL))),

  LeakyReluGrad: exact([...slopes({ alpha: 0.25 })]),
  ReluGrad: exact([...slopes()]),
  // Differences of numbers near 1.
  SigmoidGrad: { tolerance: 1e-6, by: 'value', floor: 1, cases: slopes() },
  TanhGrad: { tolerance: 1e-6, by: 'value', floor: 1, cases: slopes() },

  Add: { tolerance: 1e-6, by: 'products', cases: binary(uniform, undefined, pairs(...SPECIAL)) },
  AddN: {
    tolerance: 1e-6,
    by: 'products',
    cases: [{ inputs: { 0: uniform([3, 5]), 1: uniform([3, 5]), 2: uniform([3, 5]) }, by: ['0', '2'] }],
  },
  Maximum: exact(
    binary(
      (s) => uniform(s, -1, 0.4),
      (s) => uniform(s, 0.5, 1),
      pairs(-1, 0, 1, NaN, Infinity, -Infinity),
      SAME,
    ),
  ),
  Minimum: exact(
    binary(
      (s) => uniform(s, -1, 0.4),
      (s) => uniform(s, 0.5, 1),
      pairs(-1, 0, 1, NaN, Infinity, -Infinity),
      SAME,
    ),
  ),
  Multiply: { tolerance: 1e-6, by: 'products', cases: binary(uniform, undefined, pairs(...SPECIAL)) },
  Pow: {
    tolerance: 3e-6,
    by: 'value',
    floor: 1,
    cases: binary(positive, (s) => uniform(s, -2, 3), [[list(0, 0, 2, -2, 4), list(2, 0, 0.5, 2, -0.5)]]),
  },
  RealDiv: { tolerance: 2e-6, by: 'value', floor: 1, cases: binary(uniform, (s) => uniform(s, 0.3, 2), pairs(...SPECIAL)) },
  SquaredDifference: { tolerance: 2e-6, by: 'value', floor: 1, cases: binary(uniform, uniform, [], SAME) },
  Sub: { tolerance: 1e-6, by: 'products', cases: binary(uniform, undefined, pairs(-1e30, -1, 0, 1, 1e30, NaN, Infinity)) },
  Equal: exact(comparison),
  Greater: exact(comparison),
  GreaterEqual: exact(comparison),
  Less: exact(comparison),
  LessEqual: exact(comparison),
  NotEqual: exact(comparison),
  LogicalAnd: exact(logical),
  LogicalOr: exact(logical),
  Select: exact([
    { inputs: { condition: bools([4, 5]), t: uniform([4, 5]), e: uniform([4, 5]) }, by: ['t', 'e'] },
    { inputs: { condition: bools([3]), t: list(NaN, 1, Infinity), e: list(2, NaN, -Infinity) } },
  ]),

  ArgMax: exact(orderings),
  ArgMin: exact(orderings),
  Cumsum: {
    tolerance: 1e-6,
    by: 'products',
    cases: [false, true].flatMap((exclusive) =>
      [false, true].flatMap((reverse) =>
        // tfjs's gradient is right along the last axis only.
        [0, 1].map((axis) => ({
          inputs: { x: uniform([5, 7]) },
          attrs: { axis, exclusive, reverse },
          ...(axis && { by: ['x'] }),
        })),
      ),
    ),
  },
  Max: exact(extremes('reductionIndices', -Infinity)),
  Mean: { tolerance: 1e-6, by: 'products', cases: reduction(uniform) },
  Min: exact(extremes('axis', Infinity)),
  Prod: { tolerance: 2e-6, by: 'value', floor: 1e-2, cases: reduction(positive, { large: false }) },
  Softmax: {
    tolerance: 2e-6,
    by: 'value',
    floor: 1e-3,
    cases: [
      [1, 1],
      [1, 7],
      [5, 9],
      [2, 3, 5],
      [30, 433],
    ]
      .map((shape) => uniform(shape, -5, 5))
      .concat({ shape: [2, 3], values: [1e4, 0, -1e4, 88, 89, -1e30] })
      .map((logits) => ({
        inputs: { logits },
        attrs: { dim: logits.shape.length - 1 },
        ...(logits.shape[1]! < 10 && { by: ['logits'] }),
      })),
  },
  Sum: {
    tolerance: 1e-6,
    by: 'products',
    cases: [...reduction(uniform), { inputs: { x: uniform([4, 0]) }, attrs: { axis: [1], keepDims: false } }],
  },
  TopK: exact([{ inputs: { x: uniform([3, 11]) }, attrs: { k: 4, sorted: true } }]),

  BatchMatMul: {
    tolerance: 2e-6,
    by: 'products',
    cases: [
      matrices([1, 5, 20], [1, 20, 9]),
      matrices([1, 20, 5], [1, 20, 9], true),
      matrices([1, 5, 20], [1, 9, 20], false, true),
      matrices([1, 20, 5], [1, 9, 20], true, true),
      matrices([1, 1, 1], [1, 1, 1]),
      matrices([1, 1, 30], [1, 30, 1]),
      matrices([1, 7, 1], [1, 1, 7]),
      matrices([6, 3, 4], [6, 4, 2]),
      matrices([3, 3, 5], [3, 4, 5], false, true),
      matrices([2, 3, 2, 4], [2, 3, 4, 3]),
      matrices([1, 5, 7], [4, 7, 3], false, false, false),
      matrices([4, 5, 7], [1, 7, 3], false, false, false),
      matrices([1, 0, 4], [1, 4, 3], false, false, false),
      matrices([1, 3, 0], [1, 0, 4], false, false, false),
      matrices([1, 1, 300], [1, 300, 257], false, false, false),
      matrices([1, 61, 601], [1, 601, 77], false, false, false),
    ],
  },
  Conv2D: {
    tolerance: 2e-6,
    by: 'products',
    cases: [...SMALL, ...LARGER, ...DILATED].map((one) => ({
      inputs: { x: uniform(one.x), filter: uniform(one.filter) },
      attrs: attrsOf(one),
      ...(SMALL.includes(one) && { by: ['x', 'filter'] }),
    })),
  },
  Conv2DBackpropFilter: {
    tolerance: 2e-6,
    by: 'products',
    cases: [...SMALL, ...LARGER].map((one) => ({
      inputs: { x: uniform(one.x), dy: uniform(outputOf(one)) },
      attrs: { ...attrsOf(one), filterShape: one.filter },
    })),
  },
  Conv2DBackpropInput: {
    tolerance: 2e-6,
    by: 'products',
    cases: [...SMALL, ...LARGER].map((one) => ({
      inputs: { dy: uniform(outputOf(one)), filter: uniform(one.filter) },
      attrs: { ...attrsOf(one), inputShape: one.x },
      ...(SMALL.includes(one) && { by: ['dy', 'filter'] }),
    })),
  },

  Concat: exact([
    { inputs: { 0: uniform([3, 4]), 1: uniform([3, 2]), 2: uniform([3, 1]) }, attrs: { axis: 1 }, by: ['0', '1', '2'] },
    { inputs: { 0: uniform([3, 4]), 1: uniform([2, 4]) }, attrs: { axis: 0 }, by: ['0', '1'] },
    { inputs: { 0: uniform([2, 3, 4]), 1: uniform([2, 5, 4]) }, attrs: { axis: 1 }, by: ['0', '1'] },
    { inputs: { 0: ints([3, 2], 9), 1: ints([3, 2], 9) }, attrs: { axis: 1 } },
  ]),
  ExpandDims: moved(
    [0, 1, 2].map((dim) => ({ inputs: { input: uniform([3, 4]) }, attrs: { dim } })),
    'input',
  ),
  Fill: exact([
    { inputs: {}, attrs: { shape: [3, 5], value: 1.5, dtype: 'float32' } },
    { inputs: {}, attrs: { shape: [], value: 2, dtype: 'int32' } },
    { inputs: {}, attrs: { shape: [0, 2], value: 2, dtype: 'float32' } },
  ]),
  // Its gradient adds up what was picked twice.
  GatherV2: {
    tolerance: 1e-6,
    by: 'products',
    cases: [
      { inputs: { x: uniform([4, 5]), indices: listOfInts(3, 0, 3, 1) }, attrs: { axis: 0, batchDims: 0 }, by: ['x'] },
      { inputs: { x: uniform([4, 5]), indices: listOfInts(3, 0, 3, 4, 1) }, attrs: { axis: 1, batchDims: 0 }, by: ['x'] },
      { inputs: { x: uniform([9, 3]), indices: ints([4, 6], 9) }, attrs: { axis: 0, batchDims: 0 }, by: ['x'] },
      { inputs: { x: uniform([1, 3]), indices: listOfInts(0) }, attrs: { axis: 0, batchDims: 0 }, by: ['x'] },
    ],
  },
  OneHot: exact([
    { inputs: { indices: listOfInts(2, 0, -1, 4, 5) }, attrs: { dtype: 'float32', depth: 5, onValue: 1, offValue: 0 } },
    { inputs: { indices: ints([3, 4], 7) }, attrs: { dtype: 'float32', depth: 7, onValue: 0.75, offValue: 0.25 } },
  ]),
  Pack: exact([0, 1, 2].map((axis) => ({ inputs: { 0: uniform([3, 4]), 1: uniform([3, 4]) }, attrs: { axis }, by: ['0', '1'] }))),
  PadV2: moved([
    { inputs: { x: uniform([3, 4]) }, attrs: { paddings: [[1, 2], [0, 1]], constantValue: 0 } }, // prettier-ignore
    { inputs: { x: uniform([5]) }, attrs: { paddings: [[2, 0]], constantValue: 3 } },
    { inputs: { x: uniform([2, 3, 4, 2]) }, attrs: { paddings: [[0, 0], [1, 1], [2, 0], [0, 0]], constantValue: 0 } }, // prettier-ignore
    { inputs: { x: uniform([2, 3]) }, attrs: { paddings: [[0, 0], [0, 0]], constantValue: 0 } }, // prettier-ignore
  ]),
  Reshape: moved([
    { inputs: { x: uniform([3, 4, 5]) }, attrs: { shape: [5, 12] } },
    { inputs: { x: uniform([1]) }, attrs: { shape: [] } },
    { inputs: { x: uniform([0, 3]) }, attrs: { shape: [3, 0] } },
  ]),
  Reverse: moved([[0], [1], [0, 1]].map((dims) => ({ inputs: { x: uniform([3, 4]) }, attrs: { dims } }))),
  Slice: moved([
    { inputs: { x: uniform([4, 5]) }, attrs: { begin: [1, 0], size: [2, 3] } },
    { inputs: { x: uniform([4, 5]) }, attrs: { begin: [0, 2], size: [-1, -1] } },
    { inputs: { x: uniform([2, 3, 4, 5]) }, attrs: { begin: [0, 1, 1, 2], size: [2, 1, 3, 2] } },
    { inputs: { x: uniform([4, 5]) }, attrs: { begin: [4, 0], size: [0, 5] } },
  ]),
  SplitV: moved([
    { inputs: { x: uniform([3, 8]) }, attrs: { numOrSizeSplits: 4, axis: 1 } },
    { inputs: { x: uniform([3, 8]) }, attrs: { numOrSizeSplits: [3, 5], axis: 1 } },
    { inputs: { x: uniform([6, 2, 2]) }, attrs: { numOrSizeSplits: [1, 2, 3], axis: 0 } },
  ]),
  // The gradient adds up the copies.
  Tile: {
    tolerance: 1e-6,
    by: 'products',
    cases: [
      { inputs: { x: uniform([3, 4]) }, attrs: { reps: [2, 3] }, by: ['x'] },
      { inputs: { x: uniform([5]) }, attrs: { reps: [1] }, by: ['x'] },
      { inputs: { x: uniform([2, 1, 3]) }, attrs: { reps: [1, 4, 1] }, by: ['x'] },
    ],
  },
  Transpose: moved([
    { inputs: { x: uniform([3, 4]) }, attrs: { perm: [1, 0] } },
    { inputs: { x: uniform([3, 4, 5]) }, attrs: { perm: [2, 0, 1] } },
    { inputs: { x: uniform([2, 3, 4, 5]) }, attrs: { perm: [0, 2, 1, 3] } },
    { inputs: { x: uniform([2, 3, 1, 2, 2]) }, attrs: { perm: [4, 0, 3, 1, 2] } },
    { inputs: { x: uniform([1, 5]) }, attrs: { perm: [1, 0] } },
  ]),
  Unpack: moved(
    [0, 1].map((axis) => ({ inputs: { value: uniform([3, 4]) }, attrs: { axis } })),
    'value',
  ),
  UnsortedSegmentSum: {
    tolerance: 1e-6,
    by: 'products',
    cases: [
      { inputs: { x: uniform([6, 3]), segmentIds: listOfInts(2, 0, 2, 1, 2, 0) }, attrs: { numSegments: 4 }, by: ['x'] },
      { inputs: { x: uniform([400, 5]), segmentIds: ints([400], 7) }, attrs: { numSegments: 7 } },
      { inputs: { x: uniform([3]), segmentIds: listOfInts(0, 0, 0) }, attrs: { numSegments: 1 } },
    ],
  },
}
