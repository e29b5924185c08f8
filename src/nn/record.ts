/**
 * Runs a forward pass and gives its graph: the kernels it called, with attributes and shapes. Exports, diagrams and memory
 * estimates read the graph, so none of them knows a layer or a recipe.
 */
import { engine, tensor, tidy } from '@tensorflow/tfjs-core'
import type { NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core'

/** The batch dimension in a shape or an attribute: its size is not known before use. */
export const BATCH = -1

export interface GraphTensor {
  shape: number[]
  dtype: string
  /** A parameter's name, for tensors that are one. */
  parameter?: string
  /** The tensor itself, for parameters; it is the caller's and must outlive the graph. */
  source?: Tensor
  /** The numbers, for constants. */
  values?: Float32Array | Int32Array | Uint8Array
}

export interface GraphNode {
  kernel: string
  attrs: Record<string, unknown>
  /** Index into `tensors` by the kernel's own name for the input; lists (concat) are `0`, `1` … */
  inputs: Record<string, number>
  outputs: number[]
}

export interface Graph {
  tensors: GraphTensor[]
  /** In an order in which they can be computed; only those that the outputs need. */
  nodes: GraphNode[]
  inputs: Record<string, number>
  outputs: Record<string, number>
}

/**
 * The graph of `forward`. Shapes of inputs have `BATCH` where the number of items goes.
 * It runs twice, with two and with three items: what differs between the runs is the batch, everything else is fixed.
 * Throws when the pass does more than that with the number of items.
 */
export function record(
  forward: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
  inputs: Record<string, number[]>,
  parameters: Record<string, Tensor>,
): Graph {
  const two = recordOnce(forward, inputs, parameters, 2)
  const three = recordOnce(forward, inputs, parameters, 3)
  return needed(merged(two, three))
}

function recordOnce(
  forward: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
  inputs: Record<string, number[]>,
  parameters: Record<string, Tensor>,
  items: number,
): Graph {
  const graph: Graph = { tensors: [], nodes: [], inputs: {}, outputs: {} }
  const indices = new Map<number, number>()
  const add = (t: Tensor, more: Partial<GraphTensor> = {}): number => {
    indices.set(t.id, graph.tensors.push({ shape: [...t.shape], dtype: t.dtype, ...more }) - 1)
    return indices.get(t.id)!
  }
  // What no kernel made while we watched, and is neither input nor parameter, is a constant.
  const indexOf = (t: Tensor): number => indices.get(t.id) ?? add(t, { values: t.dataSync() as Float32Array })

  for (const [parameter, source] of Object.entries(parameters)) add(source, { parameter, source })
  tidy(() => {
    const given: Record<string, Tensor> = {}
    for (const [name, shape] of Object.entries(inputs)) {
      const sized = shape.map((side) => (side === BATCH ? items : side))
      given[name] = tensor(new Float32Array(sized.reduce((size, side) => size * side, 1)), sized)
      graph.inputs[name] = add(given[name])
    }
    const results = watched(
      (kernel, taken, attrs, made) => {
        const named = Object.fromEntries(Object.entries(taken).map(([name, t]) => [name, indexOf(t)]))
        graph.nodes.push({ kernel, attrs: { ...attrs }, inputs: named, outputs: made.map((t) => add(t)) })
      },
      () => forward(given),
    )
    for (const [name, t] of Object.entries(results)) graph.outputs[name] = indexOf(t)
  })
  return graph
}

/** Runs `f` while every kernel it calls is reported. */
function watched<T>(
  report: (kernel: string, inputs: NamedTensorMap, attrs: NamedAttrMap | undefined, outputs: Tensor[]) => void,
  f: () => T,
): T {
  const tf = engine()
  const original = tf.runKernel
  // A kernel may be made of others; the outermost one is what was asked for.
  let depth = 0
  tf.runKernel = function <R extends Tensor | Tensor[]>(kernel: string, inputs: NamedTensorMap, attrs?: NamedAttrMap): R {
    depth++
    try {
      const result = original.call(tf, kernel, inputs, attrs) as R
      if (depth === 1) report(kernel, inputs, attrs, Array.isArray(result) ? result : [result])
      return result
    } finally {
      depth--
    }
  }
  try {
    return f()
  } finally {
    tf.runKernel = original
  }
}

/** One graph from two recordings: numbers that are 2 here and 3 there are the batch. */
function merged(two: Graph, three: Graph): Graph {
  if (two.nodes.length !== three.nodes.length || two.tensors.length !== three.tensors.length)
    throw new Error('the pass runs other kernels when the number of items changes')
  const nodes = two.nodes.map((node, i) => {
    const other = three.nodes[i]!
    if (node.kernel !== other.kernel) throw new Error(`${node.kernel} becomes ${other.kernel} when the number of items changes`)
    return { ...node, attrs: common(node.attrs, other.attrs, node.kernel) as Record<string, unknown> }
  })
  const tensors = two.tensors.map((t, i) => {
    const other = three.tensors[i]!
    // Only inputs and what follows from them can change; a constant that does was made for one size.
    if (t.values && !same(t.values, other.values!)) throw new Error('a constant depends on the number of items')
    return { ...t, shape: common(t.shape, other.shape, 'a shape') as number[] }
  })
  return { ...two, nodes, tensors }
}

function common(a: unknown, b: unknown, where: string): unknown {
  if (Object.is(a, b)) return a
  if (a === 2 && b === 3) return BATCH
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) return a.map((value, i) => common(value, b[i], where))
  if (isRecord(a) && isRecord(b)) return Object.fromEntries(Object.keys(a).map((key) => [key, common(a[key], b[key], where)]))
  throw new Error(`${where} depends on the number of items: ${JSON.stringify(a)} for 2, ${JSON.stringify(b)} for 3`)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.prototype.every.call(a, (value, i) => value === b[i])
}

/** Without the nodes that no output needs. */
function needed(graph: Graph): Graph {
  const wanted = new Set(Object.values(graph.outputs))
  const nodes: GraphNode[] = []
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue
    for (const input of Object.values(node.inputs)) wanted.add(input)
    nodes.unshift(node)
  }
  return { ...graph, nodes }
}
