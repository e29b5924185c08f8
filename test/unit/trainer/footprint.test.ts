/** The estimate's buffers, counted by hand. */
import { afterEach, describe, expect, it } from 'vitest'
import { TrainingSettings } from '../../../src/contract/nouns'
import { registerGradients } from '../../../src/engines/gradients'
import { memory } from '../../../src/nn/ops'
import type { DataFacts } from '../../../src/recipes/define'
import { recipes } from '../../../src/recipes/index'
import { resolveSettings } from '../../../src/recipes/settings'
import { footprint } from '../../../src/trainer/footprint'
import { oneStage, stage, tinyRecipe } from './support'

registerGradients()
const data = { kind: 'images' as const, height: 4, width: 4, channels: 1, items: 100, tags: [] }
const [PIXELS, LATENT] = [16, 2]
/** Of the tiny recipe with a width of 3, numbers. */
const ENCODER = PIXELS * 3 + 3 + 3 * LATENT + LATENT
const DECODER = LATENT * PIXELS + PIXELS
const nothing = { scratch: () => 0, captured: false }
const sgd = TrainingSettings.parse({ optimizer: 'sgd' })
const adam = TrainingSettings.parse({ optimizer: 'adam' })

const tensors = memory().numTensors
afterEach(() => expect(memory().numTensors).toBe(tensors))

describe('what a stage holds', () => {
  const both = tinyRecipe(({ both }) => oneStage(both)).build({ width: 3 }, data)

  it('is its weights and their slots, whatever the batch', () => {
    const plain = footprint(both, both.stages[0]!, data, sgd, nothing)
    expect(plain(10).state).toBe(4 * (ENCODER + DECODER))
    expect(plain(1000).state).toBe(plain(10).state)
    // Adam keeps two numbers for each weight, and two for all.
    expect(footprint(both, both.stages[0]!, data, adam, nothing)(10).state).toBe(4 * (3 * (ENCODER + DECODER) + 2))
  })

  it('is for each phase the slots of what it trains', () => {
    const built = tinyRecipe(({ both, one }) => [stage('first', 0.5, one), stage('second', undefined, both, one)]).build(
      { width: 3 },
      data,
    )
    const [first, second] = built.stages.map((each) => footprint(built, each, data, adam, nothing)(10).state)
    expect(first).toBe(4 * (ENCODER + 3 * DECODER + 2))
    expect(second).toBe(4 * (3 * ENCODER + 5 * DECODER + 4))
  })

  it('grows with the batch by the same for every item', () => {
    const at = footprint(both, both.stages[0]!, data, sgd, nothing)
    const each = at(1001).peak - at(1000).peak
    expect(at(2000).peak - at(1000).peak).toBe(1000 * each)
    // The picture is there all along, beside its error and at least one step on the way back.
    expect(each).toBeGreaterThanOrEqual(3 * 4 * PIXELS)
    expect(at(100_000).largest).toBe(4 * PIXELS * 100_000)
  })

  it('as one graph holds the state twice, but nothing past its last use', () => {
    const graph = { ...nothing, captured: true }
    const [eager, captured] = [nothing, graph].map((how) => footprint(both, both.stages[0]!, data, adam, how))
    expect(captured!(2).state).toBe(eager!(2).state)
    expect(captured!(2).peak).toBeGreaterThanOrEqual(2 * captured!(2).state)
    // With many items the state no longer counts: the pictures, their copy's error, and one more on the way back.
    const each = (at: typeof eager) => (at!(100_000).peak - at!(50_000).peak) / 50_000
    expect(each(captured)).toBeLessThan(each(eager))
    expect(each(captured)).toBeGreaterThanOrEqual(2 * 4 * PIXELS)
  })

  it('counts what kernels take for themselves', () => {
    const scratch = (kernel: string): number => (kernel === 'BatchMatMul' ? 1e6 : 0)
    const more = footprint(both, both.stages[0]!, data, sgd, { ...nothing, scratch })(10)
    expect(more.peak).toBeGreaterThanOrEqual(1e6 + more.state)
  })

  it.each(recipes.map((recipe) => [recipe.id, recipe] as const))('is known of %s without taking memory', (_, recipe) => {
    const big: DataFacts = recipe.data.includes('texts')
      ? { kind: 'texts', length: 512, vocabulary: 20_000, ends: true, items: 100_000, tags: [] }
      : { kind: 'images', height: 256, width: 256, channels: 3, items: 100_000, tags: [] }
    const built = recipe.build(resolveSettings(recipe, {}, big), big)
    const before = process.memoryUsage().rss
    for (const each of built.stages) expect(footprint(built, each, big, adam, nothing)(4096).peak).toBeGreaterThan(4e9)
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6)
  })
})
