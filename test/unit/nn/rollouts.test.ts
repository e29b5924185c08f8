import '../../support/backend'
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { createLanguageModel } from '../../../src/nn/language'
import type { Network, Weights } from '../../../src/nn/module'
import { cast, dispose, makeVariable, mul, sum, tensor, tidy } from '../../../src/nn/ops'
import { fillNormal, fillUniform, initialValues } from '../../../src/nn/random'
import { rolloutNoise, rollouts } from '../../../src/nn/rollouts'
import { createTextCritic } from '../../../src/nn/text-critic'

const [length, n, vocabulary, size] = [4, 2, 3, 2]
const model = createLanguageModel({ vocabulary, embedding: 4, hidden: 6, latent: { size, as: 'both' } })
const weightsOf = (network: Network<never>): Weights =>
  Object.fromEntries(network.parameters.map((p) => [p.name, makeVariable(initialValues(p, 1, 'net'), p.shape)]))
const sequences = [
  [2, 0, 1, 1],
  [0, 1, 2, 0],
]
const timeFirst = (rows: number[][]): Tensor2D =>
  tensor(Int32Array.from(rows[0]!.flatMap((_, t) => rows.map((row) => row[t]!))), [rows[0]!.length, rows.length], 'int32')
const z = fillNormal(new Float32Array(n * size), 2, 'z', 0)

/** Later tokens count more, so every place has another value. */
const factors = [1, 2, 4, 8]
const worth = (row: number[]): number => row.reduce((sum, token, t) => sum + factors[t]! * token, 0)
const score = (tokens: Tensor2D): Tensor1D =>
  sum(mul(cast(tokens, 'float32'), tensor(factors, [length, 1])), 0) as Tensor as Tensor1D

/** The mean worth of all sequences that begin like this one, by the model's own chances of each. */
function expected(weights: Weights, row: number[], item: number, known: number): number {
  const ways = Array.from({ length: vocabulary ** (length - known) }, (_, way) => [
    ...row.slice(0, known),
    ...Array.from({ length: length - known }, (_, place) => Math.floor(way / vocabulary ** place) % vocabulary),
  ])
  const nll = tidy(() => {
    const latents = tensor(Float32Array.from(ways.flatMap(() => [...z.slice(item * size, (item + 1) * size)])), [
      ways.length,
      size,
    ])
    return model.nll(weights, timeFirst(ways), { latents: latents as Tensor2D }).dataSync()
  })
  return ways.reduce((all, way, i) => {
    let left = 0
    for (let t = known; t < length; t++) left += nll[t * ways.length + i]!
    return all + Math.exp(-left) * worth(way)
  }, 0)
}

describe('roll-outs', () => {
  it('come near the mean of all that could follow, and to the sequence itself at its end', () => {
    const weights = weightsOf(model)
    const count = 4000
    const values = tidy(() => {
      const uniform = tensor(fillUniform(new Float32Array(rolloutNoise(length, n, count)), 3, 'u', 0))
      const latents = tensor(z, [n, size]) as Tensor2D
      return rollouts(model, weights, timeFirst(sequences), score, { count, uniform, latents }).dataSync()
    })
    sequences.forEach((row, item) => {
      for (let known = 1; known < length; known++)
        expect(Math.abs(values[(known - 1) * n + item]! - expected(weights, row, item, known))).toBeLessThan(0.5)
      expect(values[(length - 1) * n + item]).toBeCloseTo(worth(row), 4)
    })
    dispose(Object.values(weights))
  })

  it('give every token the whole sequence’s score where there are none', () => {
    const weights = weightsOf(model)
    const values = tidy(() => rollouts(model, weights, timeFirst(sequences), score, { count: 0 }).dataSync())
    expect([...values]).toEqual(Array.from({ length }, () => sequences.map(worth)).flat())
    dispose(Object.values(weights))
  })
})

describe('the critic of texts', () => {
  it('scores each sequence by itself, by patterns wherever they stand', () => {
    const critic = createTextCritic({ vocabulary, embedding: 3, windows: [1, 2], maps: [3, 4] })
    const weights = weightsOf(critic)
    const [both, alone, turned, seen] = tidy(() => [
      critic.forward(weights, timeFirst(sequences)).dataSync(),
      critic.forward(weights, timeFirst([sequences[1]!])).dataSync(),
      // One long run of the same two pairs, begun at another place.
      [[0, 1, 0, 1], [1, 0, 1, 0]].map((row) => critic.forward(weights, timeFirst([row])).dataSync()[0]!), // prettier-ignore
      critic.features(weights, timeFirst(sequences)).shape,
    ])
    expect(both).toHaveLength(2)
    expect(alone[0]).toBeCloseTo(both[1]!, 5)
    expect(turned[0]).toBeCloseTo(turned[1]!, 5)
    expect(seen).toEqual([2, critic.size])
    dispose(Object.values(weights))
  })
})
