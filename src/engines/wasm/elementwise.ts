/** Ops of single numbers and of pairs of them, on all threads. The backend's own take one number at a time where they broadcast. */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { address, allocate, free, heap, type BackendWasm } from './backend'
import type { Job, Pool } from './pool'
import { BINARIES, UNARIES } from './simd-elementwise'
import { placeOf } from './simd-module'

/** Numbers that a thread takes at a time. */
const PIECE = 16_384
/** Reading and writing a number takes as long as so many operations; a function of it, so many more. */
const MOVING = 20
const COMPUTING = 80
/** A row that repeats is laid out to at least this many numbers, if it is shorter. */
const WIDE = 64

const SIMPLE = ['Abs', 'Neg', 'Reciprocal', 'Relu', 'Sign', 'Sqrt', 'Square', 'Step']

export function elementwise(pool: Pool, own: (name: string) => KernelConfig): KernelConfig[] {
  return [...UNARIES.map((name) => unary(pool, own(name))), ...BINARIES.map((name) => binary(pool, own(name)))]
}

interface UnaryArgs {
  inputs: { x: TensorInfo }
  backend: BackendWasm
  attrs?: { alpha?: number }
}

function unary(pool: Pool, own: KernelConfig): KernelConfig {
  const f = placeOf(own.kernelName)
  const cost = SIMPLE.includes(own.kernelName) ? MOVING : COMPUTING
  const run = (args: UnaryArgs): TensorInfo => {
    const { inputs, backend, attrs } = args
    const { x } = inputs
    if (x.dtype !== 'float32' || attrs?.alpha) return own.kernelFunc(args as never) as TensorInfo
    const out = backend.makeOutput(x.shape, 'float32')
    const count = tf.util.sizeFromShape(x.shape)
    const parameters = [f, address(backend, out), address(backend, x), count, PIECE]
    pool.run([{ kind: 'unary', units: Math.ceil(count / PIECE), scratch: 0, parameters }], count * cost)
    return out
  }
  return { ...own, kernelFunc: run as unknown as KernelFunc }
}

/** Neighbouring axes along which `a` and `b` move alike. */
interface Axis {
  size: number
  a: boolean
  b: boolean
}

function axesOf(shape: number[], a: number[], b: number[]): Axis[] {
  const axes: Axis[] = []
  shape.forEach((size, axis) => {
    if (size === 1) return
    const moves = (of: number[]) => (of[axis - shape.length + of.length] ?? 1) !== 1
    const one = { size, a: moves(a), b: moves(b) }
    const last = axes.at(-1)
    if (last && last.a === one.a && last.b === one.b) last.size *= size
    else axes.push(one)
  })
  return axes
}

interface BinaryArgs {
  inputs: { a: TensorInfo; b: TensorInfo }
  backend: BackendWasm
}

function binary(pool: Pool, own: KernelConfig): KernelConfig {
  const f = placeOf(own.kernelName)

  const run = (args: BinaryArgs): TensorInfo => {
    const { inputs, backend } = args
    const { a, b } = inputs
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return own.kernelFunc(args as never) as TensorInfo
    const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape)
    const out = backend.makeOutput(shape, 'float32')
    const count = tf.util.sizeFromShape(shape)
    if (count === 0) return out
    const axes = axesOf(shape, a.shape, b.shape)
    while (axes.length < 2) axes.unshift({ size: 1, a: false, b: false })
    const [rows, columns] = axes.splice(-2) as [Axis, Axis]
    const narrow = axes.length === 0 && columns.size < WIDE && rows.a !== rows.b && columns.a && columns.b
    const short = narrow ? widening(rows.size, columns.size) : 1
    const repeated = short > 1 ? repeat(backend, rows.a ? b : a, columns.size, short) : 0
    const side = (moves: 'a' | 'b', tensor: TensorInfo) => ({
      at: repeated && !rows[moves] ? repeated : address(backend, tensor),
      row: rows[moves] ? 4 * (columns[moves] ? columns.size * short : 1) : 0,
      column: columns[moves] ? 4 : 0,
    })
    const [left, right] = [side('a', a), side('b', b)]
    const [height, width] = [rows.size / short, columns.size * short]
    const columnSize = Math.min(width, PIECE)
    const rowSize = Math.max(1, Math.floor(PIECE / width))
    const units = Math.ceil(height / rowSize) * Math.ceil(width / columnSize)
    const job = (table: number, offsets: { a: number; b: number }): Job => ({
      kind: 'binary',
      units,
      scratch: 0,
      parameters: [
        ...[f, address(backend, out) + table * height * width * 4, left.at + offsets.a, right.at + offsets.b, height, width],
        ...[left.row, left.column, right.row, right.column, rowSize, columnSize],
      ],
    })
    const jobs = tables(axes, { a: tableSize(rows, columns, 'a'), b: tableSize(rows, columns, 'b') }).map((offsets, table) =>
      job(table, offsets),
    )
    for (let i = 0; i < jobs.length; i += 16)
      pool.run(jobs.slice(i, i + 16), (count * MOVING * Math.min(16, jobs.length - i)) / jobs.length)
    if (repeated) free(backend, repeated)
    return out
  }
  return { ...own, kernelFunc: run as unknown as KernelFunc }
}

/** How often a short row is repeated: as the number of rows allows. */
function widening(rows: number, columns: number): number {
  let times = 1
  while (columns * times < WIDE && rows % (times * 2) === 0) times *= 2
  return times
}

/** The first `count` numbers of a tensor, `times` times, in memory that is the caller's to free. */
function repeat(backend: BackendWasm, tensor: TensorInfo, count: number, times: number): number {
  const place = allocate(backend, count * times * 4)
  const from = address(backend, tensor)
  for (let i = 0; i < times; i++) heap(backend).copyWithin(place + i * count * 4, from, from + count * 4)
  return place
}

const tableSize = (rows: Axis, columns: Axis, moves: 'a' | 'b'): number =>
  4 * (rows[moves] ? rows.size : 1) * (columns[moves] ? columns.size : 1)

/** Where `a` and `b` begin, in bytes, for each step along the outer axes. */
function tables(axes: Axis[], sizes: { a: number; b: number }): { a: number; b: number }[] {
  let all = [{ a: 0, b: 0 }]
  for (const axis of axes.toReversed()) {
    all = Array.from({ length: axis.size }, (_, i) =>
      all.map(({ a, b }) => ({ a: a + (axis.a ? i * sizes.a : 0), b: b + (axis.b ? i * sizes.b : 0) })),
    ).flat()
    sizes = { a: sizes.a * (axis.a ? axis.size : 1), b: sizes.b * (axis.b ? axis.size : 1) }
  }
  return all
}
