/** What our kernels take for themselves while they run, by the shapes that they are called with. */
import { COLUMNS } from './simd-multiply'

interface Call {
  inputs: Record<string, { shape: number[] }>
  attrs: { transposeA?: boolean; transposeB?: boolean }
}

const FLOAT = 4
const product = (sides: number[]): number => sides.reduce((size, side) => size * side, 1)
/** Rows of `columns` numbers, as products read them: in panels, the last one padded. */
const packed = (rows: number, columns: number): number => Math.ceil(columns / COLUMNS) * COLUMNS * rows * FLOAT

/** Bytes; 0 for kernels that take nothing, or next to nothing. */
export function scratch(kernel: string, { inputs, attrs }: Call): number {
  if (kernel === 'Conv2DBackpropFilter') {
    const { shape } = inputs.dy!
    return packed(product(shape.slice(0, -1)), shape.at(-1)!)
  }
  if (kernel === 'BatchMatMul') {
    const [a, b] = [inputs.a!.shape, inputs.b!.shape]
    const [rows, columns] = attrs.transposeB ? [b.at(-1)!, b.at(-2)!] : [b.at(-2)!, b.at(-1)!]
    return product(b.slice(0, -2)) * packed(rows, columns) + (attrs.transposeA ? FLOAT * product(a) : 0)
  }
  return 0
}
