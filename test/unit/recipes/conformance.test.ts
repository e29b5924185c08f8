/**
 * What every recipe promises, whatever it is (design §5). A new recipe is held to this by being in the catalogue. What depends on
 * the engine as well is in `../engines/conformance.ts`.
 */
import '../../support/backend'
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { recipeCard } from '../../../src/recipes/cards'
import type { Built, DataFacts, PictureFacts, Recipe, TextFacts } from '../../../src/recipes/define'
import { recipes } from '../../../src/recipes/index'
import { modelGraphs } from '../../../src/trainer/exports/graphs'
import { shapeOf } from '../../../src/trainer/formats'
import { variablesOf } from '../../../src/trainer/model'
import { dispose, memory, tensor, tidy } from '../../../src/nn/ops'
import { fillUniform } from '../../../src/nn/random'
import type { AnyTrained } from '../../support/recipes'
import { buildRecipe, examples, noiseTensors, phaseGradients, tagRows, trainStep } from '../../support/recipes'

const sizes: DataFacts[] = [
  { kind: 'images', height: 8, width: 8, channels: 3, items: 20, tags: ['round', 'red'] },
  { kind: 'images', height: 16, width: 16, channels: 1, items: 20, tags: [] },
  { kind: 'texts', length: 7, vocabulary: 12, ends: true, items: 20, tags: ['round', 'red'] },
  { kind: 'texts', length: 5, vocabulary: 40, ends: false, items: 300, tags: [] },
]

/** Every setting at its schema's least, where it has one. */
function smallest(recipe: Recipe): Record<string, unknown> {
  const { properties } = recipeCard(recipe).settings as { properties: Record<string, { minimum?: number }> }
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, { minimum }]) => (minimum === undefined ? [] : [[name, minimum]])),
  )
}

/** As by default, but for fewer numbers: where it is the shape of things that counts, and not their size. */
function lean(recipe: Recipe): Record<string, unknown> {
  const { properties } = recipeCard(recipe).settings as { properties: Record<string, object> }
  return Object.fromEntries(['width', 'hidden', 'embedding'].filter((name) => name in properties).map((name) => [name, 8]))
}

/** Every variable of a run: weights, averages and optimisers. */
function variables(run: AnyTrained): Record<string, Variable> {
  const all = { ...variablesOf(run.weights), ...prefixed('average/', variablesOf(run.averages)) }
  for (const { phase, slots } of run.phases) Object.assign(all, prefixed(`optimizer/${phase.name}/`, slots))
  return all
}

const prefixed = (prefix: string, all: Record<string, Variable>) =>
  Object.fromEntries(Object.entries(all).map(([name, variable]) => [prefix + name, variable]))

const state = (run: AnyTrained): Record<string, number[]> =>
  Object.fromEntries(Object.entries(variables(run)).map(([name, variable]) => [name, [...variable.dataSync()]]))

function load(run: AnyTrained, saved: Record<string, number[]>): void {
  for (const [name, variable] of Object.entries(variables(run))) tidy(() => variable.assign(tensor(saved[name]!, variable.shape)))
}

function steps(run: AnyTrained, x: Tensor, from: number, to: number): void {
  for (let step = from; step < to; step++) for (const phase of run.phases) trainStep(run, phase, x, step)
}

const cases = recipes.flatMap((recipe) =>
  sizes
    .filter(({ kind }) => recipe.data.includes(kind))
    .map((data) => ({ id: recipe.id, size: shapeOf(data, 4).slice(1).join(' × '), recipe, data })),
)

describe.each(cases)('$id at $size', ({ recipe, data }) => {
  it('has its words in both languages', () => {
    const card = recipeCard(recipe)
    const texts = [card.title, card.summary, ...card.stages.map(({ title }) => title), ...card.rules.map(({ reason }) => reason)]
    texts.push(...Object.values(card.parts).flatMap(({ title, help }) => [title, help]))
    for (const text of texts) {
      expect(text.en.trim()).not.toBe('')
      expect(text['zh-CN']).toMatch(/\p{Script=Han}/u)
    }
  })

  it.each(['its smallest', 'its default'])('trains and does what it says it can with %s settings', (which) => {
    const run = buildRecipe(recipe, which === 'its smallest' ? smallest(recipe) : {}, data)
    const x = examples(4, data)
    steps(run, x, 0, 1)
    const { abilities } = run.built
    expect(Boolean(abilities.encode)).toBe(recipe.abilities.includes('encode'))
    const makes = recipe.abilities.includes('decode') || recipe.abilities.includes('generate')
    expect(Boolean(abilities.decode ?? abilities.draw)).toBe(makes)
    expect(Boolean(abilities.score)).toBe(recipe.abilities.includes('score'))
    tidy(() => {
      const noise = noiseTensors(abilities.scoreNoise?.(4) ?? {}, 0)
      if (abilities.encode) expect(abilities.encode(run.shown, x as never).shape).toEqual([4, abilities.latentSize])
      if (abilities.decode) {
        const z = tensor(new Float32Array(3 * abilities.latentSize!), [3, abilities.latentSize!]) as Tensor2D
        const pictures = abilities.decode(run.shown, z, abilities.byTags ? tagRows(3, data.tags.length) : undefined)
        expect(pictures.shape).toEqual(shapeOf(data, 3))
        expect(pictures.dataSync().every((v) => v >= 0 && v <= 1)).toBe(true)
      }
      if (abilities.draw) {
        const [count, length] = shapeOf(data, 3) as [number, number]
        const uniform = tensor(fillUniform(new Float32Array(count * length), 1, 'draw', 0), [count, length]) as Tensor2D
        const texts = abilities.draw(run.shown, uniform, { temperature: 0.8, topK: 9, nucleus: 0.9 })
        expect([texts.shape, texts.dtype]).toEqual([[count, length], 'int32'])
        expect(texts.dataSync().every((id) => id >= 0 && id < (data as TextFacts).vocabulary)).toBe(true)
      }
      if (abilities.score) expect(abilities.score(run.shown, x as never, noise).shape).toEqual([4])
      for (const losses of Object.values(abilities.measure?.(run.shown, x as never, noise) ?? {})) {
        expect(losses.shape).toEqual([4])
        expect([...losses.dataSync()].every(Number.isFinite)).toBe(true)
      }
    })
    x.dispose()
    run.dispose()
  })

  it('reports exactly the parts that it has words for, and declares its stages', () => {
    const run = buildRecipe(recipe, lean(recipe), data)
    const x = examples(4, data)
    const parts = run.phases.flatMap((phase) => Object.keys(trainStep(run, phase, x, 0)))
    expect(new Set(parts)).toEqual(new Set(Object.keys(recipe.parts)))
    expect(run.built.stages.map(({ name }) => name).every((name) => recipe.stages.some((stage) => stage.name === name))).toBe(
      true,
    )
    x.dispose()
    run.dispose()
  })

  it('sends gradients to every parameter of the networks that a phase trains, and moves no other', () => {
    const run = buildRecipe(recipe, lean(recipe), data)
    const x = examples(4, data)
    for (const one of run.phases) {
      const { phase } = one
      const before = state(run)
      const silent = tidy(() => {
        const grads = phaseGradients(run, phase, x)
        return Object.keys(grads).filter((name) => grads[name]!.dataSync().every((v) => v === 0))
      })
      expect(silent, phase.name).toEqual([])
      const held = state(run)
      trainStep(run, one, x, 0)
      const after = state(run)
      for (const [name, variable] of Object.entries(variablesOf(run.weights))) {
        // What a network keeps for itself may change in any phase that looks through it.
        if (!variable.trainable) continue
        const same = after[name]!.every((v, i) => v === before[name]![i])
        expect(same, `${phase.name}: ${name}`).toBe(!phase.trains.includes(name.split('/')[0]!))
        expect(held[name]).toEqual(before[name])
      }
    }
    x.dispose()
    run.dispose()
  })

  it('goes on from a saved state bit for bit, and keeps no tensors', () => {
    const x = examples(4, data)
    const whole = buildRecipe(recipe, lean(recipe), data)
    steps(whole, x, 0, 1)
    const count = memory().numTensors
    steps(whole, x, 1, 6)
    expect(memory().numTensors).toBe(count)

    const first = buildRecipe(recipe, lean(recipe), data)
    steps(first, x, 0, 3)
    const second = buildRecipe(recipe, lean(recipe), data)
    load(second, state(first))
    steps(second, x, 3, 6)
    expect(state(second)).toEqual(state(whole))
    dispose(x)
    for (const run of [whole, first, second]) run.dispose()
  })

  it('can be recorded for export wherever it encodes or decodes', () => {
    const run = buildRecipe(recipe, lean(recipe), data)
    const graphs = modelGraphs(run.built as Built, run.shown, data as PictureFacts)
    expect(Object.keys(graphs).sort()).toEqual(
      ['decoder', 'encoder'].filter((_, i) => [run.built.abilities.decode, run.built.abilities.encode][i]),
    )
    run.dispose()
  })
})
