import '../../support/backend'
import { grad } from '@tensorflow/tfjs-core'
import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { conv2d, transposedConv2d } from '../../../src/nn/conv'
import { dense } from '../../../src/nn/dense'
import type { Network, Weights } from '../../../src/nn/module'
import * as ops from '../../../src/nn/ops'
import { fillNormal, initialValues } from '../../../src/nn/random'
import { examples, missing, values } from '../../support/op-examples'

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

describe('gradients, against finite differences', () => {
  it('of every op', () => expect(missing).toEqual([]))

  it.each(Object.entries(examples))('%s', (_, [f, shape]) => {
    expect(slopeError(f, shape)).toBeLessThan(2e-3)
  })

  // What a gradient penalty needs: twice by the input. Twice by a kernel nothing needs, and tfjs cannot.
  const byInput = Object.entries(examples).filter(([name]) => !name.endsWith(', kernel'))
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
