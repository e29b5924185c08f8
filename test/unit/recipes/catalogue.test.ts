import { describe, expect, it } from 'vitest'
import { StudioError } from '../../../src/contract/errors'
import { RecipeCard, trainingDefaults } from '../../../src/contract/recipes'
import { recipeCard } from '../../../src/recipes/cards'
import { recipeById, recipes } from '../../../src/recipes/index'
import { resolveSettings } from '../../../src/recipes/settings'
import { trainingSchema } from '../../../src/recipes/training'

const data = { kind: 'images' as const, height: 64, width: 64, channels: 3, items: 10, tags: [] }

interface Property {
  title: { en: string; 'zh-CN': string }
  help: { en: string; 'zh-CN': string }
  level: string
}

function expectTexts(schema: Record<string, unknown>): void {
  for (const [name, property] of Object.entries(schema.properties as Record<string, Property>))
    for (const text of [property.title, property.help])
      for (const language of ['en', 'zh-CN'] as const) expect(text?.[language], `${name}, ${language}`).toBeTruthy()
}

describe('catalogue', () => {
  it('has a card for every recipe, as the contract has it, unchanged by JSON', () => {
    for (const recipe of recipes) {
      const card = JSON.parse(JSON.stringify(recipeCard(recipe)))
      expect(RecipeCard.parse(card)).toEqual(card)
      expectTexts(card.settings)
    }
  })

  it('finds a recipe by its id, and says when there is none', () => {
    expect(recipeById('vae').id).toBe('vae')
    expect(() => recipeById('nope')).toThrow(expect.objectContaining({ code: 'recipe-unknown' }))
  })

  it('trains a Wasserstein critic without memory of gradients, and a clipped one as its paper does', () => {
    const gan = recipeCard(recipeById('gan'))
    expect(trainingDefaults(gan, { loss: 'hinge' })).toEqual({ learningRate: 0.001, beta1: 0, beta2: 0.99 })
    expect(trainingDefaults(gan, { loss: 'wasserstein' })).toEqual({ learningRate: 0.0001, beta1: 0, beta2: 0.9 })
    expect(trainingDefaults(gan, { loss: 'wasserstein', bound: 'clipping' })).toMatchObject({
      optimizer: 'rmsprop',
      learningRate: 0.00005,
    })
  })

  it('has the training settings with texts and defaults', () => {
    const schema = trainingSchema()
    expectTexts(schema)
    expect(schema.properties).toMatchObject({
      learningRate: { default: 0.001, exclusiveMinimum: 0, level: 'basic' },
      batchSize: { default: 64 },
    })
    expect(schema).not.toHaveProperty('required')
  })
})

describe('resolveSettings', () => {
  it('lays what was chosen over what fits the data over the schema', () => {
    const vae = recipeById('vae')
    expect(resolveSettings(vae, {}, data)).toMatchObject({ architecture: 'conv', layers: 3, latentSize: 32, beta: 1 })
    expect(resolveSettings(vae, { beta: 4, layers: 2 }, data)).toMatchObject({ layers: 2, beta: 4 })
    expect(
      resolveSettings(vae, {}, { kind: 'images' as const, height: 8, width: 8, channels: 1, items: 5, tags: [] }),
    ).toMatchObject({
      architecture: 'mlp',
      latentSize: 16,
    })
  })

  it.each([
    [{ beta: -1 }, 'beta'],
    [{ latentSize: 2.5 }, 'latentSize'],
    [{ nonsense: 1 }, 'nonsense'],
    [{ architecture: 'gan' }, 'architecture'],
  ])('names the setting that is wrong in %j', (chosen, setting) => {
    const wrong = (): unknown => resolveSettings(recipeById('vae'), chosen, data)
    expect(wrong).toThrow(StudioError)
    expect(wrong).toThrow(expect.objectContaining({ code: 'settings-wrong', details: expect.objectContaining({ setting }) }))
  })

  it('holds to the rules a recipe declares', () => {
    const rule = {
      when: { architecture: ['mlp'] },
      setting: 'activation',
      allowed: ['tanh'],
      reason: { en: 'only tanh', 'zh-CN': '仅 tanh' },
    }
    const strict = { ...recipeById('vae'), rules: [rule] }
    expect(() => resolveSettings(strict, { architecture: 'mlp' }, data)).toThrow(/only tanh/)
    expect(resolveSettings(strict, { architecture: 'mlp', activation: 'tanh' }, data)).toMatchObject({ activation: 'tanh' })
    expect(resolveSettings(strict, {}, data)).toMatchObject({ activation: 'relu' })
  })
})
