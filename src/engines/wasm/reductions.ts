/** Sums, means, largest values and softmax, on all threads. The backend's own turn the whole tensor around first. */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { address, allocate, call, floats, free, heap, type BackendWasm } from './backend'
import type { Pool } from './pool'
import { placeOf } from './simd-module'

/** Numbers that a thread adds up at a time. Fixed: what is added to what must not depend on the threads. */
const PIECE = 32_768
/** Rows of a table whose columns are added up at a time, at least. */
const ROWS = 256
/** Reading a number takes as long as so many operations; e^x of it, so many more. */
const READING = 10
const COMPUTING = 100

interface Args {
  inputs: { x: TensorInfo }
  backend: BackendWasm
  attrs: { axis?: number | number[]; reductionIndices?: number | number[]; keepDims: boolean }
}

/** Sums of `outer` tables [rows, columns] over their rows: [outer, columns]. */
function sumTables(pool: Pool, backend: BackendWasm, x: number, [outer, rows, columns]: [number, number, number]): Float64Array {
  if (outer * rows * columns === 0) return new Float64Array(outer * columns)
  const size = columns === 1 ? PIECE : Math.max(ROWS, Math.floor(PIECE / columns))
  const pieces = Math.ceil(rows / size)
  const partial = allocate(backend, outer * pieces * columns * 8)
  if (columns === 1) {
    const rowSize = Math.max(1, Math.floor(PIECE / rows))
    const parameters = [x, partial, outer, rows, rowSize, size]
    pool.run([{ kind: 'sumRows', units: Math.ceil(outer / rowSize) * pieces, scratch: 0, parameters }], outer * rows * READING)
  } else {
    const parameters = [x, partial, rows, columns, size]
    pool.run([{ kind: 'sumColumns', units: outer * pieces, scratch: 0, parameters }], outer * rows * columns * READING)
  }
  const parts = new Float64Array(heap(backend).buffer, partial, outer * pieces * columns)
  const sums = pieces === 1 ? parts.slice() : new Float64Array(outer * columns)
  if (pieces > 1)
    for (let table = 0; table < outer; table++)
      for (let piece = 0; piece < pieces; piece++)
        for (let i = 0; i < columns; i++) sums[table * columns + i]! += parts[(table * pieces + piece) * columns + i]!
  free(backend, partial)
  return sums
}

/** Runs of axes that are all summed, or all kept: [[size, summed], …]. */
function runs(shape: number[], axes: number[]): [number, boolean][] {
  const all: [number, boolean][] = []
  shape.forEach((size, axis) => {
    const summed = axes.includes(axis)
    const last = all.at(-1)
    if (last?.[1] === summed) last[0] *= size
    else all.push([size, summed])
  })
  return all
}

/** `mean`: divided by how many there are. */
function sum(pool: Pool, own: KernelConfig, mean: boolean): KernelConfig {
  const run = (args: Args): TensorInfo => {
    const { inputs, backend, attrs } = args
    const { x } = inputs
    if (x.dtype !== 'float32') return own.kernelFunc(args as never) as TensorInfo
    const axes = tf.util.parseAxisParam(attrs.axis ?? x.shape.map((_, axis) => axis), x.shape)
    const kept = x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side))
    const shape = attrs.keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis))
    const terms = tf.util.sizeFromShape(x.shape) / tf.util.sizeFromShape(kept)
    const parts = runs(x.shape, axes)
    // The last run of summed axes first; what is left of the others, from its result.
    const last = parts.findLastIndex(([, summed]) => summed)
    const product = (some: [number, boolean][]) => some.reduce((size, [side]) => size * side, 1)
    const [outer, rows, columns] = [product(parts.slice(0, last)), parts[last]?.[0] ?? 1, product(parts.slice(last + 1))]
    let sums = sumTables(pool, backend, address(backend, x), last < 0 ? [product(parts), 1, 1] : [outer, rows, columns])
    for (let rest = parts.slice(0, Math.max(0, last)); rest.some(([, summed]) => summed);) {
      const at = rest.findLastIndex(([, summed]) => summed)
      const inner = product(rest.slice(at + 1)) * columns
      sums = folded(sums, product(rest.slice(0, at)), rest[at]![0], inner)
      rest = rest.map(([size, summed], i) => (i === at ? [1, false] : [size, summed]))
    }
    const out = backend.makeOutput(shape, 'float32')
    if (mean) for (let i = 0; i < sums.length; i++) sums[i]! /= terms
    floats(backend, out).set(sums)
    return out
  }
  return { ...own, kernelFunc: run as unknown as KernelFunc }
}

/** [outer, rows, columns] → [outer, columns]. */
function folded(values: Float64Array, outer: number, rows: number, columns: number): Float64Array {
  const sums = new Float64Array(outer * columns)
  for (let table = 0; table < outer; table++)
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < columns; i++) sums[table * columns + i]! += values[(table * rows + row) * columns + i]!
  return sums
}

function rowJob(f: string, x: number, out: number, [count, columns]: [number, number], outStride: number) {
  const size = Math.max(1, Math.floor(PIECE / columns))
  const parameters = [placeOf(f), x, out, count, columns, size, outStride]
  return { kind: 'rows' as const, units: Math.ceil(count / size), scratch: 0, parameters }
}

/** The largest over the last axes; where other axes are asked for, these are turned to the end first. */
function max(pool: Pool, own: KernelConfig): KernelConfig {
  const run = (args: Args): TensorInfo => {
    const { inputs, backend, attrs } = args
    const { x } = inputs
    const rank = x.shape.length
    const size = tf.util.sizeFromShape(x.shape)
    if (x.dtype !== 'float32' || size === 0) return own.kernelFunc(args as never) as TensorInfo
    const axes = tf.util.parseAxisParam(attrs.reductionIndices!, x.shape)
    const kept = x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side))
    const perm = [...kept.keys()].toSorted((a, b) => Number(axes.includes(a)) - Number(axes.includes(b)) || a - b)
    const last = perm.every((axis, i) => axis === i) ? x : call(backend, 'Transpose', { x }, { perm })
    const out = backend.makeOutput(attrs.keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis)), 'float32')
    const rows = tf.util.sizeFromShape(kept)
    const job = rowJob('maxRows', address(backend, last), address(backend, out), [rows, size / rows], 4)
    pool.run([job], rank === 0 ? 0 : size * READING)
    if (last !== x) backend.disposeData(last.dataId)
    return out
  }
  return { ...own, kernelFunc: run as unknown as KernelFunc }
}

function softmax(pool: Pool, own: KernelConfig): KernelConfig {
  const run = (args: { inputs: { logits: TensorInfo }; backend: BackendWasm }): TensorInfo => {
    const { inputs, backend } = args
    const { logits } = inputs
    const size = tf.util.sizeFromShape(logits.shape)
    if (logits.dtype !== 'float32' || size === 0) return own.kernelFunc(args as never) as TensorInfo
    const out = backend.makeOutput(logits.shape, 'float32')
    const columns = logits.shape.at(-1) ?? 1
    const job = rowJob('softmaxRows', address(backend, logits), address(backend, out), [size / columns, columns], columns * 4)
    pool.run([job], size * COMPUTING)
    return out
  }
  return { ...own, kernelFunc: run as unknown as KernelFunc }
}

export function reductions(pool: Pool, own: (name: string) => KernelConfig): KernelConfig[] {
  return [sum(pool, own('Sum'), false), sum(pool, own('Mean'), true), max(pool, own('Max')), softmax(pool, own('Softmax'))]
}
