/** WGSL programs of our own, run through tfjs's WebGPU backend: it declares the buffers and uniforms that a program names. */
import type { WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu/dist/webgpu_program'
import { util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core'
import type { Backend } from './backend'

interface Code {
  /** Identifies the code: two programs of one name have the same. */
  name: string
  /** The inputs' names; each is an array there. */
  inputs: string[]
  /** The int32 uniforms' names, in the order of `numbers`. */
  uniforms: string[]
}

interface Output {
  shape: number[]
  dtype: DataType
}

const FLAT_WORKGROUP = 64

/** Runs `body` once for each number of the output: it has an `index` and writes `result[index]`. */
export function runFlat(
  backend: Backend,
  { name, inputs, uniforms, body, functions = '' }: Code & { body: string; functions?: string },
  tensors: TensorInfo[],
  output: Output,
  numbers: number[],
): TensorInfo {
  const size = util.sizeFromShape(output.shape)
  const program = {
    ...declared(name, inputs, uniforms, size),
    size: true,
    workgroupSize: [FLAT_WORKGROUP, 1, 1] as [number, number, number],
    dispatchLayout: { x: [0] },
    dispatch: [Math.ceil(size / FLAT_WORKGROUP), 1, 1] as [number, number, number],
    getUserCode: () => `${functions}
      fn main(index : i32) {
        if (index >= uniforms.size) { return; }
        ${body}
      }`,
  }
  return run(backend, program, tensors, output, numbers)
}

/** Runs `code` (which has a function `main`) in a grid of workgroups. */
export function runGrid(
  backend: Backend,
  { name, inputs, uniforms, code, workgroup }: Code & { code: string; workgroup: [number, number, number] },
  grid: [number, number, number],
  tensors: TensorInfo[],
  output: Output,
  numbers: number[],
): TensorInfo {
  const program = {
    ...declared(name, inputs, uniforms, util.sizeFromShape(output.shape)),
    workgroupSize: workgroup,
    dispatchLayout: { x: [0], y: [1], z: [2] },
    dispatch: grid,
    getUserCode: () => code,
  }
  return run(backend, program, tensors, output, numbers)
}

function declared(name: string, inputs: string[], uniforms: string[], size: number) {
  return {
    shaderKey: `latent_${name}`,
    variableNames: inputs,
    uniforms: uniforms.map((uniform) => `${uniform} : i32,`).join(' '),
    outputShape: [size],
  }
}

/**
 * Our code finds its places itself: tensors of every shape go as lists. A list as one column is never as the output is, and never
 * to be repeated; else tfjs would have the same code translated anew whenever two sizes happen to be equal, or one.
 */
function run(
  backend: Backend,
  program: WebGPUProgram,
  tensors: TensorInfo[],
  { shape, dtype }: Output,
  numbers: number[],
): TensorInfo {
  const lists = tensors.map((tensor) => ({ ...tensor, shape: [util.sizeFromShape(tensor.shape), 1] }))
  const uniforms = numbers.map((number) => ({ type: 'int32', data: [number] }))
  return { ...backend.runWebGPUProgram(program, lists, dtype, uniforms), shape }
}
