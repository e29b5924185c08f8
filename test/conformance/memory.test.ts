/** A training that runs out of memory, for real: the built trainer under the supervisor, on the built-in engine, which holds 3 GiB. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Run } from '../../src/contract/nouns'
import type { RecipeCard } from '../../src/contract/recipes'
import { nodeProgram, program } from '../../src/main/programs'
import { createRuns } from '../../src/main/runs'
import { memoryStore, silent } from '../unit/main/runs/support'
import { writeVersion } from '../unit/trainer/support'

const built = existsSync(program('trainer'))
const folder = mkdtempSync(join(tmpdir(), 'latent-memory-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ITEMS = 2060
const SETTINGS = { architecture: 'conv', layers: 1, width: 2048, latentSize: 4 }
/** The feature maps of the larger one, 8 × 8 × 2048 numbers an item, are more than the engine takes in one tensor. */
const [FEW, MANY] = [4, 2050]
const card = {
  id: 'vae',
  title: { en: 'VAE', 'zh-CN': 'VAE' },
  data: ['images'],
  settings: { type: 'object' },
  rules: [],
} as unknown as RecipeCard

describe.skipIf(!built && !process.env.CI)('a training without enough memory [needs a build]', { timeout: 240_000 }, () => {
  it('ends in a plain sentence, and what it had saved goes on exactly', async () => {
    const version = {
      id: 'version1',
      dataset: 'dataset1',
      name: 'v1',
      items: ITEMS,
      train: ITEMS - 10,
      channels: 3,
      preparation: { size: 16 },
    }
    writeVersion(join(folder, 'versions', version.id), ITEMS, 10, 16, 3)
    mkdirSync(join(folder, 'runs'))
    const { store } = memoryStore()
    const runs = await createRuns({
      store: { ...store, getVersion: async () => version as never },
      folder,
      home: folder,
      engines: { choose: async () => ({ id: 'wasm', threads: 1 }) },
      recipes: { list: async () => [card], training: async () => ({}), get: async () => card },
      log: silent,
      command: [nodeProgram(), program('trainer')],
    })
    const over = async ({ id }: Run): Promise<Run> => {
      for await (const event of runs.watch({ run: id }))
        if (event.type === 'state' && ['finished', 'failed'].includes(event.run.status)) break
      return runs.get({ run: id })
    }
    const state = (run: Run, step: number): string =>
      createHash('sha256')
        .update(readFileSync(join(folder, 'runs', run.id, 'checkpoints', String(step), 'state.safetensors')))
        .digest('hex')
    const stopAt = (steps: number) => ({ by: 'steps' as const, steps })

    const about = { version: version.id, recipe: 'vae', settings: SETTINGS, seed: 3 }
    const whole = await over(await runs.start({ ...about, training: { batchSize: FEW }, stop: stopAt(4) }))
    expect(whole).toMatchObject({ status: 'finished', step: 4 })
    const part = await over(await runs.start({ ...about, training: { batchSize: FEW }, stop: stopAt(2) }))

    const starved = await over(await runs.branch({ run: part.id, training: { batchSize: MANY }, stop: stopAt(4) }))
    expect(starved).toMatchObject({ status: 'failed', step: 2, error: { code: 'out-of-memory' } })
    expect(starved.error?.message).toBe('The memory was not enough for this training. Its last saved state is safe.')
    expect(state(starved, 2)).toBe(state(part, 2))

    const after = await over(await runs.branch({ run: starved.id, training: { batchSize: FEW } }))
    expect(after).toMatchObject({ status: 'finished', step: 4, resumedFrom: 2, origin: { run: starved.id, step: 2 } })
    // Its settings are the first run's again, so it ends where that one did, bit for bit.
    expect(state(after, 4)).toBe(state(whole, 4))
    await runs.shutDown()
  })
})
