/**
 * Every kernel in double precision, as its definition says it: plain loops, no tfjs, nothing fast. What engines are measured by.
 * Names of kernels, inputs and attributes are tfjs's.
 */
export interface Doubles {
  shape: number[]
  dtype: 'float32' | 'int32' | 'bool'
  values: Float64Array
}

type Inputs = Record<string, Doubles>
type Attrs = Record<'alpha', number>
export type Reference = (inputs: Inputs, attrs: Record<string, unknown>) => Doubles[]

const sizeOf = (shape: number[]): number => shape.reduce((size, side) => size * side, 1)

/** An array from a function of its coordinates. */
function made(shape: number[], value: (at: number[]) => number, dtype: Doubles['dtype'] = 'float32'): Doubles {
  const values = new Float64Array(sizeOf(shape))
  const at = shape.map(() => 0)
  for (let i = 0; i < values.length; i++) {
    values[i] = value(at)
    for (let axis = shape.length - 1; axis >= 0 && ++at[axis]! === shape[axis]; axis--) at[axis] = 0
  }
  return { shape, dtype, values }
}

/** The value at these coordinates; sides of 1 broadcast, and so do axes that are missing in front. */
function get({ shape, values }: Doubles, at: number[]): number {
  const before = at.length - shape.length
  let index = 0
  for (let axis = 0; axis < shape.length; axis++) index = index * shape[axis]! + (shape[axis] === 1 ? 0 : at[before + axis]!)
  return values[index]!
}

function broadcast(a: number[], b: number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const [one, other] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1]
    return one === 1 ? other : one
  })
}

const unary =
  (f: (x: number, attrs: Attrs) => number, dtype?: Doubles['dtype']): Reference =>
  ({ x }, attrs) => [{ shape: x!.shape, dtype: dtype ?? x!.dtype, values: x!.values.map((value) => f(value, attrs as Attrs)) }]

const binary =
  (f: (a: number, b: number) => number, dtype?: Doubles['dtype']): Reference =>
  ({ a, b }) => [made(broadcast(a!.shape, b!.shape), (at) => f(get(a!, at), get(b!, at)), dtype ?? a!.dtype)]

/** From dy and y. */
const slopeOf =
  (f: (y: number, attrs: Attrs) => number): Reference =>
  ({ dy, y }, attrs) => [{ ...dy!, values: dy!.values.map((value, i) => value * f(y!.values[i]!, attrs as Attrs)) }]

const comparison = (f: (a: number, b: number) => boolean): Reference => binary((a, b) => Number(f(a, b)), 'bool')

const axesOf = (axis: unknown, rank: number): number[] =>
  (axis === undefined || axis === null ? Array.from({ length: rank }, (_, i) => i) : [axis as number].flat()).map((one) =>
    one < 0 ? one + rank : one,
  )

/** `finish` gets all values that fall together, in their order. */
const reduction =
  (finish: (values: number[]) => number, dtype?: Doubles['dtype']): Reference =>
  ({ x }, { axis, reductionIndices, keepDims }) => {
    const axes = axesOf(axis ?? reductionIndices, x!.shape.length)
    const kept = x!.shape.map((side, i) => (axes.includes(i) ? 1 : side))
    const groups = Array.from({ length: sizeOf(kept) }, (): number[] => [])
    made(x!.shape, (at) => {
      const group = kept.reduce((index, side, i) => index * side + (side === 1 ? 0 : at[i]!), 0)
      groups[group]!.push(get(x!, at))
      return 0
    })
    const shape = keepDims ? kept : kept.filter((_, i) => !axes.includes(i))
    return [{ shape, dtype: dtype ?? x!.dtype, values: Float64Array.from(groups, finish) }]
  }

const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0)
const largest = (values: number[]): number => values.reduce((most, value) => (most > value || Number.isNaN(most) ? most : value))
const smallest = (values: number[]): number => -largest(values.map((value) => -value))

/** Power series below 3, continued fraction above (Abramowitz & Stegun 7.1.5, 7.1.14). */
function erf(x: number): number {
  if (Number.isNaN(x)) return NaN
  const size = Math.abs(x)
  if (size < 3) {
    let [sum, term] = [size, size]
    for (let n = 1; n < 100; n++) {
      term *= (-size * size) / n
      sum += term / (2 * n + 1)
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI)
  }
  let fraction = size
  for (let n = 60; n > 0; n--) fraction = size + n / 2 / fraction
  return Math.sign(x) * (1 - (size > 27 ? 0 : Math.exp(-size * size) / (fraction * Math.sqrt(Math.PI))))
}

/** Half to even, as IEEE 754 rounds. */
function round(x: number): number {
  const low = Math.floor(x)
  const rest = x - low
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1
}

/** Where a convolution's outputs begin: output o meets input o · stride − before + tap · dilation. */
function window(size: number, filter: number, stride: number, dilation: number, pad: unknown) {
  const reach = (filter - 1) * dilation + 1
  if (pad === 'same') {
    const count = Math.ceil(size / stride)
    return { count, before: Math.floor(Math.max(0, (count - 1) * stride + reach - size) / 2) }
  }
  return { count: Math.floor((size - reach) / stride) + 1, before: 0 }
}

/** Calls `each` with the indices of every product of a convolution: of the input, the filter and the output. */
function convolve(
  x: number[],
  filter: number[],
  attrs: Record<string, unknown>,
  each: (input: number, tap: number, output: number) => void,
): number[] {
  const [batch, height, width, channels] = x as [number, number, number, number]
  const [taps, across, , maps] = filter as [number, number, number, number]
  const [strideY, strideX] = [attrs.strides, attrs.strides].flat() as [number, number]
  const [dilationY, dilationX] = [attrs.dilations ?? 1, attrs.dilations ?? 1].flat() as [number, number]
  const rows = window(height, taps, strideY, dilationY, attrs.pad)
  const columns = window(width, across, strideX, dilationX, attrs.pad)
  for (let n = 0; n < batch; n++)
    for (let oy = 0; oy < rows.count; oy++)
      for (let ox = 0; ox < columns.count; ox++)
        for (let ky = 0; ky < taps; ky++)
          for (let kx = 0; kx < across; kx++) {
            const iy = oy * strideY - rows.before + ky * dilationY
            const ix = ox * strideX - columns.before + kx * dilationX
            if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue
            const input = ((n * height + iy) * width + ix) * channels
            const output = ((n * rows.count + oy) * columns.count + ox) * maps
            for (let c = 0; c < channels; c++)
              for (let m = 0; m < maps; m++) each(input + c, ((ky * across + kx) * channels + c) * maps + m, output + m)
          }
  return [batch, rows.count, columns.count, maps]
}

const zeros = (shape: number[]): Doubles => ({ shape, dtype: 'float32', values: new Float64Array(sizeOf(shape)) })

/** 0, 1, 2 … */
const counted = (shape: number[]): Doubles => ({ ...zeros(shape), values: zeros(shape).values.map((_, i) => i) })

/** `inputs` '0', '1' … in their order. */
const listed = (inputs: Inputs): Doubles[] => Object.keys(inputs).map((_, i) => inputs[i]!)

function concat(parts: Doubles[], axis: number): Doubles {
  const shape = parts[0]!.shape.map((side, i) => (i === axis ? total(parts.map((part) => part.shape[axis]!)) : side))
  const owners = parts.flatMap((part) => Array.from({ length: part.shape[axis]! }, (_, i) => [part, i] as const))
  return made(shape, (at) => get(owners[at[axis]!]![0], at.with(axis, owners[at[axis]!]![1])), parts[0]!.dtype)
}

/** Without broadcasting: the element of a part of the array. */
function part(x: Doubles, begin: number[], size: number[]): Doubles {
  return made(size, (at) => get(x, at.map((place, i) => place + begin[i]!)), x.dtype) // prettier-ignore
}

function withoutAxis(x: Doubles, axis: number): Doubles {
  return { ...x, shape: x.shape.toSpliced(axis, 1) }
}

function split(x: Doubles, sizes: number[], axis: number): Doubles[] {
  let first = 0
  return sizes.map((size) => {
    const begin = x.shape.map((_, i) => (i === axis ? first : 0))
    first += size
    return part(x, begin, x.shape.with(axis, size))
  })
}

/** Row by row along the last axis. */
function rows(x: Doubles, f: (row: Float64Array) => ArrayLike<number>): Doubles {
  const values = new Float64Array(x.values.length)
  const side = x.shape.at(-1)!
  for (let at = 0; at < values.length; at += side) values.set(f(x.values.subarray(at, at + side)), at)
  return { ...x, values }
}

export const references: Record<string, Reference> = {
  Abs: unary(Math.abs),
  Cast: ({ x }, { dtype }) => {
    const to = { bool: (v: number) => Number(v !== 0), int32: Math.trunc, float32: (v: number) => v }
    return [{ shape: x!.shape, dtype: dtype as 'float32', values: x!.values.map(to[dtype as 'float32']) }]
  },
  Cos: unary(Math.cos),
  Elu: unary((x) => (x < 0 ? Math.expm1(x) : x)),
  Erf: unary(erf),
  Exp: unary(Math.exp),
  Expm1: unary(Math.expm1),
  Floor: unary(Math.floor),
  Identity: unary((x) => x),
  LeakyReluGrad: slopeOf((y, { alpha }) => (y > 0 ? 1 : alpha)),
  ReluGrad: slopeOf((y) => (y > 0 ? 1 : 0)),
  SigmoidGrad: slopeOf((y) => y * (1 - y)),
  TanhGrad: slopeOf((y) => 1 - y * y),
  LeakyRelu: unary((x, { alpha }) => (x < 0 ? alpha * x : x)),
  Log: unary(Math.log),
  Log1p: unary(Math.log1p),
  LogicalNot: unary((x) => Number(!x), 'bool'),
  Neg: unary((x) => -x),
  OnesLike: unary(() => 1),
  Reciprocal: unary((x) => 1 / x),
  Relu: unary((x) => (x < 0 ? 0 : x)),
  Round: unary(round),
  Rsqrt: unary((x) => 1 / Math.sqrt(x)),
  Sigmoid: unary((x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))),
  Sign: unary(Math.sign),
  Sin: unary(Math.sin),
  Softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  Sqrt: unary(Math.sqrt),
  Square: unary((x) => x * x),
  Step: unary((x, { alpha }) => (Number.isNaN(x) ? x : x > 0 ? 1 : alpha)),
  Tanh: unary(Math.tanh),
  ZerosLike: unary(() => 0),

  Add: binary((a, b) => a + b),
  Maximum: binary((a, b) => Math.max(a, b)),
  Minimum: binary((a, b) => Math.min(a, b)),
  Multiply: binary((a, b) => a * b),
  Pow: binary((a, b) => a ** b),
  RealDiv: binary((a, b) => a / b),
  SquaredDifference: binary((a, b) => (a - b) ** 2),
  Sub: binary((a, b) => a - b),
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a, b) => a > b),
  GreaterEqual: comparison((a, b) => a >= b),
  Less: comparison((a, b) => a < b),
  LessEqual: comparison((a, b) => a <= b),
  LogicalAnd: comparison((a, b) => a !== 0 && b !== 0),
  LogicalOr: comparison((a, b) => a !== 0 || b !== 0),
  NotEqual: comparison((a, b) => a !== b),
  Select: ({ condition, t, e }) => {
    // A condition of one axis chooses rows.
    const rowwise = condition!.shape.length === 1 && t!.shape.length > 1
    return [made(t!.shape, (at) => get(get(condition!, rowwise ? at.slice(0, 1) : at) ? t! : e!, at), t!.dtype)]
  },

  AddN: (inputs) => [made(inputs[0]!.shape, (at) => total(listed(inputs).map((one) => get(one, at))))],
  ArgMax: ({ x }, attrs) => reduction((values) => values.indexOf(largest(values)), 'int32')({ x: x! }, attrs),
  ArgMin: ({ x }, attrs) => reduction((values) => values.indexOf(smallest(values)), 'int32')({ x: x! }, attrs),
  Max: reduction(largest),
  Mean: reduction((values) => total(values) / values.length, 'float32'),
  Min: reduction(smallest),
  Prod: reduction((values) => values.reduce((product, value) => product * value, 1)),
  Sum: reduction(total),
  Cumsum: ({ x }, { axis, exclusive, reverse }) => {
    const along = axesOf(axis, x!.shape.length)[0]!
    const side = x!.shape[along]!
    const counts = (from: number, at: number) => (reverse ? from > at : from < at) || (!exclusive && from === at)
    const sumAt = (at: number[]) =>
      total(Array.from({ length: side }, (_, from) => (counts(from, at[along]!) ? get(x!, at.with(along, from)) : 0)))
    return [made(x!.shape, sumAt)]
  },
  Softmax: ({ logits }) => [
    rows(logits!, (row) => {
      const most = largest([...row])
      const powers = row.map((value) => Math.exp(value - most))
      return powers.map((power) => power / total([...powers]))
    }),
  ],
  TopK: ({ x }, { k }) => {
    const side = x!.shape.at(-1)!
    const shape = x!.shape.with(-1, k as number)
    const order = (at: number[]) => {
      const row = Array.from({ length: side }, (_, i) => get(x!, at.with(-1, i)))
      return row.map((value, i) => [value, i] as const).toSorted((a, b) => b[0] - a[0] || a[1] - b[1])[at.at(-1)!]!
    }
    return [made(shape, (at) => order(at)[0]), made(shape, (at) => order(at)[1], 'int32')]
  },

  BatchMatMul: ({ a, b }, { transposeA, transposeB }) => {
    const sides = (x: Doubles, turn: unknown) => (turn ? x.shape.slice(-2).reverse() : x.shape.slice(-2)) as [number, number]
    const [rows, inner] = sides(a!, transposeA)
    const [, columns] = sides(b!, transposeB)
    const outer = broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2))
    // Which matrix of `x` belongs to each of the products.
    const pairs = (x: Doubles) => made(outer, (at) => get(counted(x.shape.slice(0, -2)), at)).values
    const [left, right] = [pairs(a!), pairs(b!)]
    const y = zeros([...outer, rows, columns])
    for (let pair = 0; pair < left.length; pair++)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          for (let k = 0; k < inner; k++) {
            const one = left[pair]! * rows * inner + (transposeA ? k * rows + row : row * inner + k)
            const other = right[pair]! * inner * columns + (transposeB ? column * inner + k : k * columns + column)
            y.values[(pair * rows + row) * columns + column]! += a!.values[one]! * b!.values[other]!
          }
    return [y]
  },
  Conv2D: ({ x, filter }, attrs) => {
    const shape = convolve(x!.shape, filter!.shape, attrs, () => undefined)
    const y = zeros(shape)
    convolve(x!.shape, filter!.shape, attrs, (i, tap, o) => (y.values[o]! += x!.values[i]! * filter!.values[tap]!))
    return [y]
  },
  Conv2DBackpropFilter: ({ x, dy }, attrs) => {
    const filter = zeros(attrs.filterShape as number[])
    convolve(x!.shape, filter.shape, attrs, (i, tap, o) => (filter.values[tap]! += x!.values[i]! * dy!.values[o]!))
    return [filter]
  },
  Conv2DBackpropInput: ({ dy, filter }, attrs) => {
    const x = zeros(attrs.inputShape as number[])
    convolve(x.shape, filter!.shape, attrs, (i, tap, o) => (x.values[i]! += filter!.values[tap]! * dy!.values[o]!))
    return [x]
  },

  Concat: (inputs, { axis }) => [concat(listed(inputs), axesOf(axis, inputs[0]!.shape.length)[0]!)],
  ExpandDims: ({ input }, { dim }) => {
    const at = (dim as number) < 0 ? input!.shape.length + 1 + (dim as number) : (dim as number)
    return [{ ...input!, shape: input!.shape.toSpliced(at, 0, 1) }]
  },
  Fill: (_, { shape, value, dtype }) => [made(shape as number[], () => value as number, (dtype ?? 'float32') as 'float32')],
  GatherV2: ({ x, indices }, { axis, batchDims }) => {
    if (batchDims) throw new Error('the reference gathers without batch dimensions')
    const along = axesOf(axis, x!.shape.length)[0]!
    const rank = indices!.shape.length
    const shape = x!.shape.toSpliced(along, 1, ...indices!.shape)
    const place = (at: number[]) => get(indices!, at.slice(along, along + rank))
    return [made(shape, (at) => get(x!, at.toSpliced(along, rank, place(at))), x!.dtype)]
  },
  OneHot: ({ indices }, { depth, onValue, offValue, dtype }) => [
    made(
      [...indices!.shape, depth as number],
      (at) => (get(indices!, at.slice(0, -1)) === at.at(-1) ? (onValue as number) : (offValue as number)),
      (dtype ?? 'int32') as 'int32',
    ),
  ],
  Pack: (inputs, { axis }) => {
    const expanded = listed(inputs).map((one) => ({ ...one, shape: one.shape.toSpliced(axis as number, 0, 1) }))
    return [concat(expanded, axis as number)]
  },
  PadV2: ({ x }, { paddings, constantValue }) => {
    const pads = paddings as [number, number][]
    const shape = x!.shape.map((side, i) => pads[i]![0] + side + pads[i]![1])
    const inside = (at: number[]) => at.every((place, i) => place >= pads[i]![0] && place < pads[i]![0] + x!.shape[i]!)
    const value = (at: number[]) =>
      inside(at) ? get(x!, at.map((place, i) => place - pads[i]![0])) : (constantValue as number) // prettier-ignore
    return [made(shape, value, x!.dtype)]
  },
  Reshape: ({ x }, { shape }) => {
    const sides = shape as number[]
    const known = sizeOf(sides.filter((side) => side >= 0))
    return [{ ...x!, shape: sides.map((side) => (side < 0 ? x!.values.length / known : side)) }]
  },
  Reverse: ({ x }, { dims }) => {
    const axes = axesOf(dims, x!.shape.length)
    const turned = (at: number[]) => at.map((place, i) => (axes.includes(i) ? x!.shape[i]! - 1 - place : place))
    return [made(x!.shape, (at) => get(x!, turned(at)), x!.dtype)]
  },
  Slice: ({ x }, { begin, size }) => {
    const from = begin as number[]
    const sizes = (size as number[]).map((side, i) => (side < 0 ? x!.shape[i]! - from[i]! : side))
    return [part(x!, from, sizes)]
  },
  SplitV: ({ x }, { numOrSizeSplits, axis }) => {
    const along = axesOf(axis, x!.shape.length)[0]!
    const side = x!.shape[along]!
    if (typeof numOrSizeSplits === 'number') return split(x!, Array<number>(numOrSizeSplits).fill(side / numOrSizeSplits), along)
    const sizes = numOrSizeSplits as number[]
    return split(x!, sizes.map((size) => (size < 0 ? side - total(sizes) - 1 : size)), along) // prettier-ignore
  },
  Tile: ({ x }, { reps }) => {
    const shape = x!.shape.map((side, i) => side * (reps as number[])[i]!)
    return [made(shape, (at) => get(x!, at.map((place, i) => place % x!.shape[i]!)), x!.dtype)] // prettier-ignore
  },
  Transpose: ({ x }, { perm }) => {
    const order = perm as number[]
    const back = (at: number[]) => order.map((_, axis) => at[order.indexOf(axis)]!)
    return [made(order.map((axis) => x!.shape[axis]!), (at) => get(x!, back(at)), x!.dtype)] // prettier-ignore
  },
  Unpack: ({ value }, { axis }) => {
    const along = axesOf(axis, value!.shape.length)[0]!
    const each = Array<number>(value!.shape[along]!).fill(1)
    return split(value!, each, along).map((one) => withoutAxis(one, along))
  },
  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }) => {
    const rank = segmentIds!.shape.length
    const sums = zeros([numSegments as number, ...x!.shape.slice(rank)])
    const width = sizeOf(x!.shape.slice(rank))
    segmentIds!.values.forEach((segment, row) => {
      if (segment < 0 || segment >= (numSegments as number)) return
      for (let i = 0; i < width; i++) sums.values[segment * width + i]! += x!.values[row * width + i]!
    })
    return [sums]
  },
}

/**
 * Gradients of Σ outputs · dy by these inputs, from differences of fourth order: in double precision they are exact to about ten
 * digits, and say nothing that the definition of the kernel does not say. `straight`: the kernel is a straight line along each
 * number, so that two points give its slope.
 */
export function slopes(
  reference: Reference,
  inputs: Inputs,
  attrs: Record<string, unknown>,
  dy: Float64Array[],
  by: string[],
  straight: boolean,
): Record<string, Float64Array> {
  const along = (values: Inputs): number =>
    reference(values, attrs).reduce((sum, y, i) => sum + y.values.reduce((all, value, j) => all + value * dy[i]![j]!, 0), 0)
  const slope = (name: string) => {
    const input = inputs[name]!
    return input.values.map((value, i) => {
      const at = (shift: number) => along({ ...inputs, [name]: { ...input, values: input.values.with(i, value + shift) } })
      return straight ? (at(1) - at(-1)) / 2 : (8 * (at(STEP) - at(-STEP)) - (at(2 * STEP) - at(-2 * STEP))) / (12 * STEP)
    })
  }
  return Object.fromEntries(by.map((name) => [name, slope(name)]))
}

const STEP = 1e-3
