import '../../support/backend'
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import type { Network, Weights } from '../../../src/nn/module'
import { concat, dispose, makeVariable, reshape, tensor, tidy, transpose } from '../../../src/nn/ops'
import { fillNormal, initialValues } from '../../../src/nn/random'
import { embedding, lstm } from '../../../src/nn/recurrent'

const [length, n, inputs, hidden] = [5, 3, 4, 6]
const cell = lstm('lstm', inputs, hidden)
const weightsOf = (network: Network): Weights =>
  Object.fromEntries(network.parameters.map((p) => [p.name, makeVariable(initialValues(p, 1, 'net'), p.shape)]))
const x = fillNormal(new Float32Array(length * n * inputs), 3, 'x', 0)

/** The equations of Hochreiter & Schmidhuber with a forget gate, one sequence and one number at a time, in doubles. */
function reference(weights: Weights, sequence: number): number[] {
  const [w, u, b] = ['inputKernel', 'stateKernel', 'bias'].map((name) => weights[`lstm/${name}`]!.dataSync()) as Float32Array[]
  const sigma = (v: number): number => 1 / (1 + Math.exp(-v))
  let h = new Array<number>(hidden).fill(0)
  let c = new Array<number>(hidden).fill(0)
  const shown: number[] = []
  for (let t = 0; t < length; t++) {
    const gate = (place: number, unit: number): number => {
      const column = place * hidden + unit
      let sum = b![column]!
      for (let i = 0; i < inputs; i++) sum += x[(t * n + sequence) * inputs + i]! * w![i * 4 * hidden + column]!
      for (let i = 0; i < hidden; i++) sum += h[i]! * u![i * 4 * hidden + column]!
      return sum
    }
    c = c.map((kept, unit) => sigma(gate(1, unit)) * kept + sigma(gate(0, unit)) * Math.tanh(gate(2, unit)))
    h = c.map((kept, unit) => sigma(gate(3, unit)) * Math.tanh(kept))
    shown.push(...h)
  }
  return shown
}

describe('lstm', () => {
  it('gives what the equations give', () => {
    const weights = weightsOf(cell)
    const shown = tidy(() => transpose(cell.forward(weights, tensor(x, [length, n, inputs])), [1, 0, 2]).dataSync())
    const expected = Array.from({ length: n }, (_, sequence) => reference(weights, sequence)).flat()
    shown.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
    dispose(Object.values(weights))
  })

  it('gives the same step by step as in one go', () => {
    const weights = weightsOf(cell)
    const [whole, steps] = tidy(() => {
      const all = tensor(x, [length, n, inputs])
      let state = cell.empty(n)
      const shown = Array.from({ length }, (_, t) => {
        const at = tensor(x.slice(t * n * inputs, (t + 1) * n * inputs), [n, inputs]) as Tensor2D
        state = cell.step(weights, at, state)
        return state.h
      })
      return [cell.forward(weights, all).dataSync(), reshape(concat(shown), [length, n, hidden]).dataSync()]
    })
    steps.forEach((value, i) => expect(value).toBeCloseTo(whole[i]!, 6))
    dispose(Object.values(weights))
  })

  it('remembers at first: only the forget gate has a bias', () => {
    const bias = cell.parameters.find(({ name }) => name === 'lstm/bias')!
    expect([...initialValues(bias, 1, 'net')]).toEqual([0, 1, 0, 0].flatMap((value) => Array<number>(hidden).fill(value)))
  })
})

it('an embedding looks rows up', () => {
  const table = embedding('tokens', 7, 2)
  const weights = weightsOf(table)
  const rows = weights['tokens/table']!.dataSync()
  const found = tidy(() => {
    const vectors = table.forward(weights, tensor([6, 0, 3, 6], [2, 2], 'int32'))
    expect(vectors.shape).toEqual([2, 2, 2])
    return vectors.dataSync()
  })
  expect([...found]).toEqual([6, 0, 3, 6].flatMap((row) => [rows[2 * row], rows[2 * row + 1]]))
  dispose(Object.values(weights))
})
