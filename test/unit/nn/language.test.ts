import '../../support/backend'
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { createLanguageModel, LATENT_WAYS } from '../../../src/nn/language'
import type { Network, Weights } from '../../../src/nn/module'
import { dispose, logSoftmax, makeVariable, tensor, tidy } from '../../../src/nn/ops'
import { fillNormal, fillUniform, initialValues } from '../../../src/nn/random'
import { narrowed, type Boldness } from '../../../src/nn/sampling'

const [length, n, vocabulary, size] = [4, 3, 7, 5]
const shape = { vocabulary, embedding: 6, hidden: 8 }
const weightsOf = (network: Network<never>): Weights =>
  Object.fromEntries(network.parameters.map((p) => [p.name, makeVariable(initialValues(p, 1, 'net'), p.shape)]))
const tokens = (): Tensor2D =>
  tensor(
    Int32Array.from({ length: length * n }, (_, i) => (i * 5 + 2) % vocabulary),
    [length, n],
    'int32',
  )
const latents = (): Tensor2D => tensor(fillNormal(new Float32Array(n * size), 2, 'z', 0), [n, size])
const noise = (): Tensor2D => tensor(fillUniform(new Float32Array(length * n), 3, 'u', 0), [length, n])

describe('a language model', () => {
  it('says how likely each token is by a softmax over all, after those before it alone', () => {
    const model = createLanguageModel(shape)
    const weights = weightsOf(model)
    const [nll, all, changed] = tidy(() => {
      const later = tokens().dataSync().slice()
      later.fill(0, (length - 1) * n)
      return [
        model.nll(weights, tokens()).dataSync(),
        logSoftmax(model.forward(weights, tokens())).dataSync(),
        model.forward(weights, tensor(later, [length, n], 'int32')).dataSync(),
      ]
    })
    const given = tidy(() => tokens().dataSync())
    nll.forEach((value, i) => expect(value).toBeCloseTo(-all[i * vocabulary + given[i]!]!, 5))
    // The last token is told to nobody.
    const same = tidy(() => model.forward(weights, tokens()).dataSync())
    expect([...changed]).toEqual([...same])
    dispose(Object.values(weights))
  })

  it.each(LATENT_WAYS)('is moved by a latent as its %s, in likelihood and in drawing alike', (as) => {
    const model = createLanguageModel({ ...shape, layers: 2, latent: { size, as } })
    const weights = weightsOf(model)
    const [one, other, drawn] = tidy(() => {
      const z = latents()
      const zero = tensor(new Float32Array(n * size), [n, size]) as Tensor2D
      // The likeliest of seven tokens is likelier than one in seven, if both ways see the same latent.
      const likeliest = model.draw(weights, noise(), { latents: z, topK: 1 })
      return [
        model.nll(weights, tokens(), { latents: z }).dataSync(),
        model.nll(weights, tokens(), { latents: zero }).dataSync(),
        model.nll(weights, likeliest, { latents: z }).dataSync(),
      ]
    })
    expect([...one].some((value, i) => Math.abs(value - other[i]!) > 1e-3)).toBe(true)
    for (const value of drawn) expect(value).toBeLessThan(Math.log(vocabulary))
    dispose(Object.values(weights))
  })

  it('goes on from what was begun, and hides from itself what it is not told', () => {
    const model = createLanguageModel(shape)
    const weights = weightsOf(model)
    const [drawn, whole, hidden] = tidy(() => {
      const begun = tensor([1, 2, 3, 4, 5, 6], [2, n], 'int32') as Tensor2D
      const unknown = tensor(new Int32Array(length * n).fill(3), [length, n], 'int32') as Tensor2D
      return [
        model.draw(weights, noise(), { begun }).dataSync(),
        model.nll(weights, tokens()).dataSync(),
        model.nll(weights, tokens(), { given: unknown }).dataSync(),
      ]
    })
    expect([...drawn.slice(0, 2 * n)]).toEqual([1, 2, 3, 4, 5, 6])
    expect([...hidden.slice(0, n)]).toEqual([...whole.slice(0, n)])
    expect([...hidden.slice(n)]).not.toEqual([...whole.slice(n)])
    dispose(Object.values(weights))
  })

  it('draws as its own likelihood says', () => {
    const model = createLanguageModel({ ...shape, start: 2 })
    const weights = weightsOf(model)
    const many = 4000
    const [first, chances] = tidy(() => {
      const uniform = tensor(fillUniform(new Float32Array(many), 5, 'u', 0), [1, many]) as Tensor2D
      const each = tensor(
        Int32Array.from({ length: vocabulary }, (_, i) => i),
        [1, vocabulary],
        'int32',
      ) as Tensor2D
      return [model.draw(weights, uniform).dataSync(), model.nll(weights, each).dataSync()]
    })
    for (let token = 0; token < vocabulary; token++) {
      const share = first.filter((one) => one === token).length / many
      expect(share).toBeCloseTo(Math.exp(-chances[token]!), 1.5)
    }
    dispose(Object.values(weights))
  })
})

describe('narrowed logits', () => {
  const logits = [2, 1, 0, -1, 3]
  const left = (boldness: Boldness): number[] =>
    tidy(() => [...narrowed(tensor(logits, [1, 5]) as Tensor2D, boldness).dataSync()])
  const places = (values: number[]): number[] => values.flatMap((value, i) => (value > -1e8 ? [i] : []))

  it('are all of them, as they are, unless something is asked', () => {
    expect(left({})).toEqual(logits)
    expect(left({ temperature: 0.5 })).toEqual(logits.map((value) => 2 * value))
  })

  it('keep so many of the likeliest', () => {
    expect(places(left({ topK: 2 }))).toEqual([0, 4])
    expect(places(left({ topK: 9 }))).toEqual([0, 1, 2, 3, 4])
    // Equals stay together.
    expect(places(tidy(() => [...narrowed(tensor([1, 1, 0], [1, 3]) as Tensor2D, { topK: 1 }).dataSync()]))).toEqual([0, 1])
  })

  it('keep the fewest that hold the share', () => {
    // Chances 0.64, 0.23, 0.09, 0.03, 0.01 from the likeliest on.
    expect(places(left({ nucleus: 0.01 }))).toEqual([4])
    expect(places(left({ nucleus: 0.7 }))).toEqual([0, 4])
    expect(places(left({ nucleus: 0.9 }))).toEqual([0, 1, 4])
    // The temperature comes first: bolder chances are more even.
    expect(places(left({ nucleus: 0.7, temperature: 3 }))).toEqual([0, 1, 4])
  })
})
