import '../../support/backend'
import type { Variable } from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it } from 'vitest'
import { TrainingSettings } from '../../../src/contract/nouns'
import { dispose, makeVariable, memory, tensor, tidy } from '../../../src/nn/ops'
import { createOptimizer } from '../../../src/nn/optimizers'
import { fillNormal } from '../../../src/nn/random'

const OPTIMIZERS = ['sgd', 'momentum', 'rmsprop', 'adam', 'adamw'] as const
const made: Variable[] = []
afterEach(() => dispose(made.splice(0)))

function weightsOf(values: Record<string, [number[], number[]]>): Record<string, Variable> {
  const weights = Object.fromEntries(Object.entries(values).map(([name, [data, shape]]) => [name, makeVariable(data, shape)]))
  made.push(...Object.values(weights))
  return weights
}

function optimizerOf(settings: Partial<TrainingSettings>, weights: Record<string, Variable>) {
  const optimizer = createOptimizer(TrainingSettings.parse(settings), weights)
  made.push(...Object.values(optimizer.slots))
  return optimizer
}

/** The rules once more, for one number, in float64. */
function reference(settings: TrainingSettings, start: number, grads: number[]): number {
  const { optimizer, learningRate: rate, momentum, beta1, beta2, weightDecay } = settings
  let w = start
  let a = 0
  let b = 0
  grads.forEach((g, i) => {
    if (optimizer === 'sgd') w -= rate * g
    else if (optimizer === 'momentum') w -= rate * (a = momentum * a + g)
    else if (optimizer === 'rmsprop') w -= (rate * g) / (Math.sqrt((a = 0.9 * a + 0.1 * g * g)) + 1e-8)
    else {
      a = beta1 * a + (1 - beta1) * g
      b = beta2 * b + (1 - beta2) * g * g
      if (optimizer === 'adamw') w -= rate * weightDecay * w
      w -= (rate * (a / (1 - beta1 ** (i + 1)))) / (Math.sqrt(b / (1 - beta2 ** (i + 1))) + 1e-8)
    }
  })
  return w
}

describe('optimisers', () => {
  it.each(OPTIMIZERS)('%s follows its paper', (optimizer) => {
    const settings = TrainingSettings.parse({ optimizer, learningRate: 0.05, weightDecay: 0.1 })
    const weights = weightsOf({ w: [[1.5], [1, 1]] })
    const { apply } = optimizerOf(settings, weights)
    const grads = [...fillNormal(new Float32Array(30), 4, 'grads', 0)]
    for (const g of grads) tidy(() => apply({ w: tensor([g], [1, 1]) }))
    expect(weights.w!.dataSync()[0]).toBeCloseTo(reference(settings, 1.5, grads), 5)
  })

  it.each(OPTIMIZERS)('%s goes on from its slots as if it had never stopped, bit for bit', (optimizer) => {
    const settings = { optimizer, learningRate: 0.01, clipNorm: 1, l1: 0.001, l2: 0.01 }
    const start = (): Record<string, [number[], number[]]> => ({
      'net/kernel': [[...fillNormal(new Float32Array(12), 1, 'w', 0)], [4, 3]],
      'net/bias': [[0, 0, 0], [3]],
    })
    const step = (apply: ReturnType<typeof optimizerOf>['apply'], i: number) =>
      tidy(() => {
        const g = fillNormal(new Float32Array(15), 2, 'g', i)
        apply({ 'net/kernel': tensor(g.slice(0, 12), [4, 3]), 'net/bias': tensor(g.slice(12), [3]) })
      })
    const whole = weightsOf(start())
    const first = optimizerOf(settings, whole)
    for (let i = 0; i < 40; i++) step(first.apply, i)

    const half = weightsOf(start())
    const before = optimizerOf(settings, half)
    for (let i = 0; i < 17; i++) step(before.apply, i)
    const saved = (all: Record<string, Variable>) =>
      Object.fromEntries(Object.entries(all).map(([name, v]) => [name, [[...v.dataSync()], v.shape] as [number[], number[]]]))
    const resumed = weightsOf(saved(half))
    const after = optimizerOf(settings, resumed)
    for (const [name, [values, shape]] of Object.entries(saved(before.slots)))
      tidy(() => after.slots[name]!.assign(tensor(values, shape)))
    for (let i = 17; i < 40; i++) step(after.apply, i)

    expect(saved(resumed)).toEqual(saved(whole))
    expect(saved(after.slots)).toEqual(saved(first.slots))
  })

  it.each(OPTIMIZERS)('%s frees what it makes', (optimizer) => {
    const weights = weightsOf({
      w: [
        [1, 2],
        [1, 2],
      ],
    })
    const { apply } = optimizerOf({ optimizer, clipNorm: 1, l1: 0.1, l2: 0.1 }, weights)
    const grad = tensor([1, 2], [1, 2])
    apply({ w: grad })
    const before = memory().numTensors
    apply({ w: grad })
    expect(memory().numTensors).toBe(before)
    grad.dispose()
  })

  it('names its slots after the parameters', () => {
    const { slots } = optimizerOf({ optimizer: 'adam' }, weightsOf({ 'a/kernel': [[1], [1, 1]] }))
    expect(Object.keys(slots).sort()).toEqual(['a/kernel/gradients', 'a/kernel/squares', 'beta1Power', 'beta2Power'])
  })

  it('adds l1·Σ|w| + ½·l2·Σw² on kernels, not on biases', () => {
    const weights = weightsOf({
      kernel: [
        [2, -3],
        [1, 2],
      ],
      bias: [[5], [1]],
    })
    const { apply } = optimizerOf({ optimizer: 'sgd', learningRate: 1, l1: 0.1, l2: 0.01 }, weights)
    tidy(() => apply({ kernel: tensor([0, 0], [1, 2]), bias: tensor([0], [1]) }))
    const [first, second] = weights.kernel!.dataSync()
    expect(first).toBeCloseTo(2 - 0.1 - 0.02, 6)
    expect(second).toBeCloseTo(-3 + 0.1 + 0.03, 6)
    expect(weights.bias!.dataSync()[0]).toBe(5)
  })

  it('shortens gradients to the limit together, and only when they are longer', () => {
    const moved = (clipNorm: number): number[] => {
      const weights = weightsOf({
        a: [
          [0, 0],
          [1, 2],
        ],
        b: [[0], [1]],
      })
      const { apply } = optimizerOf({ optimizer: 'sgd', learningRate: 1, clipNorm }, weights)
      tidy(() => apply({ a: tensor([2, 3], [1, 2]), b: tensor([6], [1]) }))
      return [...weights.a!.dataSync(), ...weights.b!.dataSync()]
    }
    // |(2, 3, 6)| = 7
    expect(moved(0)).toEqual([-2, -3, -6])
    expect(moved(8)).toEqual([-2, -3, -6])
    moved(0.7).forEach((value, i) => expect(value).toBeCloseTo([-0.2, -0.3, -0.6][i]!, 6))
  })
})
