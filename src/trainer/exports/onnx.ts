/** Writes a recorded graph as an ONNX model: one file, opset 17, any number of items. */
import type { Graph, GraphTensor } from '../../nn/record'
import { BATCH } from '../../nn/record'
import type { Writer } from './onnx-kernels'
import { ELEMENT_TYPES, kernels } from './onnx-kernels'
import type { OnnxNode, OnnxTensor, OnnxValue } from './onnx-proto'
import { attribute, encodeModel, FLOAT, INT64 } from './onnx-proto'

const OPSET = 17

/**
 * The model's bytes. Inputs and outputs have the names they have in the graph; the batch dimension is called `batch`.
 * Throws an `Error` that names the kernel when one has no counterpart.
 */
export async function writeOnnx(
  graph: Graph,
  { name, producer, doc = '' }: { name: string; producer: string; doc?: string },
): Promise<Uint8Array> {
  const values = await valuesOf(graph)
  const nodes: OnnxNode[] = []
  const initializers = new Map<string, OnnxTensor>()
  const names = namesOf(graph)
  let made = 0

  const writer: Writer = {
    shape: (tensor) => graph.tensors[tensor]!.shape,
    dtype: (tensor) => graph.tensors[tensor]!.dtype,
    name: (tensor) => {
      const data = values.get(tensor)
      if (data && !initializers.has(names[tensor]!)) {
        const { shape, dtype } = graph.tensors[tensor]!
        initializers.set(names[tensor]!, initializer(names[tensor]!, shape, elementType(dtype), data))
      }
      return names[tensor]!
    },
    ints: (list) => {
      const id = `ints_${list.join('_').replaceAll('-', 'm')}`
      initializers.set(id, initializer(id, [list.length], INT64, BigInt64Array.from(list, BigInt)))
      return id
    },
    floats: (list, shape = [list.length]) => {
      const id = `floats_${made++}`
      initializers.set(id, initializer(id, shape, FLOAT, Float32Array.from(list)))
      return id
    },
    transposed: (tensor, order) => {
      const data = values.get(tensor)
      if (!data) return writer.emit('Transpose', [names[tensor]!], { perm: order })
      const id = `${names[tensor]}_${order.join('')}`
      const { shape, dtype } = graph.tensors[tensor]!
      const turned = transpose(data as Float32Array, shape, order)
      initializers.set(
        id,
        initializer(
          id,
          order.map((axis) => shape[axis]!),
          elementType(dtype),
          turned,
        ),
      )
      return id
    },
    emit: (opType, input, attributes = {}, output = [`v${made++}`]) => {
      const list = Object.entries(attributes).map(([key, value]) => attribute(key, value))
      nodes.push({ name: `${opType}_${nodes.length}`, opType, input, output, attribute: list })
      return output[0]!
    },
  }

  for (const node of graph.nodes) {
    const convert = kernels[node.kernel]
    if (!convert) throw new Error(`the kernel ${node.kernel} has no counterpart in ONNX`)
    convert(node, writer)
  }
  // An output that is itself an input or a parameter, or that has two names, still needs a node of its own.
  for (const [output, tensor] of Object.entries(graph.outputs))
    if (names[tensor] !== output) writer.emit('Identity', [writer.name(tensor)], {}, [output])

  const valueInfo = ([id, tensor]: [string, number]): OnnxValue => {
    const { shape, dtype } = graph.tensors[tensor]!
    return { name: id, elemType: elementType(dtype), dims: shape.map((side) => (side === BATCH ? 'batch' : side)) }
  }
  return encodeModel({
    producer,
    name,
    doc,
    opset: OPSET,
    nodes,
    initializers: [...initializers.values()],
    inputs: Object.entries(graph.inputs).map(valueInfo),
    outputs: Object.entries(graph.outputs).map(valueInfo),
  })
}

/** The numbers of all constants and parameters. */
async function valuesOf(graph: Graph): Promise<Map<number, ArrayBufferView>> {
  const used = new Set([...graph.nodes.flatMap((node) => Object.values(node.inputs)), ...Object.values(graph.outputs)])
  const values = new Map<number, ArrayBufferView>()
  for (const index of used) {
    const t = graph.tensors[index]!
    const data = t.values ?? ((await t.source?.data()) as Float32Array | undefined)
    if (data) values.set(index, data)
  }
  return values
}

/** A name for every tensor: its own where it has one. */
function namesOf(graph: Graph): string[] {
  const names = graph.tensors.map((t: GraphTensor, i) => t.parameter ?? `t${i}`)
  const computed = new Set(graph.nodes.flatMap((node) => node.outputs))
  for (const [output, tensor] of Object.entries(graph.outputs)) if (computed.has(tensor)) names[tensor] = output
  for (const [input, tensor] of Object.entries(graph.inputs)) names[tensor] = input
  return names
}

function elementType(dtype: string): number {
  const type = ELEMENT_TYPES[dtype]
  if (!type) throw new Error(`numbers of type ${dtype} cannot be exported`)
  return type
}

function initializer(name: string, dims: number[], dataType: number, data: ArrayBufferView): OnnxTensor {
  return { name, dims, dataType, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
}

/** The values with their axes in another order, row-major. */
function transpose(data: Float32Array, shape: number[], order: number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((size, side) => size * side, 1))
  const outShape = order.map((axis) => shape[axis]!)
  const outStrides = order.map((axis) => strides[axis]!)
  const out = new Float32Array(data.length)
  const place = new Array<number>(shape.length).fill(0)
  let from = 0
  for (let i = 0; i < out.length; i++) {
    out[i] = data[from]!
    for (let axis = order.length - 1; axis >= 0; axis--) {
      from += outStrides[axis]!
      if (++place[axis]! < outShape[axis]!) break
      from -= outStrides[axis]! * outShape[axis]!
      place[axis] = 0
    }
  }
  return out
}
