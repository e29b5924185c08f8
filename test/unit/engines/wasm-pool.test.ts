import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { withSharedMemory } from '../../../src/engines/wasm/backend'
import { createPool, type Pool } from '../../../src/engines/wasm/pool'
import { placeOf } from '../../../src/engines/wasm/simd-module'
import { numbers } from './compare'

/** A memory of its own with an allocator that only goes up. */
function bench(threads: number): { pool: Pool; floats: Float32Array; place: (count: number) => number } {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 65_536, shared: true })
  let next = 64
  const allocate = (bytes: number) => (next += (bytes + 63) & ~63) - ((bytes + 63) & ~63)
  const pool = createPool(memory, threads, allocate, () => {})
  return { pool, floats: new Float32Array(memory.buffer), place: (count) => allocate(count * 4) }
}

/** A · B, packed and multiplied as jobs. */
function product(threads: number, rows: number, inner: number, columns: number): Float32Array {
  const { pool, floats, place } = bench(threads)
  const [a, b, c] = [place(rows * inner), place(inner * columns), place(rows * columns)] as const
  const panels = Math.ceil(columns / 8) * inner * 32
  const packed = place(panels / 4)
  floats.set(numbers(rows * inner, 1), a / 4)
  floats.set(numbers(inner * columns, 2), b / 4)
  const many = 1e9
  pool.run(
    [{ kind: 'pack', units: Math.ceil(inner / 7), scratch: 0, parameters: [b, 0, columns * 4, 4, packed, 0, inner, columns, 7] }],
    many,
  )
  const units = Math.ceil(rows / 12) * Math.ceil(columns / 16)
  pool.run([{ kind: 'product', units, scratch: 64, parameters: [a, 0, packed, 0, c, 0, rows, columns, inner, 12, 16, 32] }], many)
  return floats.slice(c / 4, c / 4 + rows * columns)
}

describe('the kernels and threads of the wasm engine', () => {
  it.each([
    [1, 1, 1],
    [6, 8, 8],
    [7, 33, 9],
    [13, 100, 31],
    [64, 257, 70],
  ])('multiply %i × %i × %i right', (rows, inner, columns) => {
    const a = numbers(rows * inner, 1)
    const b = numbers(inner * columns, 2)
    product(1, rows, inner, columns).forEach((value, i) => {
      let sum = 0
      for (let k = 0; k < inner; k++) sum += a[Math.floor(i / columns) * inner + k]! * b[k * columns + (i % columns)]!
      expect(Math.abs(value - sum)).toBeLessThan(1e-4)
    })
  })

  it('give the same bits however many threads there are', () => {
    const alone = product(1, 200, 300, 100)
    for (const threads of [2, 3, 5]) expect(product(threads, 200, 300, 100)).toEqual(alone)
  })

  it.each(['unary', 'binary', 'sumRows', 'sumColumns', 'rows'] as const)(
    'give the same bits however many threads there are: %s',
    (kind) => {
      const [height, width] = [301, 333]
      const results = [1, 2, 3, 5].map((threads) => {
        const { pool, floats, place } = bench(threads)
        const [x, row, out] = [place(height * width), place(width), place(2 * height * width)]
        floats.set(numbers(height * width, 1), x / 4)
        floats.set(numbers(width, 2), row / 4)
        const size = height * width
        const jobs = {
          unary: [placeOf('Tanh'), out, x, size, 7000],
          binary: [placeOf('Multiply'), out, x, row, height, width, width * 4, 4, 0, 4, 20, 100],
          sumRows: [x, out, height, width, 20, 100],
          sumColumns: [x, out, height, width, 20],
          rows: [placeOf('softmaxRows'), x, out, height, width, 20, width * 4],
        }
        const units = { unary: size / 7000, binary: 16 * 4, sumRows: 16 * 4, sumColumns: 16, rows: 16 }
        pool.run([{ kind, units: Math.ceil(units[kind]), scratch: 0, parameters: jobs[kind] }], 1e9)
        return floats.slice(out / 4, out / 4 + size)
      })
      expect(results[0]!.some((value) => value !== 0)).toBe(true)
      for (const result of results.slice(1)) expect(result).toEqual(results[0])
    },
  )

  it('let a program end while helpers wait, and keep no job open', async () => {
    const { pool, place } = bench(3)
    const c = place(64)
    for (let i = 0; i < 2000; i++) {
      pool.run([{ kind: 'pack', units: 4, scratch: 0, parameters: [c, 0, 4, 4, c + 64, 0, 4, 1, 1] }], 1e9)
      if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })

  it('say when a helper or the job itself fails', () => {
    const { pool } = bench(1)
    const outside = [0xfffffff0, 0, 4, 4, 64, 0, 1000, 1, 1000]
    expect(() => pool.run([{ kind: 'pack', units: 1, scratch: 0, parameters: outside }], 1)).toThrow(/out of bounds/)
  })

  it('share the memory of the binary that ships, and of no other', () => {
    const file = createRequire(import.meta.url)
      .resolve('@tensorflow/tfjs-backend-wasm')
      .replace(/[^/\\]+$/, 'tfjs-backend-wasm-simd.wasm')
    const binary = readFileSync(file)
    const shared = withSharedMemory(binary)
    expect(shared.filter((byte, i) => byte !== binary[i])).toEqual(Uint8Array.of(3, 3))
    expect(WebAssembly.validate(shared)).toBe(true)
    expect(() => withSharedMemory(binary.subarray(0, 900))).toThrow(/another memory/)
  })
})
