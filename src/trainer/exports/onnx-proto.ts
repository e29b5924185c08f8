/** The part of ONNX's protocol buffer that our models need (onnx.proto3, IR version 8; numbers are the schema's). */
import protobuf from 'protobufjs'

/** ONNX's element types. */
export const FLOAT = 1
export const INT32 = 6
export const INT64 = 7
export const BOOL = 9

const FLOAT_ATTRIBUTE = 1
const INT_ATTRIBUTE = 2
const INTS_ATTRIBUTE = 7

export interface OnnxTensor {
  name: string
  dims: number[]
  dataType: number
  rawData: Uint8Array
}

export interface OnnxNode {
  name: string
  opType: string
  input: string[]
  output: string[]
  attribute: object[]
}

export interface OnnxValue {
  name: string
  elemType: number
  /** A string is a dimension that is not known before use. */
  dims: (number | string)[]
}

export interface OnnxModel {
  producer: string
  opset: number
  name: string
  doc: string
  nodes: OnnxNode[]
  initializers: OnnxTensor[]
  inputs: OnnxValue[]
  outputs: OnnxValue[]
}

const field = (id: number, type: string) => ({ id, type })
const list = (id: number, type: string) => ({ id, type, rule: 'repeated' })

const root = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        graph: field(7, 'Graph'),
        opsetImport: list(8, 'OperatorSet'),
      },
    },
    OperatorSet: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    Graph: {
      fields: {
        node: list(1, 'Node'),
        name: field(2, 'string'),
        initializer: list(5, 'Tensor'),
        docString: field(10, 'string'),
        input: list(11, 'ValueInfo'),
        output: list(12, 'ValueInfo'),
      },
    },
    Node: {
      fields: {
        input: list(1, 'string'),
        output: list(2, 'string'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: list(5, 'Attribute'),
      },
    },
    Attribute: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        ints: list(8, 'int64'),
        type: field(20, 'int32'),
      },
    },
    Tensor: {
      fields: { dims: list(1, 'int64'), dataType: field(2, 'int32'), name: field(8, 'string'), rawData: field(9, 'bytes') },
    },
    ValueInfo: { fields: { name: field(1, 'string'), type: field(2, 'Type') } },
    Type: { fields: { tensorType: field(1, 'TensorType') } },
    TensorType: { fields: { elemType: field(1, 'int32'), shape: field(2, 'Shape') } },
    Shape: { fields: { dim: list(1, 'Dimension') } },
    Dimension: { fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') } },
  },
})

/** An attribute of a node: whole numbers, lists of them, or `{ float }`. */
export function attribute(name: string, value: number | number[] | { float: number }): object {
  if (Array.isArray(value)) return { name, ints: value, type: INTS_ATTRIBUTE }
  if (typeof value === 'number') return { name, i: value, type: INT_ATTRIBUTE }
  return { name, f: value.float, type: FLOAT_ATTRIBUTE }
}

/** The model's bytes. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const Model = root.lookupType('Model')
  const valueInfo = ({ name, elemType, dims }: OnnxValue) => ({
    name,
    type: {
      tensorType: { elemType, shape: { dim: dims.map((d) => (typeof d === 'string' ? { dimParam: d } : { dimValue: d })) } },
    },
  })
  const message = {
    irVersion: 8,
    producerName: model.producer,
    opsetImport: [{ domain: '', version: model.opset }],
    graph: {
      name: model.name,
      docString: model.doc,
      node: model.nodes,
      initializer: model.initializers,
      input: model.inputs.map(valueInfo),
      output: model.outputs.map(valueInfo),
    },
  }
  return Model.encode(Model.create(message)).finish()
}
