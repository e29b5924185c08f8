/** What tfjs-node's kernels say about an op beside its inputs. */
import type { Memory } from './library'

/** `TF_AttrType`, under the names the kernels use. */
export const attributeKinds = {
  TF_ATTR_STRING: 0,
  TF_ATTR_INT: 1,
  TF_ATTR_FLOAT: 2,
  TF_ATTR_BOOL: 3,
  TF_ATTR_TYPE: 4,
  TF_ATTR_SHAPE: 5,
  /** The addon's own number for resources; no kernel that we use passes one. */
  TF_ATTR_RESOURCE: 6,
}

export interface Attribute {
  name: string
  type: number
  value: unknown
}

/** The library's setters of an op that is about to run, or of a node that is being made. */
export interface Setters {
  type(value: number): void
  types(values: Memory, count: number): void
  int(value: number): void
  ints(values: Memory, count: number): void
  bool(value: number): void
  bools(values: Memory, count: number): void
  float(value: number): void
  floats(values: Memory, count: number): void
  string(value: Memory, bytes: number): void
  shape(dims: Memory, rank: number): void
}

/** Gives an attribute to the library in the form its kind has there. */
export function setAttribute(set: Setters, { name, type, value }: Attribute): void {
  const list = Array.isArray(value) ? value : null
  switch (type) {
    case attributeKinds.TF_ATTR_TYPE:
      return list ? set.types(Int32Array.from(list as number[]), list.length) : set.type(value as number)
    case attributeKinds.TF_ATTR_INT:
      return list ? set.ints(BigInt64Array.from(list as number[], BigInt), list.length) : set.int(value as number)
    case attributeKinds.TF_ATTR_BOOL:
      return list ? set.bools(Uint8Array.from(list as boolean[], Number), list.length) : set.bool(value ? 1 : 0)
    case attributeKinds.TF_ATTR_FLOAT:
      return list ? set.floats(Float32Array.from(list as number[]), list.length) : set.float(value as number)
    case attributeKinds.TF_ATTR_STRING: {
      const bytes = Buffer.from(value as string)
      return set.string(bytes, bytes.byteLength)
    }
    case attributeKinds.TF_ATTR_SHAPE:
      return set.shape(BigInt64Array.from(value as number[], BigInt), (value as number[]).length)
    default:
      throw new Error(`attribute ${name} has a type (${type}) that is not supported`)
  }
}
