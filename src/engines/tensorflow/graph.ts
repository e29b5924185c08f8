/** A graph under construction, on TensorFlow's C API (`c/c_api.h`): nodes instead of results, until it becomes a function. */
import { setAttribute, type Attribute, type Setters } from './attributes'
import type { Library, Pointer } from './library'

/** An output of a node: what a tensor is while a step is traced. */
export interface Symbol {
  node: Pointer
  index: number
  shape: number[]
  dtype: number
}

export interface Graph {
  /** Number of nodes so far. */
  readonly size: number
  /** Names of the ops in it. */
  readonly ops: ReadonlySet<string>
  placeholder(dtype: number, shape: number[]): Symbol
  /** A node that gives this tensor's values; they are copied. */
  constant(tensor: Pointer, dtype: number, shape: number[]): Symbol
  operation(name: string, attributes: Attribute[], inputs: Symbol[], outputs: number): Symbol[]
  /** The function from `inputs` (placeholders) to `outputs`. The caller deletes it; the graph may be deleted before. */
  toFunction(name: string, inputs: Symbol[], outputs: Symbol[]): Pointer
  delete(): void
}

/** Throws a plain `Error` with the library's own reason wherever an op is not what it should be. */
export function createGraph(tf: Library, status: Pointer, check: (doing: string) => void): Graph {
  const graph = tf.TF_NewGraph()
  const ops = new Set<string>()
  let size = 0

  const begin = (op: string): Pointer => {
    ops.add(op)
    return tf.TF_NewOperation(graph, op, `${op}${size++}`)
  }
  const finish = (description: Pointer, op: string): Pointer => {
    const node = tf.TF_FinishOperation(description, status)
    check(op)
    return node
  }
  const reference = ({ node, index }: Symbol) => ({ oper: node, index })

  function describe(node: Pointer, index: number, op: string): Symbol {
    const output = { oper: node, index }
    const rank = tf.TF_GraphGetTensorNumDims(graph, output, status)
    check(op)
    const dims = new BigInt64Array(Math.max(rank, 0))
    if (rank > 0) tf.TF_GraphGetTensorShape(graph, output, dims, rank, status)
    check(op)
    const shape = Array.from(dims, Number)
    if (rank < 0 || shape.some((side) => side < 0))
      throw new Error(`${op} gives a tensor whose shape depends on values; a compiled step cannot have such a one`)
    return { node, index, shape, dtype: tf.TF_OperationOutputType(output) }
  }

  const settersOf = (description: Pointer, name: string): Setters => ({
    type: (value) => tf.TF_SetAttrType(description, name, value),
    types: (values, count) => tf.TF_SetAttrTypeList(description, name, values, count),
    int: (value) => tf.TF_SetAttrInt(description, name, value),
    ints: (values, count) => tf.TF_SetAttrIntList(description, name, values, count),
    bool: (value) => tf.TF_SetAttrBool(description, name, value),
    bools: (values, count) => tf.TF_SetAttrBoolList(description, name, values, count),
    float: (value) => tf.TF_SetAttrFloat(description, name, value),
    floats: (values, count) => tf.TF_SetAttrFloatList(description, name, values, count),
    string: (value, bytes) => tf.TF_SetAttrString(description, name, value, bytes),
    shape: (dims, rank) => tf.TF_SetAttrShape(description, name, dims, rank),
  })

  /** Pairs of a node's address and an output's number, as an array of `TF_Output` lies in memory. */
  const packed = (symbols: Symbol[]): BigUint64Array =>
    BigUint64Array.from(symbols.flatMap(({ node, index }) => [node!, BigInt(index)]))

  return {
    get size() {
      return size
    },
    ops,

    placeholder(dtype, shape) {
      const description = begin('Placeholder')
      tf.TF_SetAttrType(description, 'dtype', dtype)
      tf.TF_SetAttrShape(description, 'shape', BigInt64Array.from(shape, BigInt), shape.length)
      return { node: finish(description, 'Placeholder'), index: 0, shape, dtype }
    },

    constant(tensor, dtype, shape) {
      const description = begin('Const')
      tf.TF_SetAttrType(description, 'dtype', dtype)
      tf.TF_SetAttrTensor(description, 'value', tensor, status)
      check('Const')
      return { node: finish(description, 'Const'), index: 0, shape, dtype }
    },

    operation(name, attributes, inputs, outputs) {
      const description = begin(name)
      // An op with an attribute N takes its first N inputs as one list; the library then derives N itself.
      const listed = attributes.find((attribute) => attribute.name === 'N')?.value as number | undefined
      if (listed !== undefined) tf.TF_AddInputList(description, packed(inputs.slice(0, listed)), listed)
      for (const input of inputs.slice(listed ?? 0)) tf.TF_AddInput(description, reference(input))
      for (const attribute of attributes)
        if (attribute.name !== 'N') setAttribute(settersOf(description, attribute.name), attribute)
      const node = finish(description, name)
      return Array.from({ length: outputs }, (_, index) => describe(node, index, name))
    },

    toFunction(name, inputs, outputs) {
      // A function may give back neither an input nor one tensor twice; a node of its own stands for each.
      const results = outputs.map((output) => this.operation('Identity', [], [output], 1)[0]!)
      const made = tf.TF_GraphToFunction(
        graph,
        name,
        0,
        -1,
        null,
        inputs.length,
        packed(inputs),
        results.length,
        packed(results),
        null,
        null,
        null,
        status,
      )
      check('compiling a step')
      return made
    },

    delete: () => tf.TF_DeleteGraph(graph),
  }
}
