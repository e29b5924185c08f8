import { describe, expect, it } from 'vitest'
import { schedule } from '../../../src/engines/tensorflow/fuse'
import type { Symbol } from '../../../src/engines/tensorflow/graph'
import type { Node } from '../../../src/engines/tensorflow/trace'

const LARGE = [256, 256]

function node(op: string, inputs: Node[], shape = LARGE): Node {
  const output: Symbol = { node: null, index: 0, shape, dtype: 1 }
  return { op, attributes: [], inputs: inputs.flatMap(({ outputs }) => outputs), outputs: [output] }
}
const constant = (): Node => ({ ...node('Const', [], []), tensor: 1n })

/** Every node once, and none before what it uses, where a cluster is one node. */
function check(nodes: Node[]): Node[][] {
  const plan = schedule(nodes)
  const done = new Set<Symbol>()
  const all = new Set(nodes.flatMap(({ outputs }) => outputs))
  for (const entry of plan) {
    const members = [entry].flat()
    const own = new Set(members.flatMap(({ outputs }) => outputs))
    for (const { inputs } of members)
      for (const input of inputs) expect(own.has(input) || done.has(input) || !all.has(input)).toBe(true)
    for (const output of own) done.add(output)
  }
  expect(done).toEqual(all)
  expect(plan.flat().length).toBe(nodes.length)
  return plan.filter((entry) => Array.isArray(entry))
}

describe('the grouping of elementwise ops', () => {
  it('joins neighbours', () => {
    const x = node('Conv2D', [])
    const relu = node('Relu', [x])
    const sign = node('Sign', [relu])
    expect(check([x, relu, sign])).toEqual([[relu, sign]])
  })

  it('never lets a way lead out of a group and back into it', () => {
    const x = node('Conv2D', [])
    const relu = node('Relu', [x])
    const square = node('Square', [relu])
    const product = node('MatMul', [square])
    const sum = node('AddV2', [square, product])
    const root = node('Sqrt', [sum])
    expect(check([x, relu, square, product, sum, root])).toEqual([
      [relu, square],
      [sum, root],
    ])
  })

  it('lets what is only used later be computed there', () => {
    const old = node('Placeholder', [])
    const decayed = node('Mul', [old])
    const gradient = node('MatMul', [node('Relu', [old])])
    const mean = node('AddV2', [decayed, gradient])
    const nodes = [old, decayed, node('Relu', [old]), gradient, mean]
    nodes[3] = { ...gradient, inputs: nodes[2]!.outputs }
    nodes[4] = { ...mean, inputs: [...decayed.outputs, ...nodes[3].outputs] }
    expect(check(nodes)).toEqual([[decayed, nodes[4]]])
  })

  it('leaves small tensors and single ops alone', () => {
    const x = node('Conv2D', [])
    const small = node('Relu', [node('Mean', [x], [1])], [1])
    const nodes = [x, node('Mean', [x], [1]), node('Relu', [x])]
    expect(check(nodes)).toEqual([])
    expect(check([small, node('Square', [small], [1])])).toEqual([])
  })

  it('lets constants come first, whoever uses them', () => {
    const x = node('Conv2D', [])
    const relu = node('Relu', [x])
    const half = constant()
    const scaled = node('Mul', [relu, half])
    const other = node('Transpose', [scaled, half])
    expect(check([x, relu, half, scaled, other])).toEqual([[relu, scaled]])
  })

  it('holds for any graph', () => {
    let state = 7
    const next = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below
    for (let graph = 0; graph < 200; graph++) {
      const nodes: Node[] = [node('Conv2D', [])]
      for (let i = 0; i < 40; i++) {
        const op = ['Mul', 'Relu', 'MatMul', 'Sqrt', 'Sum'][next(5)]!
        nodes.push(node(op, [nodes[next(nodes.length)]!, nodes[next(nodes.length)]!]))
      }
      check(nodes)
    }
  })
})
