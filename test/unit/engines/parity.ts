/** One engine against the definitions of its kernels, and its training steps against the same steps in double precision. */
import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'
import { references, slopes, type Doubles } from '../../support/references'
import { random } from './compare'
import { requirements, type Case, type Requirement } from './parity-cases'
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

/** Declares the tests of one engine. Only one engine starts in a process, so each has a file of its own. */
export async function parity(id: string): Promise<void> {
  const { facts, why } = await startEngine(id)
  const found: Record<string, [number, number]> = {}

  describe.skipIf(!facts)(`the ${id} engine${why ? ` (${why})` : ''}`, () => {
    it.each(Object.entries(requirements))('computes %s as it is defined', async (kernel, requirement) => {
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

    afterAll(() => console.info(summary(id, found)))
  })
}

const described = ({ inputs, attrs }: Case): string =>
  `${Object.entries(inputs)
    .map(([name, { shape }]) => `${name} [${shape.join(', ')}]`)
    .join(', ')} ${JSON.stringify(attrs ?? {})}`

function summary(id: string, found: Record<string, [number, number]>): string {
  const digits = (error: number) => (error === 0 ? '0' : error.toExponential(1))
  const lines = Object.entries(found).map(([kernel, errors]) => `${kernel} ${errors.map(digits).join(' ')}`)
  return `${id}: largest errors, value and gradient\n${lines.join(', ')}`
}
