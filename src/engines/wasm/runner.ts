/**
 * What each thread does with a job. This function is sent to the helper threads as text, so it must not refer to anything outside
 * of itself. A job is `[kind, units, scratch, scratch bytes a thread, …what the kind needs]`; threads take units until none is
 * left and say how many they did. Every number is computed by one thread from the inputs alone, so the result does not depend on
 * how many threads there are.
 */
import type { Kernels } from './simd-module'

/** Places in the shared control block. */
export const control = {
  /** 1 while a job may be joined. */
  open: 0,
  /** Counted up to wake the helpers. */
  wake: 1,
  /** Helpers at work. */
  active: 2,
  jobs: 3,
  /** 1 when a helper could not do its part. */
  failed: 4,
  /** Next unit of each job. */
  next: 8,
  first: 32,
  /** Integers a job may have. */
  size: 40,
  most: 16,
} as const

/** In the order of `work` below. */
export const kinds = {
  convolve: 0,
  filterGradient: 1,
  product: 2,
  pack: 3,
  unary: 4,
  binary: 5,
  sumRows: 6,
  sumColumns: 7,
  rows: 8,
} as const

type N = number
/** A convolution's numbers: its own eleven, then the geometry that `patches` takes. */
type ElevenAndGeometry = [N, N, N, N, N, N, N, N, N, N, N, ...N[]]
/** A block of parameters is longer than any kind needs. */
type Twelve = [N, N, N, N, N, N, N, N, N, N, N, N]

export function createRunner(kernels: Kernels, shared: Int32Array, places: typeof control): (thread: number) => number {
  /** Functions by their place in the module. */
  const functions = Object.values(kernels) as ((...parameters: number[]) => void)[]
  const padded = (floats: number) => (floats * 4 + 63) & ~63

  /** Output pixels of one picture: cut patches, multiply them by the filter. */
  function convolve(unit: number, table: number, p: number[]): void {
    const [x, xStride, b, c, cStride, area, size, inner, columns, pixelStride, rowStride, ...geometry] = p as ElevenAndGeometry
    const blocks = Math.ceil(area / size)
    const picture = Math.floor(unit / blocks)
    const first = (unit % blocks) * size
    const count = Math.min(size, area - first)
    const cut = table + padded(size)
    kernels.patches(x + picture * xStride, cut, first, count, ...geometry)
    kernels.tabulate(table, c + picture * cStride, first, count, geometry[0]!, pixelStride, rowStride)
    kernels.multiply(cut, inner * 4, b, inner * 32, table, count, columns, inner, 0)
  }

  /** Some places of the filter: turned patches of all pictures, chunk by chunk, times the incoming gradient. */
  function filterGradient(unit: number, table: number, p: number[]): void {
    const [x, xStride, b, panelStride, c, inner, share, columns, pictures, area, size, ...geometry] = p as ElevenAndGeometry
    const place = unit * share
    const places = Math.min(share, inner - place)
    const cut = table + padded(share)
    kernels.tabulate(table, c + place * columns * 4, 0, places, places, columns * 4, 0)
    const together = Math.max(1, Math.floor(size / area))
    for (let picture = 0; picture < pictures; picture += together) {
      for (let first = 0; first < area; first += size) {
        const several = Math.min(together, pictures - picture)
        const pixels = Math.min(size, area - first)
        for (let i = 0; i < several; i++)
          kernels.turnedPatches(
            x + (picture + i) * xStride,
            cut + i * area * 4,
            size * 4,
            place,
            places,
            first,
            pixels,
            ...geometry,
          )
        const from = b + (picture * area + first) * 32
        kernels.multiply(cut, size * 4, from, panelStride, table, places, columns, several * pixels, picture + first > 0 ? 1 : 0)
      }
    }
  }

  /** A block of a matrix product, the inner side in pieces that stay in the cache. */
  function product(unit: number, table: number, p: number[]): void {
    const [a, aStride, b, bStride, c, cStride, rows, columns, inner, rowSize, columnSize, innerSize] = p as Twelve
    const across = Math.ceil(columns / columnSize)
    const blocks = across * Math.ceil(rows / rowSize)
    const pair = Math.floor(unit / blocks)
    const row = Math.floor((unit % blocks) / across) * rowSize
    const column = (unit % across) * columnSize
    const high = Math.min(rowSize, rows - row)
    const wide = Math.min(columnSize, columns - column)
    kernels.tabulate(table, c + pair * cStride + (row * columns + column) * 4, 0, high, high, columns * 4, 0)
    for (let k = 0; k < inner; k += innerSize) {
      const from = a + pair * aStride + (row * inner + k) * 4
      const panels = b + pair * bStride + column * inner * 4 + k * 32
      kernels.multiply(from, inner * 4, panels, inner * 32, table, high, wide, Math.min(innerSize, inner - k), k > 0 ? 1 : 0)
    }
  }

  /** Rows of B into panels. */
  function pack(unit: number, _: number, p: number[]): void {
    const [source, sourceStride, rowStride, columnStride, out, outStride, inner, columns, innerSize] = p as Twelve
    const blocks = Math.ceil(inner / innerSize)
    const pair = Math.floor(unit / blocks)
    const row = (unit % blocks) * innerSize
    const from = source + pair * sourceStride + row * rowStride
    kernels.pack(
      from,
      rowStride,
      columnStride,
      out + pair * outStride + row * 32,
      inner * 32,
      Math.min(innerSize, inner - row),
      columns,
    )
  }

  function unary(unit: number, _: number, p: number[]): void {
    const [f, out, x, count, size] = p as Twelve
    const first = unit * size
    functions[f]!(out + first * 4, x + first * 4, Math.min(size, count - first))
  }

  /** A block of rows and columns. */
  function binary(unit: number, _: number, p: number[]): void {
    const [f, out, a, b, rows, columns, aRow, aColumn, bRow, bColumn, rowSize, columnSize] = p as Twelve
    const across = Math.ceil(columns / columnSize)
    const row = Math.floor(unit / across) * rowSize
    const column = (unit % across) * columnSize
    functions[f]!(
      ...[out + (row * columns + column) * 4, a + row * aRow + column * aColumn, b + row * bRow + column * bColumn],
      ...[Math.min(rowSize, rows - row), Math.min(columnSize, columns - column), columns * 4, aRow, aColumn, bRow, bColumn],
    )
  }

  /** A piece of each of some rows. */
  function sumRows(unit: number, _: number, p: number[]): void {
    const [x, out, rows, columns, rowSize, columnSize] = p as Twelve
    const across = Math.ceil(columns / columnSize)
    const row = Math.floor(unit / across) * rowSize
    const piece = unit % across
    kernels.sumRows(
      x + (row * columns + piece * columnSize) * 4,
      out + (row * across + piece) * 8,
      Math.min(rowSize, rows - row),
      Math.min(columnSize, columns - piece * columnSize),
      columns * 4,
      across * 8,
    )
  }

  /** Some rows of one of many tables. */
  function sumColumns(unit: number, _: number, p: number[]): void {
    const [x, out, rows, columns, size] = p as Twelve
    const pieces = Math.ceil(rows / size)
    const first = (unit % pieces) * size
    const from = x + (Math.floor(unit / pieces) * rows + first) * columns * 4
    kernels.sumColumns(from, out + unit * columns * 8, Math.min(size, rows - first), columns)
  }

  function rows(unit: number, _: number, p: number[]): void {
    const [f, x, out, count, columns, size, outStride] = p as Twelve
    const first = unit * size
    functions[f]!(x + first * columns * 4, out + first * outStride, Math.min(size, count - first), columns)
  }

  const work = [convolve, filterGradient, product, pack, unary, binary, sumRows, sumColumns, rows]

  return (thread) => {
    let done = 0
    for (let job = 0; job < shared[places.jobs]!; job++) {
      const at = places.first + job * places.size
      const [what, units, scratch, bytes, ...p] = shared.subarray(at, at + places.size) as unknown as [N, N, N, N, ...N[]]
      const table = scratch + thread * bytes
      for (;;) {
        const unit = Atomics.add(shared, places.next + job, 1)
        if (unit >= units) break
        done += 1
        work[what]!(unit, table, p)
      }
    }
    return done
  }
}
