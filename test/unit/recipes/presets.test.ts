/** The articles' own networks, size by size: what a preset builds, whether the wizard or the command line chose it. */
import '../../support/backend'
import { describe, expect, it } from 'vitest'
import { recipeById, recipes } from '../../../src/recipes/index'
import { resolveSettings } from '../../../src/recipes/settings'
import { buildRecipe } from '../../support/recipes'

const grey = { kind: 'images' as const, height: 28, width: 28, channels: 1, items: 60_000, tags: ['shirt', 'shoe'] }
const cases = recipes.flatMap((recipe) => (recipe.presets ?? []).map((preset) => ({ id: preset.id, recipe, preset })))

/** Inputs and outputs of every layer, by network; an encoder tells a mean and a deviation of each of 16 latents. */
const sizes: Record<string, Record<string, number[][]>> = {
  'article-gan': {
    generator: [[100, 128], [128, 128], [128, 784]], // prettier-ignore
    critic: [[784, 128], [128, 128], [128, 1]], // prettier-ignore
  },
  'article-vae': {
    encoder: [[784, 128], [128, 64], [64, 32]], // prettier-ignore
    decoder: [[16, 64], [64, 128], [128, 784]], // prettier-ignore
  },
  'article-vae-gan': {
    encoder: [[784, 128], [128, 64], [64, 32]], // prettier-ignore
    decoder: [[16, 64], [64, 128], [128, 784]], // prettier-ignore
    discriminator: [[784, 128], [128, 64], [64, 1]], // prettier-ignore
  },
}

describe.each(cases)('$id', ({ id, recipe, preset }) => {
  it('has the article’s layers and nothing beside them', () => {
    const { built, dispose } = buildRecipe(recipe, preset.settings, grey)
    const layers = Object.entries(built.networks).map(([name, { parameters }]) => {
      // A layer is a table of weights and a bias; a norm, a power iteration or an embedding would be more.
      expect(parameters.map((one) => one.name.split('/').at(-1))).toEqual(sizes[id]![name]!.flatMap(() => ['kernel', 'bias']))
      return [name, parameters.filter(({ shape }) => shape.length === 2).map(({ shape }) => shape)]
    })
    expect(Object.fromEntries(layers)).toEqual(sizes[id])
    expect(built.averages).toBeUndefined()
    dispose()
  })

  it('can be taken for any pictures', () => {
    for (const side of [4, 16, 100, 256])
      for (const items of [10, 60_000]) {
        const data = { kind: 'images' as const, height: side, width: side, channels: 3, items, tags: [] }
        expect(resolveSettings(recipe, preset.settings, data)).toMatchObject(preset.settings)
      }
  })
})

it('the articles’ games are played in their order, with their losses', () => {
  const phases = (id: string) => {
    const { built, dispose } = buildRecipe(recipeById(id), recipeById(id).presets![0]!.settings, grey)
    dispose()
    return built.stages.flatMap((stage) => stage.phases.map(({ name, trains, repeat = 1 }) => ({ name, trains, repeat })))
  }
  const once = (name: string, ...trains: string[]) => ({ name, trains, repeat: 1 })
  expect(phases('gan')).toEqual([once('critic', 'critic'), once('generator', 'generator')])
  expect(phases('vae')).toEqual([once('elbo', 'encoder', 'decoder')])
  expect(phases('vae-gan')).toEqual([
    once('discriminator', 'discriminator'),
    once('generator', 'decoder'),
    once('vae', 'encoder', 'decoder'),
  ])
  for (const [id, wanted] of [
    ['gan', { loss: 'non-saturating', bound: 'none', labelSmoothing: 0, instanceNoise: 0, dropout: 0, augment: false }],
    ['vae', { likelihood: 'bernoulli', beta: 1, price: 'plain', klWarmup: 0 }],
    ['vae-gan', { loss: 'non-saturating', reconstruction: 'pixels', beta: 1, gate: false }],
  ] as const)
    expect(resolveSettings(recipeById(id), recipeById(id).presets![0]!.settings, grey)).toMatchObject(wanted)
})
