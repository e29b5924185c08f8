import '../../support/backend'
import { describe, expect, it } from 'vitest'
import { TrainingSettings } from '../../../src/contract/nouns'
import { memory } from '../../../src/nn/ops'
import { describe as describeRecipe } from '../../../src/trainer/describe'

const data = { height: 32, width: 32, channels: 3, items: 500 }
const engine = { id: 'wasm' as const, threads: 1 }

function ask(settings: Record<string, unknown>, training: Partial<TrainingSettings> = {}) {
  return describeRecipe(
    { type: 'describe', id: 1, recipe: 'vae', settings, training: TrainingSettings.parse(training), data, engine },
    async () => {},
  )
}

describe('what a recipe would need', () => {
  it('counts each network and fills the settings', async () => {
    const tensors = memory().numTensors
    const { parameters, networks, settings } = await ask({ architecture: 'mlp', width: 8, layers: 1, latentSize: 3 })
    const pixels = 32 * 32 * 3
    expect(networks).toEqual([
      { name: 'encoder', parameters: pixels * 8 + 8 + 8 * 6 + 6 },
      { name: 'decoder', parameters: 3 * 8 + 8 + 8 * pixels + pixels },
    ])
    expect(parameters).toBe(networks[0]!.parameters + networks[1]!.parameters)
    expect(settings).toMatchObject({ architecture: 'mlp', latentSize: 3, beta: 1, likelihood: 'gaussian' })
    expect(memory().numTensors).toBe(tensors)
  })

  it('takes more memory for larger batches, wider networks and optimisers with more state', async () => {
    const bytes = async (...args: Parameters<typeof ask>) => (await ask(...args)).memoryBytes
    const plain = await bytes({}, { batchSize: 32 })
    expect(await bytes({}, { batchSize: 64 })).toBeGreaterThan(plain)
    expect(await bytes({ width: 128 }, { batchSize: 32 })).toBeGreaterThan(plain)
    expect(await bytes({}, { batchSize: 32, optimizer: 'sgd' })).toBeLessThan(plain)
    // A batch is never larger than the data.
    expect(await bytes({}, { batchSize: 500 })).toBe(await bytes({}, { batchSize: 4096 }))
  })

  it('does not make a model that would not fit', async () => {
    const { parameters, memoryBytes } = await ask({ architecture: 'mlp', width: 2048, layers: 6 })
    expect(parameters).toBeGreaterThan(1e9)
    expect(memoryBytes).toBeGreaterThan(parameters * 4 * 5)
  })

  it('names the setting that is wrong', async () => {
    await expect(ask({ latentSize: 1 })).rejects.toMatchObject({ code: 'settings-wrong', details: { setting: 'latentSize' } })
    await expect(ask({ colour: 'red' })).rejects.toMatchObject({ code: 'settings-wrong', details: { setting: 'colour' } })
  })
})
