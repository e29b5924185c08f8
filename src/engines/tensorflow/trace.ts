/**
 * One tracing of a step: while it lasts, the binding's ops become nodes of a graph. Tensors that were there before enter as the
 * function's inputs at their first use; values given by the host while tracing become constants.
 */
import type { Attribute } from './attributes'
import type { Graph, Symbol } from './graph'
import type { Pointer } from './library'

/** An op of the traced step, or a constant. */
export interface Node {
  op: string
  attributes: Attribute[]
  inputs: Symbol[]
  outputs: Symbol[]
  /** A constant's values. */
  tensor?: Pointer
}

export interface Described {
  id: number
  shape: number[]
  dtype: number
}

/** A tensor that was there before the tracing, as the library describes it. */
type Describe = (id: number) => { shape: number[]; dtype: number }

export interface Trace {
  readonly graph: Graph
  /** In the order in which the step ran them. */
  readonly nodes: Node[]
  /** Tensors that the function takes, in its order. */
  readonly inputs: number[]
  /** Those that were to be deleted while tracing: until it is over their values are needed. */
  readonly deleted: Set<number>
  operation(name: string, attributes: Attribute[], inputs: number[], outputs: number): Described[]
  /** The tensor is the trace's until its end. */
  constant(id: number, tensor: Pointer, dtype: number, shape: number[]): void
  /** Forgets a tensor made while tracing; false when it was there before. */
  forget(id: number): boolean
  /** Whether its values are known while tracing. */
  isConstant(id: number): boolean
  symbolOf(id: number): Symbol
  /** Tensors made while tracing that still exist. */
  alive(): Iterable<number>
}

export function createTrace(graph: Graph, nextId: () => number, describe: Describe): Trace {
  const symbols = new Map<number, Symbol>()
  const constants = new Set<number>()
  const captured = new Map<number, Symbol>()

  const symbolOf = (id: number): Symbol => {
    const known = symbols.get(id) ?? captured.get(id)
    if (known) return known
    const { dtype, shape } = describe(id)
    const symbol = graph.placeholder(dtype, shape)
    captured.set(id, symbol)
    trace.inputs.push(id)
    return symbol
  }

  const trace: Trace = {
    graph,
    nodes: [],
    inputs: [],
    deleted: new Set(),
    symbolOf,
    operation(op, attributes, ids, count) {
      const inputs = ids.map(symbolOf)
      const outputs = graph.operation(op, attributes, inputs, count)
      trace.nodes.push({ op, attributes, inputs, outputs })
      return outputs.map((symbol) => {
        const id = nextId()
        symbols.set(id, symbol)
        return { id, shape: symbol.shape, dtype: symbol.dtype }
      })
    },
    constant(id, tensor, dtype, shape) {
      const symbol = graph.constant(tensor, dtype, shape)
      trace.nodes.push({ op: 'Const', attributes: [], inputs: [], outputs: [symbol], tensor })
      symbols.set(id, symbol)
      constants.add(id)
    },
    forget(id) {
      if (symbols.delete(id)) return true
      trace.deleted.add(id)
      return false
    },
    isConstant: (id) => constants.has(id),
    alive: () => symbols.keys(),
  }
  return trace
}
