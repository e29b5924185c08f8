/** A captured step against the same step op by op. */
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TrainingSettings } from '../../../src/contract/nouns'
import { eagerly, type CompiledStep } from '../../../src/engines/engine'
import { tensorflow } from '../../../src/engines/tensorflow/index'
import { dense } from '../../../src/nn/dense'
import { chain } from '../../../src/nn/module'
import { batchNorm, spectral } from '../../../src/nn/norm'
import { lossGradients, makeVariable, mean, square, sub, tanh } from '../../../src/nn/ops'
import { createOptimizer } from '../../../src/nn/optimizers'
import { initialValues } from '../../../src/nn/random'
import { numbers, tensorflowLibrary } from './compare'

const library = await tensorflowLibrary()

/** A regression with Adam, wide enough that elementwise ops are worth compiling, and how to take its state apart. */
function regression(network = chain(dense('first', 6, 4096), tanh, dense('second', 4096, 3))) {
  const weights = Object.fromEntries(
    network.parameters.map((one) => [one.name, makeVariable(initialValues(one, 1, 'net'), one.shape, !one.kept)]),
  )
  const learned = Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight.trainable))
  const optimizer = createOptimizer(TrainingSettings.parse({ learningRate: 0.0005 }), learned)
  const step = ({ x, y }: Record<string, tf.Tensor>) =>
    tf.tidy(() => {
      const { parts, grads } = lossGradients(() => {
        const loss = mean(square(sub(network.forward(weights, x!, { training: true }), y!))) as tf.Scalar
        return { total: loss, parts: { loss } }
      }, learned)
      optimizer.apply(grads)
      return parts
    })
  const state = () => Object.values({ ...weights, ...optimizer.slots }).map((one) => one.dataSync() as Float32Array)
  const dispose = () => tf.dispose({ weights, slots: optimizer.slots })
  return { weights, step, state, dispose }
}

function batch(i: number, size = 8): Record<string, tf.Tensor> {
  return { x: tf.tensor(numbers(size * 6, i), [size, 6]), y: tf.tensor(numbers(size * 3, 1000 + i), [size, 3]) }
}

function run(step: CompiledStep, i: number, size?: number): number {
  const inputs = batch(i, size)
  const { loss } = step.run(inputs)
  const value = loss!.dataSync()[0]!
  tf.dispose([inputs, loss!])
  return value
}

describe.skipIf(!library)('a captured step', () => {
  beforeAll(async () => {
    await tensorflow.start({ library: library!, threads: 2 })
  })

  it('keeps variables apart that a step assigns the same tensor', () => {
    const [first, second] = [makeVariable([1], [1]), makeVariable([2], [1])]
    const step = tensorflow.compile(({ x }) => {
      first.assign(x!)
      second.assign(first.clone())
      return { sum: tf.add(first, second) }
    }, 'plain')
    const values = () => [first, second].map((one) => one.dataSync()[0])
    const input = (value: number) => ({ x: tf.tensor([value]) })
    step.prepare(input(7))
    expect(values()).toEqual([1, 2])
    for (const value of [3, 4]) {
      const { sum } = step.run(input(value))
      expect([...values(), sum!.dataSync()[0]]).toEqual([value, value, 2 * value])
    }
    step.dispose()
    tf.dispose([first, second])
  })

  it.each(['plain', 'xla'] as const)('gives what the step gives op by op: %s', (mode) => {
    const one = regression()
    const two = regression()
    const eager = eagerly(one.step)
    const captured = tensorflow.compile(two.step, mode)
    for (let i = 0; i < 20; i++) expect(run(captured, i)).toBeCloseTo(run(eager, i), 4)
    one.state().forEach((values, i) => {
      const other = two.state()[i]!
      expect(Math.max(...values.map((value, at) => Math.abs(value - other[at]!)))).toBeLessThan(1e-4)
    })
    expect(captured.mode).toBe(mode)
    captured.dispose()
    one.dispose()
    two.dispose()
  })

  it('moves what a network keeps for itself', () => {
    const network = () => spectral(chain(dense('first', 6, 32, 3), batchNorm('norm', 32), tanh, dense('second', 32, 3)))
    const one = regression(network())
    const two = regression(network())
    const captured = tensorflow.compile(two.step, 'plain')
    const before = two.weights['first/kernel/direction']!.dataSync().slice()
    for (let i = 0; i < 10; i++) expect(run(captured, i)).toBeCloseTo(run(eagerly(one.step), i), 4)
    one.state().forEach((values, i) => {
      const other = two.state()[i]!
      expect(Math.max(...values.map((value, at) => Math.abs(value - other[at]!)))).toBeLessThan(1e-4)
    })
    expect(two.weights['first/kernel/direction']!.dataSync()).not.toEqual(before)
    expect(two.weights['norm/mean']!.dataSync().some((value) => value !== 0)).toBe(true)
    captured.dispose()
    one.dispose()
    two.dispose()
  })

  it('changes nothing while it is prepared and measured', () => {
    const model = regression()
    const before = model.state()
    const step = tensorflow.compile(model.step)
    const inputs = batch(0)
    step.prepare(inputs)
    expect(model.state()).toEqual(before)
    expect(['plain', 'xla']).toContain(step.mode)
    expect(step.seconds).toBeGreaterThan(0)
    step.dispose()
    tf.dispose(inputs)
    model.dispose()
  })

  it('is the same, bit for bit, each time', () => {
    const states = [0, 1].map(() => {
      const model = regression()
      const step = tensorflow.compile(model.step, 'plain')
      for (let i = 0; i < 20; i++) run(step, i)
      const state = model.state()
      step.dispose()
      model.dispose()
      return state
    })
    expect(states[0]).toEqual(states[1])
  })

  it('is traced anew for inputs of another shape, and keeps what it has learnt', () => {
    const one = regression()
    const two = regression()
    const eager = eagerly(one.step)
    const captured = tensorflow.compile(two.step, 'plain')
    const sizes = [8, 8, 5, 5, 8]
    sizes.forEach((size, i) => expect(run(captured, i, size)).toBeCloseTo(run(eager, i, size), 5))
    captured.dispose()
    one.dispose()
    two.dispose()
  })

  it('leaves neither tensors nor handles behind', () => {
    const model = regression()
    const step = tensorflow.compile(model.step, 'plain')
    run(step, 0)
    const binding = (tf.backend() as unknown as { binding: { getNumOfTensors(): number } }).binding
    const before = [tf.memory().numTensors, binding.getNumOfTensors()]
    for (let i = 0; i < 50; i++) run(step, i)
    for (const size of [5, 8]) run(step, 1, size)
    expect([tf.memory().numTensors, binding.getNumOfTensors()]).toEqual(before)
    step.dispose()
    model.dispose()
  })

  it('goes on from values that were written between two steps', () => {
    const model = regression()
    const step = tensorflow.compile(model.step, 'plain')
    run(step, 0)
    const kernel = model.weights['second/kernel']!
    const kept = kernel.clone()
    const old = kept.dataSync()
    run(step, 1)
    expect(kept.dataSync()).toEqual(old)
    expect(kernel.dataSync()).not.toEqual(old)
    tf.tidy(() => kernel.assign(tf.zerosLike(kernel)))
    tf.tidy(() => model.weights['second/bias']!.assign(tf.tensor([1, 2, 3])))
    const inputs = { x: tf.tensor(numbers(48, 1), [8, 6]), y: tf.tensor(new Float32Array(24), [8, 3]) }
    const { loss } = step.run(inputs)
    expect(loss!.dataSync()[0]).toBeCloseTo((1 + 4 + 9) / 3, 5)
    tf.dispose([inputs, kept, loss!])
    step.dispose()
    model.dispose()
  })

  it('names the line that reads a tensor, and leaves the state as it was', () => {
    const model = regression()
    const before = model.state()
    const step = tensorflow.compile((inputs) => {
      const parts = model.step(inputs)
      if (parts.loss!.dataSync()[0]! > 0) throw new Error('never reached')
      return parts
    }, 'plain')
    const inputs = batch(0)
    expect(() => step.run(inputs)).toThrow(/reads a tensor.*capture\.test\.ts:\d+/)
    expect(model.state()).toEqual(before)
    tf.dispose(inputs)
    model.dispose()
  })

  it('may use tensors that were there before, and constants', () => {
    const factor = tf.tensor([2, 3])
    const unsent = tf.tensor([1, 1])
    const step = tensorflow.compile(
      ({ x }) => ({ y: tf.add(tf.mul(x!, factor), tf.add(unsent, tf.tensor([0.5, 0.5]))) }),
      'plain',
    )
    const x = tf.tensor([10, 20])
    for (let i = 0; i < 2; i++) expect([...step.run({ x }).y!.dataSync()]).toEqual([21.5, 61.5])
    expect([...unsent.dataSync()]).toEqual([1, 1])
    step.dispose()
  })

  afterAll(() => tf.disposeVariables())
})
