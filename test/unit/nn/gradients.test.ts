import '../../support/backend'
import { grad } from '@tensorflow/tfjs-core'
import type { Scalar, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { ACTIVATIONS, activations } from '../../../src/nn/activations'
import { conv2d, transposedConv2d } from '../../../src/nn/conv'
import { dense } from '../../../src/nn/dense'
import type { Network, Weights } from '../../../src/nn/module'
import { bernoulliNll, gaussianNll, normalKl, posterior, reparameterise } from '../../../src/nn/objectives/elbo'
import * as ops from '../../../src/nn/ops'
import { fillNormal, initialValues } from '../../../src/nn/random'

/** Seeded values away from the kinks of relu and abs. */
function values(shape: number[], name: string): Float32Array {
  const out = fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1)), 21, name, 0)
  return out.map((v) => (Math.abs(v) < 0.1 ? v + 0.3 * Math.sign(v || 1) : v))
}

/** Largest difference of the gradient of Σ f(x)·w from central differences, relative to the largest slope. */
function slopeError(f: (x: Tensor) => Tensor, shape: number[]): number {
  return ops.tidy(() => {
    const x = values(shape, 'x')
    const weights = ops.tensor(values(f(ops.tensor(x, shape)).shape, 'w'), f(ops.tensor(x, shape)).shape)
    const loss = (at: Tensor): Tensor => ops.sum(ops.mul(f(at), weights))
    const analytic = grad(loss)(ops.tensor(x, shape)).dataSync()
    const h = 1e-2
    let error = 0
    let scale = 1e-3
    for (let i = 0; i < x.length; i++) {
      const at = (shift: number): number =>
        ops.tidy(
          () =>
            loss(
              ops.tensor(
                x.map((v, j) => (j === i ? v + shift : v)),
                shape,
              ),
            ).dataSync()[0]!,
        )
      // Richardson's extrapolation: with float32 a small h would drown in rounding.
      const numeric = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
      error = Math.max(error, Math.abs(numeric - analytic[i]!))
      scale = Math.max(scale, Math.abs(numeric))
    }
    return error / scale
  })
}

const positive =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    f(ops.add(ops.square(x), 0.5))
const constant = (shape: number[], name: string): Tensor => ops.tensor(values(shape, name), shape)
const image = [2, 4, 4, 2]

const cases: Record<string, [f: (x: Tensor) => Tensor, shape: number[]]> = {
  ...Object.fromEntries(ACTIVATIONS.map((name) => [name, [activations[name], [3, 4]]])),
  exp: [ops.exp, [3, 4]],
  log: [positive(ops.log), [3, 4]],
  log1p: [positive(ops.log1p), [3, 4]],
  sqrt: [positive(ops.sqrt), [3, 4]],
  square: [ops.square, [3, 4]],
  sigmoid: [ops.sigmoid, [3, 4]],
  softplus: [ops.softplus, [3, 4]],
  softmax: [ops.softmax, [3, 4]],
  logSoftmax: [ops.logSoftmax, [3, 4]],
  logSumExp: [ops.logSumExp, [3, 4]],
  max: [(x) => ops.max(x, 1), [3, 4]],
  gather: [(x) => ops.gather(x, ops.tensor([2, 0, 2], [3], 'int32') as Tensor1D), [3, 4]],
  abs: [ops.abs, [3, 4]],
  neg: [ops.neg, [3, 4]],
  div: [(x) => ops.div(x, ops.add(ops.square(x), 1)), [3, 4]],
  mean: [(x) => ops.mean(x, 1), [3, 4]],
  maximum: [(x) => ops.maximum(x, 0.05), [3, 4]],
  minimum: [(x) => ops.minimum(x, 0.05), [3, 4]],
  clipByValue: [(x) => ops.clipByValue(x, -0.05, 0.05), [3, 4]],
  pow: [positive((x) => ops.pow(x, 1.5)), [3, 4]],
  concat: [(x) => ops.concat([x, ops.square(x)], 1), [3, 4]],
  slice: [(x) => ops.slice(x, [0, 1], [-1, 2]), [3, 4]],
  split: [(x) => ops.mul(...(ops.split(x, 2, 1) as [Tensor, Tensor])), [3, 4]],
  stack: [(x) => ops.stack([x, ops.square(x)]), [3, 4]],
  tile: [(x) => ops.tile(x, [2, 1]), [3, 4]],
  transpose: [(x) => ops.transpose(x, [1, 0]), [3, 4]],
  pad: [
    (x) =>
      ops.pad(x, [
        [1, 0],
        [0, 2],
      ]),
    [3, 4],
  ],
  matMul: [(x) => ops.matMul(x as never, constant([4, 5], 'k') as never), [3, 4]],
  averagePool: [(x) => ops.averagePool(x as Tensor4D, 2), image],
  upsample: [(x) => ops.upsample(x as Tensor4D, 2), image],
  conv2d: [(x) => ops.conv2d(x as Tensor4D, constant([4, 4, 2, 3], 'k') as Tensor4D, 2, 'same'), image],
  'conv2d, kernel': [(k) => ops.conv2d(constant([1, 5, 5, 2], 'i') as Tensor4D, k as Tensor4D, 2, 'same'), [4, 4, 2, 1]],
  conv2dTranspose: [
    (x) => ops.conv2dTranspose(x as Tensor4D, constant([4, 4, 3, 2], 'k') as Tensor4D, [2, 7, 8, 3], 2, 'same'),
    image,
  ],
  'conv2dTranspose, kernel': [
    (k) => ops.conv2dTranspose(constant([1, 3, 3, 2], 'i') as Tensor4D, k as Tensor4D, [1, 5, 6, 1], 2, 'same'),
    [4, 4, 1, 2],
  ],
  kl: [(x) => normalKl(posterior(x)), [3, 4]],
  sample: [(x) => reparameterise(posterior(x), constant([3, 2], 'eps')), [3, 4]],
  bernoulli: [(x) => bernoulliNll(x, ops.sigmoid(constant([3, 4], 't'))), [3, 4]],
  gaussian: [(x) => gaussianNll(x, constant([3, 4], 't'), 0.5), [3, 4]],
}

describe('gradients, against finite differences', () => {
  it.each(Object.entries(cases))('%s', (_, [f, shape]) => {
    expect(slopeError(f, shape)).toBeLessThan(2e-3)
  })

  // What a gradient penalty needs: twice by the input. Twice by a kernel nothing needs, and tfjs cannot.
  const byInput = Object.entries(cases).filter(([name]) => !name.endsWith(', kernel'))
  it.each(byInput)('%s, twice', (_, [f, shape]) => {
    const curved = (x: Tensor): Tensor => {
      const g = grad((at: Tensor) => ops.sum(ops.square(f(at))))
      return g(x)
    }
    expect(slopeError(curved, shape)).toBeLessThan(2e-3)
  })
})

describe('layers', () => {
  const weightsOf = (network: Network): Weights =>
    Object.fromEntries(network.parameters.map((p) => [p.name, ops.makeVariable(initialValues(p, 1, 'net'), p.shape)]))

  it.each([
    ['dense', dense('l', 400, 300, Math.SQRT2), [64, 400]],
    ['conv2d', conv2d('l', { inputs: 24, outputs: 32, gain: Math.SQRT2 }), [4, 16, 16, 24]],
    [
      'transposedConv2d',
      transposedConv2d('l', { inputs: 32, outputs: 24, height: 16, width: 16, gain: Math.SQRT2 }),
      [4, 8, 8, 32],
    ],
  ])('%s keeps the size of a signal through relu', (_, layer, shape) => {
    const weights = weightsOf(layer)
    const size = ops.tidy(() => {
      const x = ops.tensor(fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1)), 1, 'x', 0), shape)
      const before = ops.mean(ops.square(x)).dataSync()[0]!
      return ops.mean(ops.square(ops.relu(layer.forward(weights, x)))).dataSync()[0]! / before
    })
    // Borders lose a little in the convolutions.
    expect(size).toBeGreaterThan(0.75)
    expect(size).toBeLessThan(1.25)
    ops.dispose(Object.values(weights))
  })

  it('gradients say which variable a loss forgot', () => {
    const [a, b] = [ops.makeVariable([1], []), ops.makeVariable([2], [])]
    expect(() => ops.gradients(() => ops.square(a) as unknown as Scalar, { a, b })).toThrow('does not depend on b')
    ops.dispose([a, b])
  })

  it('a loss hands out its parts and keeps nothing', () => {
    const a = ops.makeVariable([3], [])
    const before = ops.memory().numTensors
    ops.tidy(() => {
      const { total, parts, grads } = ops.lossGradients(
        () => {
          const square = ops.square(a) as unknown as Scalar
          return { total: square, parts: { square, other: ops.mul(square, 2) as Scalar } }
        },
        { a },
      )
      expect([total, parts.square, parts.other, grads.a].map((t) => t!.dataSync()[0])).toEqual([9, 9, 18, 6])
    })
    expect(ops.memory().numTensors).toBe(before)
    a.dispose()
  })
})
