/**
 * Which nodes of a traced step XLA compiles. Elementwise ops beside each other each pass over memory once; compiled together they
 * pass over it once in all. Convolutions and matrix products stay the library's own, which are faster.
 */
import type { Symbol } from './graph'
import type { Node } from './trace'

const ELEMENTWISE = new Set(
  [
    'Abs Add AddV2 Sub Mul Div RealDiv DivNoNan Neg Sign Square SquaredDifference Sqrt Rsqrt Pow Exp Expm1 Log Log1p Sin Cos Erf',
    'Relu Sigmoid Tanh Softplus Maximum Minimum Select SelectV2 Equal NotEqual Greater GreaterEqual Less LessEqual',
    'LogicalAnd LogicalOr LogicalNot Cast BiasAdd Floor Round ZerosLike OnesLike',
  ].flatMap((line) => line.split(' ')),
)

/** Below this a cluster's launch costs more than the passes that it saves. Numbers in its largest tensor, and ops. */
const LEAST_NUMBERS = 16_384
const LEAST_OPS = 2

const size = ({ shape }: Symbol): number => shape.reduce((product, side) => product * side, 1)

/** Nodes in an order that can be run; an array is a cluster. */
export type Schedule = (Node | Node[])[]

/**
 * Groups elementwise nodes into clusters. A node's stage counts how often the way to it has left elementwise ops and come back; only
 * neighbours of one stage join, so that no way leads out of a cluster and back into it. Constants belong to whoever uses them.
 */
export function schedule(nodes: Node[]): Schedule {
  const fusible = (node: Node) => ELEMENTWISE.has(node.op)
  const producer = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node])))
  const sources = (node: Node) => node.inputs.flatMap((input) => producer.get(input) ?? []).filter(({ tensor }) => !tensor)
  const stages = new Map<Node, number>()
  for (const node of nodes) {
    const after = sources(node).map((from) => stages.get(from)! + (fusible(node) && !fusible(from) ? 1 : 0))
    stages.set(node, Math.max(0, ...after))
  }
  // What is only used later is computed with its users: an old mean times its decay belongs to the update, which waits for gradients.
  const latest = new Map<Node, number>()
  for (const node of nodes.toReversed()) {
    if (fusible(node)) stages.set(node, Math.max(stages.get(node)!, latest.get(node) ?? 0))
    for (const from of sources(node)) latest.set(from, Math.min(latest.get(from) ?? Infinity, stages.get(node)!))
  }

  const group = new Map<Node, Node>()
  const find = (node: Node): Node => {
    const parent = group.get(node)!
    if (parent === node) return node
    const root = find(parent)
    group.set(node, root)
    return root
  }
  for (const node of nodes) {
    if (!fusible(node)) continue
    group.set(node, node)
    for (const from of sources(node))
      if (group.has(from) && stages.get(from) === stages.get(node)) group.set(find(from), find(node))
  }

  const clusters = new Map<Node, Node[]>()
  for (const node of group.keys()) {
    const members = clusters.get(find(node))
    if (members) members.push(node)
    else clusters.set(find(node), [node])
  }
  const worthwhile = new Set(
    [...clusters.values()].filter(
      (members) =>
        members.length >= LEAST_OPS && Math.max(...members.flatMap(({ outputs }) => outputs.map(size))) >= LEAST_NUMBERS,
    ),
  )
  const placed = nodes.map((node, at) => {
    const members = group.has(node) ? clusters.get(find(node))! : null
    // Within a stage, what is elementwise comes first: the others may use it, and it uses none of them.
    const rank = node.tensor ? -1 : 2 * stages.get(node)! + (group.has(node) ? 0 : 1)
    return { node, at, rank, members: members && worthwhile.has(members) ? members : null }
  })
  placed.sort((a, b) => a.rank - b.rank || a.at - b.at)
  const done = new Set<Node[]>()
  return placed.flatMap(({ node, members }): Schedule => {
    if (!members) return [node]
    if (done.has(members)) return []
    done.add(members)
    return [members]
  })
}
