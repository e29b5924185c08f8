import '../../../support/backend'
import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import {
  ADVERSARIAL,
  adversarial,
  gradientPenalty,
  interpolate,
  zeroCentredPenalty,
  type Adversarial,
} from '../../../../src/nn/objectives/adversarial'
import {
  add,
  gradients,
  inputGradient,
  makeVariable,
  matMul,
  mean,
  mul,
  reshape,
  square,
  sub,
  sum,
  tanh,
  tensor,
  tidy,
} from '../../../../src/nn/ops'
import { fillNormal } from '../../../../src/nn/random'

const normals = (n: number, name: string): number[] => [...fillNormal(new Float32Array(n), 5, name, 0)]
const close = (actual: ArrayLike<number>, expected: number[], digits = 5): void => {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits))
}

/** Value and slope of a term at a score, in float64. */
type Term = (s: number) => [value: number, slope: number]
const chance = (s: number): number => 1 / (1 + Math.exp(-s))
/** −t·log D − (1 − t)·log(1 − D): its slope is D − t. */
const entropy =
  (t: number): Term =>
  (s) => {
    const d = chance(s)
    return [-(t * Math.log(d) + (1 - t) * Math.log(1 - d)), d - t]
  }
const squares =
  (t: number): Term =>
  (s) => [(s - t) ** 2 / 2, s - t]
const linear =
  (slope: number): Term =>
  (s) => [slope * s, slope]
/** As the papers have them, minimised by each player. */
const byHand: Record<Adversarial, { real: Term; made: Term; generator: Term; smoothed?: Term }> = {
  minimax: {
    real: entropy(1),
    made: entropy(0),
    generator: (s) => [Math.log(1 - chance(s)), -chance(s)],
    smoothed: entropy(0.9),
  },
  'non-saturating': { real: entropy(1), made: entropy(0), generator: entropy(1), smoothed: entropy(0.9) },
  'least-squares': { real: squares(1), made: squares(0), generator: squares(1), smoothed: squares(0.9) },
  wasserstein: { real: linear(-1), made: linear(1), generator: linear(-1) },
  hinge: {
    real: (s) => (s < 1 ? [1 - s, -1] : [0, 0]),
    made: (s) => (s > -1 ? [1 + s, 1] : [0, 0]),
    generator: linear(-1),
  },
}

describe.each(ADVERSARIAL)('%s', (name) => {
  const scores = normals(12, 'scores').map((s) => 2 * s)
  const { critic, generator, labelled } = adversarial[name]
  const hand = byHand[name]
  const terms: [string, (s: Tensor) => Tensor, Term][] = [
    ['real', (s) => critic.real(s), hand.real],
    ['made', (s) => critic.made(s), hand.made],
    ['generator', (s) => generator(s), hand.generator],
  ]
  if (hand.smoothed) terms.push(['smoothed', (s) => critic.real(s, 0.9), hand.smoothed])

  it.each(terms)('%s: value and slope per item are those by hand', (_, term, expected) => {
    for (const shape of [[12], [12, 1]]) {
      const [value, slope] = tidy(() => {
        const at = tensor(scores, shape)
        return [term(at), inputGradient(term, at)].map((t) => ({ shape: t.shape, values: t.dataSync() }))
      })
      expect(value!.shape).toEqual([12])
      close(
        value!.values,
        scores.map((s) => expected(s)[0]),
      )
      close(
        slope!.values,
        scores.map((s) => expected(s)[1]),
      )
    }
  })

  it('stays finite however sure the critic is', () => {
    for (const [, term] of terms)
      tidy(() => {
        const at = tensor([-1e4, 1e4], [2])
        for (const t of [term(at), inputGradient(term, at)]) expect([...t.dataSync()].every(Number.isFinite)).toBe(true)
      })
  })

  it('says whether its items have labels', () => expect(labelled).toBe(hand.smoothed !== undefined))

  it('moves both players’ parameters as by hand', () => {
    // x = a·z + b against score = w·x + c: everything can be derived with a pencil.
    const [a, b, w, c] = [0.7, -0.2, 1.3, 0.4]
    const [x, z] = [normals(6, 'x'), normals(6, 'z')]
    const made = z.map((one) => a * one + b)
    const average = (f: (i: number) => number): number => x.reduce((all, _, i) => all + f(i), 0) / x.length
    const [ofReal, ofMade, ofGenerator] = [hand.real, hand.made, hand.generator].map(
      (term) => (at: number) => term(w * at + c)[1],
    ) as [(at: number) => number, (at: number) => number, (at: number) => number]

    const variables = Object.fromEntries(Object.entries({ a, b, w, c }).map(([key, v]) => [key, makeVariable([v], [1])]))
    const { a: va, b: vb, w: vw, c: vc } = variables
    const score = (at: Tensor): Tensor => add(mul(vw!, at), vc!)
    const make = (): Tensor => add(mul(va!, tensor(z)), vb!)
    const slopes = (loss: () => Tensor, names: string[]): number[] =>
      tidy(() => {
        const of = Object.fromEntries(names.map((key) => [key, variables[key]!]))
        const { grads } = gradients(() => mean(loss()) as Scalar, of)
        return names.map((key) => grads[key]!.dataSync()[0]!)
      })
    const criticLoss = () => add(critic.real(score(tensor(x))), critic.made(score(make())))
    close(slopes(criticLoss, ['w', 'c']), [
      average((i) => ofReal(x[i]!) * x[i]! + ofMade(made[i]!) * made[i]!),
      average((i) => ofReal(x[i]!) + ofMade(made[i]!)),
    ])
    close(
      slopes(() => generator(score(make())), ['a', 'b']),
      [average((i) => ofGenerator(made[i]!) * w * z[i]!), average((i) => ofGenerator(made[i]!) * w)],
    )
    for (const variable of Object.values(variables)) variable.dispose()
  })
})

describe('early in training, when the critic is sure', () => {
  it('minimax leaves the generator no slope, non-saturating a whole one', () => {
    const slope = (name: Adversarial): number =>
      tidy(() => inputGradient(adversarial[name].generator, tensor([-12], [1])).dataSync()[0]!)
    expect(Math.abs(slope('minimax'))).toBeLessThan(1e-5)
    expect(slope('non-saturating')).toBeCloseTo(-1, 4)
  })
})

describe('penalties on a critic’s slope', () => {
  const [n, inputs, units] = [5, 3, 4]
  const x = normals(n * inputs, 'at')
  const first = normals(inputs * units, 'first')
  const second = normals(units, 'second')

  const score = (first: Tensor, second: Tensor) => (at: Tensor) =>
    matMul(tanh(matMul(reshape(at, [n, inputs]), reshape(first, [inputs, units]))), reshape(second, [units, 1]))
  /** ‖∇ₓ score‖ of each item: Σᵤ vᵤ (1 − tanh²(x·wᵤ)) wᵢᵤ. */
  const norms = (first: number[], second: number[]): number[] =>
    Array.from({ length: n }, (_, row) => {
      const item = x.slice(row * inputs, (row + 1) * inputs)
      const slope = item.map((_, i) =>
        second.reduce((all, v, u) => {
          const sum = item.reduce((dot, value, j) => dot + value * first[j * units + u]!, 0)
          return all + v * (1 - Math.tanh(sum) ** 2) * first[i * units + u]!
        }, 0),
      )
      return Math.hypot(...slope)
    })

  const kinds: [string, (f: (at: Tensor) => Tensor, at: Tensor) => Tensor, (norm: number) => number][] = [
    ['towards 1', (f, at) => gradientPenalty(f, at), (norm) => (norm - 1) ** 2],
    ['towards 0.3', (f, at) => gradientPenalty(f, at, 0.3), (norm) => (norm - 0.3) ** 2],
    ['zero-centred', (f, at) => zeroCentredPenalty(f, at), (norm) => norm ** 2 / 2],
  ]

  it.each(kinds)('%s: each item’s own', (_, penalty, expected) => {
    const values = tidy(() => penalty(score(tensor(first), tensor(second)), tensor(x, [n, inputs, 1])).dataSync())
    close(values, norms(first, second).map(expected), 4)
  })

  it.each(kinds)('%s: moves the weights as finite differences say', (_, penalty, expected) => {
    const weights = { first: makeVariable(first, [first.length]), second: makeVariable(second, [second.length]) }
    const slopes = tidy(() => {
      const { grads } = gradients(
        () => sum(penalty(score(weights.first, weights.second), tensor(x, [n, inputs]))) as Scalar,
        weights,
      )
      return [...grads.first!.dataSync(), ...grads.second!.dataSync()]
    })
    const all = [...first, ...second]
    const whole = (weights: number[]): number =>
      norms(weights.slice(0, first.length), weights.slice(first.length)).reduce((sum, norm) => sum + expected(norm), 0)
    const h = 1e-5
    const numeric = all.map((_, i) => {
      const shifted = (by: number): number[] => all.map((value, j) => (j === i ? value + by : value))
      return (whole(shifted(h)) - whole(shifted(-h))) / (2 * h)
    })
    close(slopes, numeric, 3)
    for (const weight of Object.values(weights)) weight.dispose()
  })

  it('a critic that is flat is pushed nowhere, and to no NaN', () => {
    const slopes = tidy(() => {
      const penalty = (at: Tensor) => gradientPenalty((inner) => sum(square(sub(inner, tensor([1, 2], [2]))), 1), at)
      const at = tensor([1, 2], [1, 2])
      return [...penalty(at).dataSync(), ...inputGradient(penalty, at).dataSync()]
    })
    close(slopes, [1, 0, 0])
  })
})

describe('between real and made', () => {
  it('is where each item’s share says', () => {
    const at = (share: number[], shape: number[]) =>
      tidy(() => interpolate(tensor([1, 2, 3, 4], [2, 1, 2]), tensor([5, 6, 7, 8], [2, 1, 2]), tensor(share, shape)).dataSync())
    close(at([1, 0], [2]), [1, 2, 7, 8])
    close(at([0.25, 0.5], [2, 1]), [4, 5, 5, 6])
  })
})
