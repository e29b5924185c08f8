/** From a traced step to a function whose elementwise clusters are functions of their own, compiled by XLA. */
import { schedule } from './fuse'
import type { Graph, Symbol } from './graph'
import type { Pointer } from './library'
import type { Node } from './trace'

export interface Assembly {
  newGraph(): Graph
  /** Makes a function known to the library. */
  add(made: Pointer): void
}

/** Adds the function `name` from `inputs` to `outputs`, and one `name_<n>` for each cluster; gives the names of those. */
export function addFused(nodes: Node[], inputs: Symbol[], outputs: Symbol[], name: string, to: Assembly): string[] {
  const constants = new Map<Symbol, Node>()
  const users = new Map<Symbol, Set<Node>>()
  for (const node of nodes) {
    if (node.tensor) constants.set(node.outputs[0]!, node)
    for (const input of node.inputs) users.set(input, (users.get(input) ?? new Set()).add(node))
  }
  const given = new Set(outputs)
  const parts: string[] = []
  const outer = to.newGraph()
  const placed = new Map(inputs.map((input) => [input, outer.placeholder(input.dtype, input.shape)]))

  function cluster(members: Node[]): void {
    const own = new Set(members)
    const produced = new Set(members.flatMap((node) => node.outputs))
    const wanted = [...new Set(members.flatMap((node) => node.inputs))]
    const taken = wanted.filter((input) => !constants.has(input) && !produced.has(input))
    const gives = [...produced].filter(
      (output) => given.has(output) || [...(users.get(output) ?? [])].some((user) => !own.has(user)),
    )
    const inner = to.newGraph()
    const within = new Map(taken.map((input) => [input, inner.placeholder(input.dtype, input.shape)]))
    for (const input of wanted) if (constants.has(input)) copy(inner, within, constants.get(input)!)
    for (const node of members) copy(inner, within, node)
    const part = `${name}_${parts.length}`
    const made = inner.toFunction(part, all(within, taken), all(within, gives))
    inner.delete()
    const results = outer.call(made, part, all(placed, taken), gives)
    to.add(made)
    parts.push(part)
    gives.forEach((output, i) => placed.set(output, results[i]!))
  }

  for (const entry of schedule(nodes)) {
    if (Array.isArray(entry)) cluster(entry)
    else copy(outer, placed, entry)
  }
  to.add(outer.toFunction(name, all(placed, inputs), all(placed, outputs)))
  outer.delete()
  return parts
}

const all = (places: Map<Symbol, Symbol>, symbols: Symbol[]): Symbol[] => symbols.map((symbol) => places.get(symbol)!)

function copy(graph: Graph, places: Map<Symbol, Symbol>, { op, attributes, inputs, outputs, tensor }: Node): void {
  const made = tensor
    ? [graph.constant(tensor, outputs[0]!.dtype, outputs[0]!.shape)]
    : graph.operation(op, attributes, all(places, inputs), outputs.length)
  outputs.forEach((output, i) => places.set(output, made[i]!))
}
