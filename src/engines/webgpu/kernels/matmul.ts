/** Matrix products: tfjs's add long inner sides by atomics, so the same step would not be the same numbers twice. */
import { broadcast_util, util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { Backend } from '../backend'
import { multiply, type Operand } from './gemm'

/** [..., m, k] × [..., k, n] → [..., m, n], either turned; leading sides equal, or all 1 on one side. */
export function matrixProduct({
  inputs: { a, b },
  backend,
  attrs: { transposeA, transposeB },
}: {
  inputs: { a: TensorInfo; b: TensorInfo }
  backend: Backend
  attrs: { transposeA: boolean; transposeB: boolean }
}): TensorInfo {
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)]
  const batch = broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch)
  const [aCount, bCount, count] = [aBatch, bBatch, batch].map((shape) => util.sizeFromShape(shape)) as [number, number, number]
  if ((aCount !== count && aCount !== 1) || (bCount !== count && bCount !== 1))
    throw new Error(`matMul: [${a.shape.join()}] and [${b.shape.join()}] repeat different sides`)
  const [rows, inner] = sides(a, transposeA)
  const [columns, innerB] = sides(b, !transposeB)
  if (inner !== innerB)
    throw new Error(`matMul: [${a.shape.join()}] and [${b.shape.join()}] have inner sides ${inner} and ${innerB}`)
  return multiply(
    backend,
    {
      name: `matmul_${transposeA}_${transposeB}`,
      inputs: ['a', 'b'],
      uniforms: ['aStep', 'bStep'],
      numbers: [aCount === 1 ? 0 : rows * inner, bCount === 1 ? 0 : columns * inner],
      left: matrix('a', transposeA, 'uniforms.rows'),
      right: matrix('b', !transposeB, 'uniforms.columns'),
      place: 'return (z * uniforms.rows + row) * uniforms.columns;',
      products: count,
      rows,
      columns,
      inner,
      shape: [...batch, rows, columns],
    },
    a,
    b,
  )
}

/** The side that stays and the side that is summed over; `turned`: the inner side comes first. */
function sides({ shape }: TensorInfo, turned: boolean): [outer: number, inner: number] {
  const [first, second] = shape.slice(-2) as [number, number]
  return turned ? [second, first] : [first, second]
}

function matrix(name: 'a' | 'b', turned: boolean, side: string): Operand {
  const [outer, inner] = turned ? ['index', `index * ${side}`] : ['index * uniforms.innerSize', 'index']
  return {
    contiguous: turned ? 'outer' : 'inner',
    outer: `return vec4<i32>(z * uniforms.${name}Step + ${outer}, 0, 0, 0);`,
    inner: `return vec4<i32>(${inner}, 0, 0, 0);`,
    read: `return f32(${name}[outer.x + inner.x]);`,
  }
}
