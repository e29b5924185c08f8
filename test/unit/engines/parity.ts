/** One engine against the definitions of its kernels, and its training steps against the same steps in double precision. */
import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'
import { references, slopes, type Doubles } from '../../support/references'
import { TrainingSettings } from '../../../src/contract/nouns'
import { lossGradients } from '../../../src/nn/ops'
import { createOptimizer } from '../../../src/nn/optimizers'
import { examples, values } from '../../support/op-examples'
import { registerReference } from '../../support/reference-backend'
import { trainingSteps, type TrainingStep } from '../../support/training-steps'
import { random } from './compare'
import { OPTIONAL, requirements, type Case, type Requirement } from './parity-cases'
import { startEngine } from './start'

type Arrays = { shape: number[]; dtype: string; values: ArrayLike<number> }[]

/** Outputs of a kernel on the current backend, and gradients of Σ outputs · dy by the inputs that the case names. */
async function computed(kernel: string, one: Case, dy: Float64Array[]): Promise<{ outputs: Arrays; grads: Arrays }> {
  const names = Object.keys(one.inputs)
  const inputs = names.map((name) => {
    const { values, shape, dtype = 'float32' } = one.inputs[name]!
    return tf.tensor((dtype === 'int32' ? Int32Array : dtype === 'bool' ? Uint8Array : Float32Array).from(values), shape, dtype)
  })
  const run = (...given: Tensor[]): Tensor[] => {
    // Kernels of any number of inputs take a list.
    const named = (names[0] === '0' ? given : Object.fromEntries(names.map((name, i) => [name, given[i]]))) as NamedTensorMap
    const result = tf.engine().runKernel(kernel, named, (one.attrs ?? {}) as tf.NamedAttrMap)
    return Array.isArray(result) ? result : [result as Tensor]
  }
  const read = async (tensors: Tensor[]): Promise<Arrays> => {
    const all: Arrays = []
    for (const each of tensors) all.push({ shape: each.shape, dtype: each.dtype, values: Float64Array.from(await each.data()) })
    return all
  }
  const outputs = tf.tidy(() => run(...inputs))
  const grads = one.by
    ? tf.tidy(() => {
        const along = (...varied: Tensor[]) => {
          const given = inputs.map((input, i) => varied[one.by!.indexOf(names[i]!)] ?? input)
          const sums = run(...given).map((y, i) => tf.sum(tf.mul(y, tf.tensor(Float32Array.from(dy[i]!), y.shape))))
          return sums.reduce((all, sum) => tf.add(all, sum))
        }
        return tf.grads(along)(inputs.filter((_, i) => one.by!.includes(names[i]!)))
      })
    : []
  const result = { outputs: await read(outputs), grads: await read(grads) }
  tf.dispose([...inputs, ...outputs, ...grads])
  return result
}

const doubles = (one: Case): Record<string, Doubles> =>
  Object.fromEntries(
    Object.entries(one.inputs).map(([name, { shape, values, dtype = 'float32' }]) => [
      name,
      { shape, dtype, values: Float64Array.from(values) },
    ]),
  )
const sizes = (inputs: Record<string, Doubles>): Record<string, Doubles> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, one]) => [
      name,
      one.dtype === 'float32' ? { ...one, values: one.values.map(Math.abs) } : one,
    ]),
  )

/** Largest error in parts of what it is measured by; infinite where one is a number and the other is not. */
function worst(got: ArrayLike<number>, want: Float64Array, scale: Float64Array, floor: number): number {
  if (got.length !== want.length) return Infinity
  return want.reduce((most, value, i) => {
    const expected = Math.fround(value)
    if (!Number.isFinite(expected)) return Object.is(got[i], expected) ? most : Infinity
    const error = Math.abs(got[i]! - value) / Math.max(scale[i]!, floor)
    return error <= most ? most : Number.isNaN(error) ? Infinity : error
  }, 0)
}

/** The error of one case: forward, backward. Shapes and types must be the same. */
async function errorOf(kernel: string, one: Case, { by, floor }: Requirement): Promise<[number, number]> {
  const inputs = doubles(one)
  const attrs = one.attrs ?? {}
  const reference = references[kernel]!
  const want = reference(inputs, attrs)
  const dy = want.map((y, i) => Float64Array.from(random([y.values.length], 99 + i).dataSync()))
  const { outputs, grads } = await computed(kernel, one, dy)
  expect(outputs.map(({ shape, dtype }) => [shape, dtype])).toEqual(want.map(({ shape, dtype }) => [shape, dtype]))
  // Sizes that are subtracted add up, too.
  const sum = kernel === 'Sub' ? references.Add! : reference
  const scales = by === 'value' ? want : sum(sizes(inputs), attrs)
  const forward = Math.max(
    ...want.map((y, i) => worst(outputs[i]!.values, y.values, scales[i]!.values.map(Math.abs), floor ?? 1e-30)),
  )
  if (!one.by) return [forward, 0]
  const straight = by === 'products'
  const wanted = slopes(reference, inputs, attrs, dy, one.by, straight)
  const steep = straight ? slopes(sum, sizes(inputs), attrs, dy.map((y) => y.map(Math.abs)), one.by, true) : wanted // prettier-ignore
  const order = Object.keys(one.inputs).filter((name) => one.by!.includes(name))
  const backward = Math.max(...order.map((name, i) => worst(grads[i]!.values, wanted[name]!, steep[name]!.map(Math.abs), 1)))
  return [forward, backward]
}

/** Names of the kernels that `run` uses on a backend. */
function recorded(backend: string, run: () => void): Set<string> {
  const used = new Set<string>()
  const originals = tf.getKernelsForBackend(backend)
  const register = (kernels: tf.KernelConfig[]) => {
    for (const kernel of kernels) {
      tf.unregisterKernel(kernel.kernelName, backend)
      tf.registerKernel(kernel)
    }
  }
  const noting = (kernel: tf.KernelConfig): tf.KernelConfig => ({
    ...kernel,
    kernelFunc: (args) => {
      used.add(kernel.kernelName)
      return kernel.kernelFunc(args)
    },
  })
  register(originals.map(noting))
  try {
    run()
  } finally {
    register(originals)
  }
  return used
}

/** Every op forward, differentiated, and differentiated twice by its input. */
function useOps(): void {
  for (const [name, [op, shape]] of Object.entries(examples))
    tf.tidy(() => {
      const x = tf.tensor(values(shape, 'x'), shape)
      const slope = tf.grad((at: Tensor) => tf.sum(tf.square(op(at))))
      // tfjs differentiates convolutions once by their kernels.
      if (name.endsWith(', kernel')) slope(x)
      else tf.grad((at: Tensor) => slope(at))(x)
    })
}

const SETTINGS = TrainingSettings.parse({ optimizer: 'adam', l1: 1e-4, l2: 1e-4, clipNorm: 1 })

interface After {
  parts: Float64Array
  grads: Record<string, Float64Array>
  /** How far each weight went, in learning rates. */
  moves: Record<string, Float64Array>
}

/** One update with Adam on the current backend, with all that its settings can add. */
async function trained({ prepare }: TrainingStep): Promise<After> {
  const { variables, loss, dispose } = prepare()
  const optimizer = createOptimizer(SETTINGS, variables)
  const read = async (tensors: Record<string, Tensor>) => {
    const all: Record<string, Float64Array> = {}
    for (const [name, each] of Object.entries(tensors)) all[name] = Float64Array.from(await each.data())
    return all
  }
  const before = await read(variables)
  const { parts, grads } = tf.tidy(() => {
    const found = lossGradients(loss, variables)
    optimizer.apply(found.grads)
    return { parts: found.parts, grads: found.grads }
  })
  const after = await read(variables)
  const moves = Object.entries(after).map(([name, values]) => [
    name,
    values.map((value, i) => (value - before[name]![i]!) / SETTINGS.learningRate),
  ])
  const result = {
    parts: Float64Array.from(Object.values(await read(parts)).flatMap((one) => [...one])),
    grads: await read(grads),
    moves: Object.fromEntries(moves) as After['moves'],
  }
  tf.dispose([parts, grads, optimizer.slots])
  dispose()
  return result
}

function largest(values: ArrayLike<number>): number {
  let most = 0
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!))
  return most
}
/** A tensor whose gradients are smaller than this share of the largest is measured by that share: some are 0 but for rounding. */
const SMALL = 1e-2
/** Numbers whose gradients are smaller than this share of what they are measured by move by the sign of a rounding error. */
const SILENT = 1e-3
/** Adam's first step is one learning rate, and clearly less only where what the penalties left of the gradient is near its ε. */
const WHOLE = 0.99

/** Losses in parts of themselves; gradients in parts of each tensor's largest; weights in learning rates. */
function stepErrors(got: After, want: After): Record<keyof typeof STEP, number> {
  const names = Object.keys(want.grads)
  const all = largest(names.map((name) => largest(want.grads[name]!)))
  const errors = names.map((name) => {
    const [grads, moves] = [want.grads[name]!, want.moves[name]!]
    const scale = Math.max(largest(grads), SMALL * all)
    const loud = moves.map((move, i) =>
      Math.abs(grads[i]!) > SILENT * scale && Math.abs(move) > WHOLE ? got.moves[name]![i]! - move : 0,
    )
    return { gradients: largest(grads.map((value, i) => got.grads[name]![i]! - value)) / scale, weights: largest(loud) }
  })
  return {
    losses: largest(want.parts.map((part, i) => (got.parts[i]! - part) / Math.max(1, Math.abs(part)))),
    gradients: largest(errors.map(({ gradients }) => gradients)),
    weights: largest(errors.map(({ weights }) => weights)),
  }
}

/** What one step may differ by from double precision, and so two engines by twice as much. */
const STEP = { losses: 1e-6, gradients: 1e-5, weights: 1e-3 }

/** Declares the tests of one engine. Only one engine starts in a process, so each has a file of its own. */
export async function parity(id: string): Promise<void> {
  const { facts, why } = await startEngine(id)
  const found: Record<string, [number, number]> = {}
  const steps: Record<string, Record<string, number>> = {}
  registerReference()

  describe.skipIf(!facts)(`the ${id} engine${why ? ` (${why})` : ''}`, () => {
    const present = ([kernel]: [string, Requirement]): boolean => !OPTIONAL.includes(kernel) || Boolean(tf.getKernel(kernel, id))
    it.each(Object.entries(requirements).filter(present))('computes %s as it is defined', async (kernel, requirement) => {
      await tf.setBackend(id)
      const largest: [number, number] = [0, 0]
      for (const one of requirement.cases) {
        const errors = await errorOf(kernel, one, requirement)
        errors.forEach((error, i) => {
          largest[i] = Math.max(largest[i]!, error)
          // Gradients of what is exact still multiply and add.
          expect
            .soft(error, `${i ? 'gradient' : 'value'} of ${described(one)}`)
            .toBeLessThanOrEqual(i ? Math.max(requirement.tolerance, 2e-6) : requirement.tolerance)
        })
      }
      found[kernel] = largest
    })

    it('has a requirement for every kernel that an op or a training step uses', async () => {
      await tf.setBackend(id)
      const used = recorded(id, useOps)
      for (const { prepare } of trainingSteps) {
        const { variables, loss, dispose } = prepare()
        const optimizer = createOptimizer(SETTINGS, variables)
        const during = recorded(id, () => tf.tidy(() => optimizer.apply(lossGradients(loss, variables).grads)))
        for (const kernel of during) used.add(kernel)
        tf.dispose(optimizer.slots)
        dispose()
      }
      expect(used.size).toBeGreaterThan(30)
      expect([...used].filter((kernel) => !(kernel in requirements))).toEqual([])
    })

    it.each(trainingSteps)('trains as double precision does: $name', async (step) => {
      await tf.setBackend('reference')
      const want = await trained(step)
      await tf.setBackend(id)
      const errors = stepErrors(await trained(step), want)
      steps[step.name] = errors
      for (const [what, error] of Object.entries(errors)) expect.soft(error, what).toBeLessThan(STEP[what as keyof typeof STEP])
    })

    afterAll(() => console.info(summary(id, found, steps)))
  })
}

const described = ({ inputs, attrs }: Case): string =>
  `${Object.entries(inputs)
    .map(([name, { shape }]) => `${name} [${shape.join(', ')}]`)
    .join(', ')} ${JSON.stringify(attrs ?? {})}`

function summary(id: string, kernels: Record<string, [number, number]>, steps: Record<string, Record<string, number>>): string {
  const digits = (error: number) => (error === 0 ? '0' : error.toExponential(1))
  const lines = Object.entries(kernels).map(([kernel, errors]) => `${kernel} ${errors.map(digits).join(' ')}`)
  const trained = Object.entries(steps).map(
    ([step, errors]) =>
      `${step}: ${Object.entries(errors)
        .map(([what, error]) => `${what} ${digits(error)}`)
        .join(', ')}`,
  )
  return `${id}: largest errors, value and gradient\n${lines.join(', ')}\none training step\n${trained.join('\n')}`
}
