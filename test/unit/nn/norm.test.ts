import '../../support/backend'
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { conv2d, transposedConv2d } from '../../../src/nn/conv'
import { dense, flatten } from '../../../src/nn/dense'
import { dropout } from '../../../src/nn/dropout'
import { chain, type Network, type Pass, type Weights } from '../../../src/nn/module'
import { batchDeviation, batchNorm, instanceNorm, layerNorm, spectral } from '../../../src/nn/norm'
import { gradientPenalty } from '../../../src/nn/objectives/adversarial'
import { dispose, gradients, leakyRelu, makeVariable, mean, memory, mul, sum, tanh, tensor, tidy } from '../../../src/nn/ops'
import { fillNormal, initialValues } from '../../../src/nn/random'

const normals = (shape: number[], name: string): Float32Array =>
  fillNormal(new Float32Array(shape.reduce((size, side) => size * side, 1)), 3, name, 0)
const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 4): void => {
  expect(actual.length).toBe(expected.length)
  Array.from(expected).forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits))
}

/** With the parameters' own first values, or these. */
function weightsOf(network: Network, values: Record<string, ArrayLike<number>> = {}): Weights {
  return Object.fromEntries(
    network.parameters.map((one) => [
      one.name,
      makeVariable(Float32Array.from(values[one.name] ?? initialValues(one, 1, 'net')), one.shape, !one.kept),
    ]),
  )
}
const learned = (weights: Weights): Record<string, Variable> =>
  Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight.trainable))

/** Each number less its group's mean, by the root of the variance + 10⁻⁵; `groupOf` tells a flat place's group. */
function standardised(x: ArrayLike<number>, groupOf: (place: number) => string) {
  const groups = new Map<string, number[]>()
  Array.from(x).forEach((value, i) => groups.set(groupOf(i), [...(groups.get(groupOf(i)) ?? []), value]))
  const average = (values: number[]): number => values.reduce((all, value) => all + value, 0) / values.length
  const found = new Map(
    [...groups].map(([name, values]) => {
      const mean = average(values)
      return [name, { mean, variance: average(values.map((value) => (value - mean) ** 2)) }]
    }),
  )
  const values = Array.from(x, (value, i) => {
    const { mean, variance } = found.get(groupOf(i))!
    return (value - mean) / Math.sqrt(variance + 1e-5)
  })
  return { values, found }
}

const shape = [3, 4, 5, 2]
const [items, places, channels] = [3, 20, 2]
const x = normals(shape, 'x').map((value, i) => 2 * value + (i % channels))
const itemOf = (place: number): number => Math.floor(place / (places * channels))
const affine = { 'norm/scale': [1.5, -0.5], 'norm/shift': [0.2, 0.3] }
const scaled = (values: number[]): number[] =>
  values.map((value, i) => value * affine['norm/scale'][i % channels]! + affine['norm/shift'][i % channels]!)

describe('norms, against plain numbers', () => {
  const run = (network: Network, pass?: Pass): Float32Array => {
    const weights = weightsOf(network, affine)
    const values = tidy(() => (network.forward(weights, tensor(x, shape), pass) as Tensor).dataSync() as Float32Array)
    dispose(weights)
    return values
  }

  it('batch: each channel over items and places', () =>
    close(run(batchNorm('norm', channels), { training: true }), scaled(standardised(x, (i) => `${i % channels}`).values)))

  it('instance: each channel of an item over its places', () =>
    close(run(instanceNorm('norm', channels)), scaled(standardised(x, (i) => `${itemOf(i)} ${i % channels}`).values)))

  it('layer: a whole item, or each place by itself', () => {
    close(run(layerNorm('norm', channels, 1)), scaled(standardised(x, (i) => `${itemOf(i)}`).values))
    close(run(layerNorm('norm', channels)), scaled(standardised(x, (i) => `${Math.floor(i / channels)}`).values))
  })

  it('batch: keeps a running mean and variance, and uses them when nobody trains', () => {
    const network = batchNorm('norm', channels, 0.8)
    const weights = weightsOf(network, affine)
    const { found } = standardised(x, (i) => `${i % channels}`)
    const kept = [0, 1].map(() => ({ mean: 0, variance: 1 }))
    const before = memory().numTensors
    for (let step = 0; step < 3; step++) {
      tidy(() => void network.forward(weights, tensor(x, shape), { training: true }))
      kept.forEach((one, channel) => {
        const { mean, variance } = found.get(`${channel}`)!
        one.mean = 0.8 * one.mean + 0.2 * mean
        one.variance = 0.8 * one.variance + (0.2 * variance * items * places) / (items * places - 1)
      })
    }
    expect(memory().numTensors).toBe(before)
    close(
      weights['norm/mean']!.dataSync(),
      kept.map(({ mean }) => mean),
    )
    close(
      weights['norm/variance']!.dataSync(),
      kept.map(({ variance }) => variance),
    )
    const plain = Array.from(x, (value, i) => {
      const { mean, variance } = kept[i % channels]!
      return (value - mean) / Math.sqrt(variance + 1e-5)
    })
    // One item alone, which in training would be its own batch.
    const alone = tidy(() => (network.forward(weights, tensor(x.slice(0, 40), [1, 4, 5, 2])) as Tensor).dataSync())
    close(alone, scaled(plain).slice(0, 40))
    expect(Object.keys(learned(weights))).toEqual(['norm/scale', 'norm/shift'])
    dispose(weights)
  })

  it('the batch’s deviation is one more channel, the same everywhere', () => {
    const deviations = Array.from({ length: places * channels }, (_, feature) => {
      const values = Array.from({ length: items }, (_, item) => x[item * places * channels + feature]!)
      const mean = values.reduce((all, value) => all + value, 0) / items
      return Math.sqrt(values.reduce((all, value) => all + (value - mean) ** 2, 0) / items)
    })
    const expected = deviations.reduce((all, value) => all + value, 0) / deviations.length
    const [seen, alike] = tidy(() => {
      const alike = tensor([1, 2, 1, 2, 1, 2], [3, 2])
      return [batchDeviation(tensor(x, shape)), batchDeviation(alike)].map((t) => ({ shape: t.shape, values: t.dataSync() }))
    })
    expect(seen!.shape).toEqual([3, 4, 5, 3])
    close(seen!.values, Array.from({ length: items * places }, (_, i) => [...x.slice(2 * i, 2 * i + 2), expected]).flat())
    close(alike!.values, [1, 2, 0, 1, 2, 0, 1, 2, 0])
  })

  it('layers before a norm can do without a bias', () => {
    const layers = [
      dense('l', 2, 3, 1, false),
      conv2d('l', { inputs: 2, outputs: 3, bias: false }),
      transposedConv2d('l', { inputs: 2, outputs: 3, height: 8, width: 10, bias: false }),
    ]
    for (const layer of layers) expect(layer.parameters.map(({ name }) => name)).toEqual(['l/kernel'])
    const weights = weightsOf(layers[1]!)
    expect(tidy(() => sum(layers[1]!.forward(weights, tensor(x, shape).mul(0)) as Tensor).dataSync()[0])).toBe(0)
    dispose(weights)
  })
})

/** The largest singular value of rows × columns numbers, by many steps in float64 from a fixed start. */
function largestSingular(values: ArrayLike<number>, columns: number): number {
  const rows = values.length / columns
  let u = Array.from({ length: columns }, (_, i) => 1 + 0.1 * i)
  let size = 0
  for (let step = 0; step < 5000; step++) {
    const v = Array.from({ length: rows }, (_, row) => u.reduce((all, one, i) => all + one * values[row * columns + i]!, 0))
    const next = u.map((_, i) => v.reduce((all, one, row) => all + one * values[row * columns + i]!, 0))
    size = Math.hypot(...next)
    u = next.map((one) => one / size)
  }
  return Math.sqrt(size)
}

describe('spectral normalisation', () => {
  const layers: [string, Network<Tensor, Tensor>, number[]][] = [
    ['dense', dense('l', 12, 7, 3), [1, 12]],
    ['dense, more outputs', dense('l', 5, 20, 3), [1, 5]],
    ['conv2d', conv2d('l', { inputs: 3, outputs: 6, gain: 3 }), [1, 8, 8, 3]],
    ['transposedConv2d', transposedConv2d('l', { inputs: 6, outputs: 3, height: 8, width: 8, gain: 3 }), [1, 4, 4, 6]],
  ]

  it.each(layers)('brings the largest singular value of %s to 1 after enough passes', (_, layer, shape) => {
    const network = spectral(layer)
    const weights = weightsOf(network)
    const columns = weights['l/kernel']!.shape.at(-1)!
    const pass = (training: boolean): Float32Array =>
      tidy(() => network.forward(weights, tensor(normals(shape, 'x'), shape), { training }).dataSync() as Float32Array)
    for (let step = 0; step < 100; step++) pass(true)
    const sigma = largestSingular(weights['l/kernel']!.dataSync(), columns)
    expect(sigma).toBeGreaterThan(1.5)
    // The layer is linear but for its bias, which begins at 0: what it gives tells what its kernel was divided by.
    const plain = tidy(() => layer.forward(weights, tensor(normals(shape, 'x'), shape)).dataSync() as Float32Array)
    const given = pass(true)
    const ratio = plain.reduce((all, value, i) => all + value * given[i]!, 0) / given.reduce((all, value) => all + value ** 2, 0)
    close(
      given,
      plain.map((value) => value / ratio),
    )
    expect(Math.abs(sigma / ratio - 1)).toBeLessThan(0.02)
    expect(pass(false)).toEqual(pass(false))
    dispose(weights)
  })

  it('only a training pass moves what is kept, and nothing is left behind', () => {
    const network = spectral(chain(dense('a', 4, 3), (x) => leakyRelu(x), dense('b', 3, 1)))
    const weights = weightsOf(network)
    expect(Object.keys(learned(weights))).toEqual(['a/kernel', 'a/bias', 'b/kernel', 'b/bias'])
    const kept = (): Float32Array => weights['a/kernel/direction']!.dataSync() as Float32Array
    const run = (pass?: Pass): void => tidy(() => void network.forward(weights, tensor(normals([2, 4], 'x'), [2, 4]), pass))
    const first = kept().slice()
    const before = memory().numTensors
    run()
    expect(kept()).toEqual(first)
    run({ training: true })
    expect(kept()).not.toEqual(first)
    expect(Math.hypot(...kept())).toBeCloseTo(1, 5)
    expect(memory().numTensors).toBe(before)
    dispose(weights)
  })

  it('has the paper’s gradient (eq. 12)', () => {
    // W = diag(3, 1): u₁ = v₁ = (1, 0). Loss Σ x·(W/σ)·1 of x = (2, 5): G = xᵀ·1.
    const network = spectral(dense('l', 2, 2, 1, false))
    const weights = weightsOf(network, { 'l/kernel': [3, 0, 0, 1], 'l/kernel/direction': [1, 0] })
    const grads = tidy(() => {
      const loss = (): Scalar => sum(network.forward(weights, tensor([2, 5], [1, 2]))) as Scalar
      return gradients(loss, learned(weights)).grads['l/kernel']!.dataSync()
    })
    // d(ΣxW/σ)/dW = G/σ − (Σ xW / σ²)·u₁v₁ᵀ with Σ xW = 6 + 5 = 11.
    close(grads, [2 / 3 - 11 / 9, 2 / 3, 5 / 3, 5 / 3])
    dispose(weights)
  })

  it('works within a gradient penalty, as finite differences say', () => {
    const inputs = [3, 4, 4, 2]
    const network = spectral(
      chain(conv2d('conv', { inputs: 2, outputs: 3, gain: 2 }), (x) => tanh(x), flatten, dense('score', 12, 1, 2)),
    )
    const weights = weightsOf(network)
    const at = tensor(normals(inputs, 'at'), inputs)
    // With the directions held, so that both sides look at the same function.
    const penalty = (): Scalar => mean(gradientPenalty((x) => network.forward(weights, x), at)) as Scalar
    for (let step = 0; step < 20; step++) tidy(() => void network.forward(weights, at, { training: true }))
    // The last bias moves no slope, and `gradients` would say so.
    const { 'score/bias': _, ...moved } = learned(weights)
    const analytic = tidy(() => {
      const { grads } = gradients(penalty, moved)
      return Object.entries(grads).map(([name, grad]) => [name, [...grad.dataSync()]] as const)
    })
    for (const [name, slopes] of analytic) {
      const values = weights[name]!.dataSync().slice() as Float32Array
      const shifted = (place: number, by: number): number =>
        tidy(() => {
          weights[name]!.assign(
            tensor(
              values.map((value, i) => (i === place ? value + by : value)),
              weights[name]!.shape,
            ),
          )
          return penalty().dataSync()[0]!
        })
      const h = 1e-2
      const numeric = slopes.map((_, i) => (shifted(i, h) - shifted(i, -h)) / (2 * h))
      shifted(0, 0)
      close(slopes, numeric, 3)
      expect(Math.max(...slopes.map(Math.abs))).toBeGreaterThan(0.005)
    }
    dispose([weights, at] as never)
  })

  it('does not stop a training pass within a gradient penalty', () => {
    const network = spectral(chain(dense('a', 4, 3), (x) => tanh(x), dense('b', 3, 1)))
    const weights = weightsOf(network)
    const before = memory().numTensors
    const first = weights['a/kernel/direction']!.dataSync().slice()
    tidy(() => {
      const at = tensor(normals([2, 4], 'x'), [2, 4])
      const { 'b/bias': _, ...moved } = learned(weights)
      const { grads } = gradients(
        () => mean(gradientPenalty((x) => network.forward(weights, x, { training: true }), at)) as Scalar,
        moved,
      )
      for (const grad of Object.values(grads)) expect([...grad.dataSync()].every(Number.isFinite)).toBe(true)
    })
    expect(weights['a/kernel/direction']!.dataSync()).not.toEqual(first)
    expect(memory().numTensors).toBe(before)
    dispose(weights)
  })
})

describe('dropout', () => {
  it('silences whole maps of an item and makes up for them', () => {
    const noise = { drop: tensor([0.1, 0.9, 0.5, 0.3, 0.2, 0.7], [3, 2]) }
    const layer = dropout('drop', 0.4)
    const [trained, used] = tidy(() => {
      const at = tensor(x, shape)
      return [layer(at, { training: true, noise }), layer(at, {})].map((t) => t.dataSync())
    })
    const factors = [0, 1, 1, 0, 0, 1].map((kept) => kept / 0.6)
    close(
      trained!,
      Array.from(x, (value, i) => value * factors[2 * itemOf(i) + (i % channels)]!),
    )
    close(used!, x)
    const units = tidy(() => layer(tensor([1, 2, 3, 4, 5, 6], [3, 2]), { training: true, noise }).dataSync())
    close(units, [0, 2 / 0.6, 3 / 0.6, 0, 0, 6 / 0.6])
    expect(() => dropout('other', 0.4)(mul(noise.drop, 1), { training: true, noise })).toThrow('no noise named other')
    dispose(noise)
  })
})
