/** Players that are told a description: from the words of tags to an exported generator. */
import '../../support/backend'
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { vocabularyOf, wordsOf } from '../../../src/contract/words'
import { dispose, mul, tensor, tidy } from '../../../src/nn/ops'
import { fillNormal } from '../../../src/nn/random'
import { textEncoder } from '../../../src/nn/text-encoder'
import { gan } from '../../../src/recipes/gan'
import { byText } from '../../../src/recipes/gan-condition'
import { modelGraphs } from '../../../src/trainer/exports/graphs'
import { writeOnnx } from '../../../src/trainer/exports/onnx'
import { buildModel, disposeModel } from '../../../src/trainer/model'
import { buildRecipe, phaseGradients, squares, trainStep } from '../../support/recipes'

const data = { kind: 'images' as const, height: 8, width: 8, channels: 1, items: 2000, tags: ['hair-black', 'hair-red', 'smile'] }
const small = { architecture: 'mlp', critic: 'mlp', width: 8, latentSize: 4, byText: true }

describe('words', () => {
  it('are what stands between spaces and marks, in small letters; a Han character is one', () => {
    expect(wordsOf('Red hair, GLASSES (no. 2)')).toEqual(['red', 'hair', 'glasses', 'no', '2'])
    expect(wordsOf('红hair发')).toEqual(['红', 'hair', '发'])
    expect(wordsOf(' … ')).toEqual([])
    expect(vocabularyOf(data)).toEqual({
      words: ['black', 'hair', 'red', 'smile'],
      tagRows: [
        [1, 1, 0, 0],
        [0, 1, 1, 0],
        [0, 0, 0, 1],
      ],
    })
    // Words of captions first, in their own order, then those that only tags have.
    expect(vocabularyOf({ tags: data.tags, words: ['a', 'red', 'smile'] })).toEqual({
      words: ['a', 'red', 'smile', 'black', 'hair'],
      tagRows: [
        [0, 0, 0, 1, 1],
        [0, 1, 0, 0, 1],
        [0, 0, 1, 0, 0],
      ],
    })
  })
})

describe('the text encoder', () => {
  it('averages the vectors of the words and of silence by their weights', () => {
    const network = textEncoder('t', 2, 3)
    const model = buildModel(
      { ...gan, build: () => ({ networks: { network }, stages: [], abilities: {} }) },
      { settings: {}, seed: 2 },
      data,
      null,
    )
    const weights = model.weights.network!
    const value = (name: string) => [...weights[`t/${name}`]!.dataSync()]
    const [table, key, question] = [value('table'), value('attention/table'), value('attention/question')]
    const row = (word: number) => table.slice(word * 32, (word + 1) * 32)
    const weight = (word: number) => {
      const hidden = question.map((_, j) => Math.tanh(row(word).reduce((sum, v, i) => sum + v * key[i * 16 + j]!, 0)))
      return Math.exp(hidden.reduce((sum, v, j) => sum + v * question[j]!, 0))
    }
    const counts = [1, 1, 2]
    const all = counts.reduce((sum, often, word) => sum + often * weight(word), 0)
    const mean = row(0).map((_, i) => counts.reduce((sum, often, word) => sum + often * weight(word) * row(word)[i]!, 0) / all)
    const [kernel, bias] = [value('out/kernel'), value('out/bias')]
    const expected = bias.map((b, j) => mean.reduce((sum, v, i) => sum + v * kernel[i * 3 + j]!, b))
    const answer = tidy(() => network.forward(weights, tensor([1, 2], [1, 2])).dataSync())
    answer.forEach((v, j) => expect(v).toBeCloseTo(expected[j]!, 5))
    disposeModel(model)
  })
})

describe('a GAN that is told descriptions', () => {
  it.each([
    ['tags', data],
    ['captions and tags', { ...data, words: ['a', 'red', 'smile'] }],
    ['captions', { ...data, tags: [], words: ['a', 'red', 'smile'] }],
  ])('teaches both players’ encoders by %s', (_, data) => {
    const run = buildRecipe(gan, small, data)
    const x = squares(8, data)
    for (const one of run.phases) {
      const silent = tidy(() => {
        const grads = phaseGradients(run, one.phase, x)
        return Object.keys(grads).filter((name) => grads[name]!.dataSync().every((v) => v === 0))
      })
      expect(silent).toEqual([])
      expect(Object.values(trainStep(run, one, x, 0)).every(Number.isFinite)).toBe(true)
    }
    dispose(x)
    run.dispose()
  })

  it('answers as ONNX as it does here', async () => {
    const { built, weights, dispose: disposeRun } = buildRecipe(gan, small, data)
    const latent = tensor(fillNormal(new Float32Array(5 * 4), 5, 'z', 0), [5, 4]) as Tensor2D
    const words = tensor([1, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 0, 0, 0, 1, 1, 0, 1, 0], [5, 4]) as Tensor2D
    const graph = modelGraphs(built, weights, data).decoder!
    expect(Object.keys(graph.inputs)).toEqual(['latent', 'words'])
    const session = await InferenceSession.create(await writeOnnx(graph, { name: 'test', producer: 'tests' }))
    const value = (t: Tensor) => new OrtTensor('float32', t.dataSync() as Float32Array, t.shape)
    const answer = (await session.run({ latent: value(latent), words: value(words) })).picture!.data as Float32Array
    await session.release()
    const made = built.abilities.decode!(weights, latent, words)
    made.dataSync().forEach((v, i) => expect(answer[i]).toBeCloseTo(v, 5))
    const silent = built.abilities.decode!(weights, latent, mul(words, 0) as Tensor2D) as Tensor4D
    expect([...silent.dataSync()]).not.toEqual([...made.dataSync()])
    dispose([latent, words, made, silent])
    disposeRun()
  })

  it('hears the caption where there is one, and else the words of the tags', () => {
    const captioned = { ...data, words: ['a', 'red', 'smile'] }
    const condition = byText(captioned)
    expect(condition.reads).toEqual({ tags: true, words: true })
    const rows = tidy(() => {
      const tags = tensor([1, 0, 1, 0, 1, 1], [2, 3]) as Tensor2D
      const words = tensor([2, 0, 1, 0, 0, 0], [2, 3]) as Tensor2D
      return condition.of({ tags, words }, { mention: tensor([0, 0, 0, 0.1, 0.2, 0.9], [2, 3]) }).arraySync()
    })
    expect(rows).toEqual([
      [2, 0, 1, 0, 0],
      [0, 1, 0, 0, 1],
    ])
    expect(byText({ ...captioned, tags: [] }).reads).toEqual({ tags: false, words: true })
    expect(byText({ ...captioned, tags: [] }).noise(4)).toEqual({})
  })

  it('wants tags to describe by, and either tags or text', () => {
    expect(() => buildRecipe(gan, small, { ...data, tags: [] })).toThrow('byText')
    expect(() => buildRecipe(gan, { ...small, byTags: true }, data)).toThrow('byText')
  })
})
