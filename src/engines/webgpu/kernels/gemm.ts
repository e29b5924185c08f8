/**
 * A product of two matrices that need not exist: each operand says how its numbers are found, the rest is the same for matrix
 * products, convolutions and their gradients. Tiles of both go through a workgroup's memory; each invocation keeps 4 × 4 sums.
 * Where the output is small and the inner side long, the inner side is divided and its parts are added in a fixed order: no atomics,
 * which would add in another order every time.
 */
import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { Backend } from '../backend'
import { runGrid } from '../program'
import { sumRows } from './sums'

/** WGSL of an operand. A place is two parts: one from its row or column, one from its inner index; each is decoded once, used often. */
export interface Operand {
  /** Which neighbours lie next to each other in memory. */
  contiguous: 'outer' | 'inner'
  /** Body of a function of `z` (which product) and `index` (row or column): a `vec4<i32>`. */
  outer: string
  /** Body of a function of `z` and `index` (along the inner side): a `vec4<i32>`. */
  inner: string
  /** Body of a function of `outer` and `inner`: the number. */
  read: string
}

export interface Product {
  /** Identifies the WGSL; of the sizes nothing may be in it. */
  name: string
  inputs: string[]
  uniforms: string[]
  numbers: number[]
  left: Operand
  right: Operand
  /** Body of a function of `z` and `row`: where that row begins in the output, its columns following; negative for none. */
  place: string
  products: number
  rows: number
  columns: number
  inner: number
  shape: number[]
}

const DEPTH = 16
/** Sums of an invocation, each way. */
const EACH = 4
/** Workgroups that keep a device busy, and the least that is worth a part of its own. */
const ENOUGH_GROUPS = 256
const LEAST_INNER = 256
/** Numbers that all parts together may have. */
const MOST_PARTS = 1 << 22
/** Invocations in a workgroup: less leaves lanes idle. */
const LEAST_INVOCATIONS = 64

/** Sides of a tile that wastes little on a matrix of these sides. */
function tileOf(rows: number, columns: number): [rows: number, columns: number] {
  const fitting = (side: number) => (side <= 16 ? 16 : side <= 32 ? 32 : 64)
  let [tall, wide] = [fitting(rows), fitting(columns)]
  while ((tall * wide) / EACH ** 2 < LEAST_INVOCATIONS)
    if (rows > columns) tall *= 2
    else wide *= 2
  return [tall, wide]
}

export function multiply(backend: Backend, product: Product, left: TensorInfo, right: TensorInfo): TensorInfo {
  const { products, rows, columns, inner, shape } = product
  const [tall, wide] = tileOf(rows, columns)
  const grid: [number, number] = [Math.ceil(columns / wide), Math.ceil(rows / tall)]
  const size = util.sizeFromShape(shape)
  const parts = Math.max(
    1,
    Math.min(
      Math.floor(ENOUGH_GROUPS / (grid[0] * grid[1] * products)),
      Math.floor(inner / LEAST_INNER),
      Math.floor(MOST_PARTS / size),
    ),
  )
  const each = Math.ceil(inner / parts / DEPTH) * DEPTH
  const result = runGrid(
    backend,
    {
      name: `${product.name}_${tall}_${wide}`,
      inputs: product.inputs,
      uniforms: ['rows', 'columns', 'innerSize', 'partSize', 'products', 'partInner', 'steps', ...product.uniforms],
      code: code(product, tall, wide),
      workgroup: [wide / EACH, tall / EACH, 1],
    },
    [...grid, products * parts],
    [left, right],
    { shape: parts === 1 ? shape : [parts, ...shape], dtype: 'float32' },
    [rows, columns, inner, size, products, each, each / DEPTH, ...product.numbers],
  )
  return parts === 1 ? result : sumRows(backend, result, parts, shape, true)
}

const times = (count: number, line: (i: number) => string): string => Array.from({ length: count }, (_, i) => line(i)).join('\n')

function code(product: Product, tall: number, wide: number): string {
  const invocations = (tall * wide) / EACH ** 2
  const [across, down] = [wide / EACH, tall / EACH]
  return `
    // One more than a row of the tile, so that neighbours written down a column fall into different banks.
    var<workgroup> leftTile : array<f32, ${DEPTH * (tall + 1)}>;
    var<workgroup> rightTile : array<f32, ${DEPTH * (wide + 1)}>;

    ${functions('left', product.left)}
    ${functions('right', product.right)}
    fn place(z : i32, row : i32) -> i32 { ${product.place} }

    fn main() {
      let z = i32(workgroupId.z) % uniforms.products;
      let part = i32(workgroupId.z) / uniforms.products;
      let rowBegin = i32(workgroupId.y) * ${tall};
      let columnBegin = i32(workgroupId.x) * ${wide};
      let begin = part * uniforms.partInner;
      let end = min(begin + uniforms.partInner, uniforms.innerSize);
      let lane = i32(localIndex);
      ${decoded('left', product.left, tall, invocations)}
      ${decoded('right', product.right, wide, invocations)}
      ${times(EACH, (i) => `var sums${i} = vec4<f32>(0.0);`)}

      // Counted by a uniform alone: a barrier may stand only where the language sees that all invocations come along.
      for (var step = 0; step < uniforms.steps; step++) {
        let k = begin + step * ${DEPTH};
        ${loads('left', product.left, tall, invocations)}
        ${loads('right', product.right, wide, invocations)}
        workgroupBarrier();
        for (var depth = 0; depth < ${DEPTH}; depth++) {
          let across = depth * ${wide + 1} + i32(localId.x);
          let down = depth * ${tall + 1} + i32(localId.y);
          let numbers = vec4<f32>(${[0, 1, 2, 3].map((i) => `rightTile[across + ${i * across}]`).join(', ')});
          ${times(EACH, (i) => `sums${i} += leftTile[down + ${i * down}] * numbers;`)}
        }
        workgroupBarrier();
      }

      let to = part * uniforms.partSize;
      let column = columnBegin + i32(localId.x);
      ${times(
        EACH,
        (y) => `{
          let row = rowBegin + i32(localId.y) + ${y * down};
          if (row < uniforms.rows) {
            let at = place(z, row);
            if (at >= 0) {
              ${times(EACH, (x) => `if (column + ${x * across} < uniforms.columns) { result[to + at + column + ${x * across}] = sums${y}[${x}]; }`)}
            }
          }
        }`,
      )}
    }`
}

const sideOf = { left: ['rowBegin', 'uniforms.rows'], right: ['columnBegin', 'uniforms.columns'] } as const

function functions(name: keyof typeof sideOf, { outer, inner, read }: Operand): string {
  return `
    fn ${name}Outer(z : i32, index : i32) -> vec4<i32> { ${outer} }
    fn ${name}Inner(z : i32, index : i32) -> vec4<i32> { ${inner} }
    fn ${name}Read(outer : vec4<i32>, inner : vec4<i32>) -> f32 { ${read} }`
}

/** The rows (or columns) that an invocation loads are the same in every tile. */
function decoded(name: keyof typeof sideOf, { contiguous }: Operand, side: number, invocations: number): string {
  const [begin, limit] = sideOf[name]
  if (contiguous === 'outer')
    return `
      let ${name}At = lane % ${side};
      let ${name}Fits = ${begin} + ${name}At < ${limit};
      let ${name}Place = ${name}Outer(z, ${begin} + ${name}At);`
  return times(
    (side * DEPTH) / invocations,
    (i) => `
      let ${name}At${i} = lane / ${DEPTH} + ${(i * invocations) / DEPTH};
      let ${name}Fits${i} = ${begin} + ${name}At${i} < ${limit};
      let ${name}Place${i} = ${name}Outer(z, ${begin} + ${name}At${i});`,
  )
}

function loads(name: keyof typeof sideOf, { contiguous }: Operand, side: number, invocations: number): string {
  const count = (side * DEPTH) / invocations
  const row = side + 1
  // A loop where nothing is kept from round to round: written out, a driver takes half a second to translate it.
  if (contiguous === 'outer')
    return `for (var i = 0; i < ${count}; i++) {
        let depth = lane / ${side} + i * ${invocations / side};
        var number = 0.0;
        if (${name}Fits && k + depth < end) { number = ${name}Read(${name}Place, ${name}Inner(z, k + depth)); }
        ${name}Tile[depth * ${row} + ${name}At] = number;
      }`
  return `{
      let depth = lane % ${DEPTH};
      let inside = k + depth < end;
      let inner = ${name}Inner(z, k + depth);
      ${times(
        count,
        (i) => `{
          var number = 0.0;
          if (inside && ${name}Fits${i}) { number = ${name}Read(${name}Place${i}, inner); }
          ${name}Tile[depth * ${row} + ${name}At${i}] = number;
        }`,
      )}
    }`
}
