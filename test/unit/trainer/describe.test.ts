import { describe, expect, it } from 'vitest'
import type { Room } from '../../../src/contract/memory'
import { TrainingSettings } from '../../../src/contract/nouns'
import { describe as describeRecipe } from '../../../src/trainer/describe'
import { fitOf } from '../../../src/trainer/memory'

const data = { kind: 'images' as const, height: 32, width: 32, channels: 3, items: 500, tags: [] }
const vast: Room = { total: 1e15, free: 1e15, device: null }

function ask(
  settings: Record<string, unknown>,
  training: Partial<TrainingSettings> = {},
  { room = vast, engine = 'tensorflow' as 'tensorflow' | 'wasm', size = 32, items = 500 } = {},
) {
  return describeRecipe({
    type: 'describe',
    id: 1,
    recipe: 'vae',
    settings,
    training: TrainingSettings.parse(training),
    data: { ...data, height: size, width: size, items },
    stored: items * size * size * 3,
    engine: { id: engine, threads: 1 },
    room,
  })
}

describe('what a recipe would need', () => {
  it('counts each network and fills the settings', () => {
    const { parameters, networks, settings } = ask({ architecture: 'mlp', width: 8, layers: 1, latentSize: 3 })
    const pixels = 32 * 32 * 3
    expect(networks).toEqual([
      { name: 'encoder', parameters: pixels * 8 + 8 + 8 * 6 + 6 },
      { name: 'decoder', parameters: 3 * 8 + 8 + 8 * pixels + pixels },
    ])
    expect(parameters).toBe(networks[0]!.parameters + networks[1]!.parameters)
    expect(settings).toMatchObject({ architecture: 'mlp', latentSize: 3, beta: 1, likelihood: 'gaussian' })
  })

  it('tells what each setting would be had it alone not been chosen', () => {
    const plain = ask({}).settings
    const { settings, defaults } = ask({ latentSize: 3, layers: 1 })
    expect(settings).toEqual({ ...plain, latentSize: 3, layers: 1 })
    expect(defaults).toEqual(plain)
    expect(ask({ latentSize: 3 }, {}, { size: 8 }).defaults).toMatchObject({ architecture: 'mlp', latentSize: 32 })
  })

  it('takes more memory for larger batches, wider networks and optimisers with more state', () => {
    const bytes = (...args: Parameters<typeof ask>) => ask(...args).memoryBytes
    const plain = bytes({}, { batchSize: 32 })
    expect(bytes({}, { batchSize: 64 })).toBeGreaterThan(plain)
    expect(bytes({ width: 128 }, { batchSize: 32 })).toBeGreaterThan(plain)
    expect(bytes({}, { batchSize: 32, optimizer: 'sgd' })).toBeLessThan(plain)
    // A batch is never larger than the data.
    expect(bytes({}, { batchSize: 500 })).toBe(bytes({}, { batchSize: 4096 }))
  })

  it('does not make a model that would not fit', () => {
    const { parameters, memoryBytes } = ask({ architecture: 'mlp', width: 2048, layers: 6 })
    expect(parameters).toBeGreaterThan(1e9)
    expect(memoryBytes).toBeGreaterThan(parameters * 4 * 5)
  })

  it('names the setting that is wrong', () => {
    expect(() => ask({ latentSize: 1 })).toThrow(expect.objectContaining({ code: 'settings-wrong', details: { setting: 'latentSize', reason: expect.any(String) as string } })) // prettier-ignore
    expect(() => ask({ colour: 'red' })).toThrow(expect.objectContaining({ code: 'settings-wrong' }))
  })
})

describe('whether there is room for it', () => {
  const large = { size: 128, items: 50_000 }

  it('says so, and then proposes nothing', () => {
    expect(ask({})).toMatchObject({ fit: 'fits', short: null, remedies: { batchSize: null, size: null } })
  })

  it('tells memory that is taken from memory that there is not', () => {
    const { memoryBytes: needed } = ask({}, { batchSize: 512 }, large)
    const tight = { total: 2 * needed, free: needed - 1, device: null }
    expect(ask({}, { batchSize: 512 }, { ...large, room: tight })).toMatchObject({
      fit: 'tight',
      short: { needed, there: needed - 1 },
    })
    const small = { total: needed - 1, free: needed - 1, device: null }
    expect(ask({}, { batchSize: 512 }, { ...large, room: small })).toMatchObject({
      fit: 'computer',
      short: { needed, there: needed - 1 },
    })
  })

  it('proposes the largest batch and the largest pictures that fit, and they do', () => {
    const { memoryBytes: enough } = ask({}, { batchSize: 64 }, large)
    const room = { total: enough + 10e6, free: enough + 10e6, device: null }
    const { remedies } = ask({}, { batchSize: 1000 }, { ...large, room })
    expect(remedies.batchSize).toBe(64)
    expect(ask({}, { batchSize: 64 }, { ...large, room }).fit).toBe('fits')
    expect(ask({}, { batchSize: 128 }, { ...large, room }).fit).toBe('computer')
    const sides = [16, 28, 32, 64, 96, 128]
    const fits = sides.filter((size) => ask({}, { batchSize: 1000 }, { ...large, room, size }).fit === 'fits')
    expect(fits.length).toBeGreaterThan(0)
    expect(remedies.size).toBe(fits.at(-1))
  })

  it('proposes nothing where nothing helps', () => {
    const room = { total: 50e6, free: 50e6, device: null }
    expect(ask({}, {}, { room })).toMatchObject({ fit: 'computer', remedies: { batchSize: null, size: null } })
  })

  it('knows what the engine itself can hold', () => {
    const answer = ask({}, { batchSize: 1024 }, { ...large, engine: 'wasm' })
    expect(answer).toMatchObject({ fit: 'engine', short: { there: 3 * 2 ** 30 } })
    expect(answer.remedies.batchSize).toBeGreaterThanOrEqual(64)
  })

  it('knows what the engine can hold in one tensor', () => {
    const bytes = { process: 2e9, tensors: 2e9, largest: 2 ** 30 }
    expect(fitOf(bytes, 'wasm', vast).fit).toBe('fits')
    expect(fitOf({ ...bytes, largest: 2 ** 30 + 4 }, 'wasm', vast)).toEqual({
      fit: 'engine',
      short: { needed: 2 ** 30 + 4, there: 2 ** 30 },
    })
  })

  it("looks at a device's own memory for tensors, and at the computer's for the rest", () => {
    const room = { total: 1e9, free: 1e9, device: 24e9 }
    expect(ask({}, { batchSize: 512 }, { ...large, room }).fit).toBe('fits')
    expect(ask({}, { batchSize: 512 }, { ...large, room: { ...room, device: 5e8 } })).toMatchObject({
      fit: 'engine',
      short: { there: 5e8 },
    })
  })
})
