/** The WebAssembly module in which training spends its time. */
import { assemble } from './assembler'
import { elementwise } from './simd-elementwise'
import { multiply, pack, tabulate } from './simd-multiply'
import { patches, turnedPatches } from './simd-patches'
import { alongRows } from './simd-rows'

/** What the assembled module exports. Addresses and sizes in bytes or floats as the functions above say. */
export interface Kernels {
  multiply(
    a: number,
    lda: number,
    b: number,
    panelStride: number,
    table: number,
    rows: number,
    columns: number,
    inner: number,
    adding: number,
  ): void
  pack(
    source: number,
    rowStride: number,
    columnStride: number,
    out: number,
    panelStride: number,
    inner: number,
    columns: number,
  ): void
  tabulate(table: number, base: number, first: number, count: number, width: number, pixelStride: number, rowStride: number): void
  patches(picture: number, out: number, first: number, count: number, ...geometry: number[]): void
  turnedPatches(
    picture: number,
    out: number,
    stride: number,
    place: number,
    places: number,
    first: number,
    pixels: number,
    ...geometry: number[]
  ): void
  sumRows(x: number, out: number, rows: number, count: number, rowStride: number, outStride: number): void
  sumColumns(x: number, out: number, rows: number, columns: number): void
}

const functions = (relaxed: boolean) => [multiply(relaxed), pack, tabulate, patches, turnedPatches, ...elementwise, ...alongRows]

/** A function's place in the module, by which jobs name it. */
export const placeOf = (name: string): number => functions(false).findIndex((one) => one.name === name)

/** The module, with fused multiply-add where this runtime knows it. */
export function kernelModule(): { module: WebAssembly.Module; relaxed: boolean } {
  const bytes = (relaxed: boolean) => assemble(functions(relaxed))
  const relaxed = WebAssembly.validate(bytes(true))
  return { module: new WebAssembly.Module(bytes(relaxed)), relaxed }
}
