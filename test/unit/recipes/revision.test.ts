/** A state saved before must be told from a damaged one: what states of a recipe hold is pinned here beside its revision. */
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { DataFacts } from '../../../src/recipes/define'
import { recipeById } from '../../../src/recipes/index'
import { resolveSettings } from '../../../src/recipes/settings'
import { revisionOf } from '../../../src/trainer/checkpoint'

/** By recipe: its revision, and the hash of what its states hold. Where the hash changes, states saved before no longer fit: raise both. */
const PINNED: Record<string, string> = {
  vae: '1 69b6751f40d66ded',
  gan: '2 f1d5c5625acfc378',
  'vae-gan': '1 03fa800b72860135',
  'text-lm': '1 6d6f0b569fcae5d1',
}

const VARIANTS: Record<string, Record<string, unknown>[]> = {
  vae: [{}, { architecture: 'mlp' }, { tolerance: 'per-pixel' }, { likelihood: 'logistic' }],
  gan: [
    ...['mlp', 'conv', 'residual', 'transformer'].map((architecture) => ({ architecture })),
    { growing: true },
    { byTags: true },
    { criticNorm: 'layer', generatorNorm: 'instance', minibatchDeviation: true },
  ],
  'vae-gan': [{}, { architecture: 'mlp', norm: 'layer' }, { order: 'weighted' }],
  'text-lm': [{}, { layers: 2, dropout: 0.5 }],
}

const SIZES = [
  { kind: 'images' as const, height: 28, width: 28, channels: 1 },
  { kind: 'images' as const, height: 50, width: 37, channels: 3 },
  { kind: 'texts' as const, length: 20, vocabulary: 70, ends: true },
  { kind: 'texts' as const, length: 200, vocabulary: 5000, ends: false },
]

it.each(Object.keys(PINNED))('states of %s hold what their revision says', (id) => {
  const recipe = recipeById(id)
  const held = SIZES.filter(({ kind }) => recipe.data.includes(kind)).flatMap((size) => {
    const data: DataFacts = { ...size, items: 2000, tags: ['round', 'red'] }
    return VARIANTS[id]!.map((chosen) => {
      const { networks, stages, averages } = recipe.build(resolveSettings(recipe, chosen, data), data)
      const parameters = Object.entries(networks).map(([name, one]) => [
        name,
        one.parameters.map(({ name, shape, kept }) => [name, shape, kept]),
      ])
      return [parameters, stages.map(({ phases }) => phases.map(({ name, trains }) => [name, trains])), averages]
    })
  })
  const hash = createHash('sha256').update(JSON.stringify(held)).digest('hex').slice(0, 16)
  expect(`${revisionOf(recipe)} ${hash}`).toBe(PINNED[id])
})
