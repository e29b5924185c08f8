/** A project with a trained run of 2×2 pictures, one of texts (`runtexts`), and the stand-in for the model server. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StudioError } from '../../../../src/contract/errors'
import type { EngineState } from '../../../../src/contract/engines'
import type { ExportResult } from '../../../../src/contract/exports'
import type { Dataset, Run, Version } from '../../../../src/contract/nouns'
import type { RecipeCard } from '../../../../src/contract/recipes'
import type { TextPack } from '../../../../src/contract/texts'
import type { Pack } from '../../../../src/contract/trainer'
import { createExplore, type Explore } from '../../../../src/main/explore'
import { createExports, type Exports } from '../../../../src/main/exports'
import { createGrants, type Grants } from '../../../../src/main/grants'
import { createJobs, type Jobs } from '../../../../src/main/jobs'
import type { Store, StoredItem } from '../../../../src/main/store/store'

export const ITEMS = 20

const card = {
  id: 'fake',
  title: { en: 'Fake', 'zh-CN': '假' },
  summary: { en: '', 'zh-CN': '' },
  about: { for: { en: '', 'zh-CN': '' }, articles: { en: '', 'zh-CN': '' } },
  paper: '',
  data: ['images'],
  goals: [],
  likelihood: 'bound',
  prior: 'normal',
  converges: true,
  training: {},
  abilities: ['encode', 'decode', 'generate'],
  settings: { type: 'object', properties: {}, additionalProperties: false },
  rules: [],
  parts: {},
  stages: [],
} satisfies RecipeCard

const silent = { info() {}, warn() {}, error() {}, close: async () => {} }

export interface Museum {
  folder: string
  explore: Explore
  exports: Exports
  jobs: Jobs
  grants: Grants
  stored: ExportResult[]
  /** What pictures the import worker was asked to prepare. */
  prepared: { items?: string[]; paths?: string[] }[]
  card: RecipeCard
  /** Items of `dataset1`: those of the version, until more come; and which of them are set aside. */
  present: string[]
  removed: Set<string>
  /** Sizes of the parts that were scored. */
  scored(): Promise<number[]>
  /** The starts of the model server: `run step`. */
  starts(): Promise<string[]>
  checkpoint(run: string, step: number): Promise<void>
  close(): Promise<void>
}

export async function createMuseum({ idleMs }: { idleMs?: number } = {}): Promise<Museum> {
  const folder = await mkdtemp(join(tmpdir(), 'latent-explore-'))
  const version = join(folder, 'versions', 'version1')
  await mkdir(version, { recursive: true })
  const ids = Array.from({ length: ITEMS }, (_, i) => `item${i}`)
  const pack: Pack = {
    formatVersion: 1,
    kind: 'images',
    items: ITEMS,
    train: ITEMS - 2,
    height: 2,
    width: 2,
    channels: 1,
    ids,
    tags: ['bright', 'rare'],
    sha256: { data: '', tags: '' },
  }
  await writeFile(join(version, 'pack.json'), JSON.stringify(pack))
  // The second half is bright in its first pixel, which is the first number of its latent.
  await writeFile(join(version, 'data.bin'), Buffer.from(ids.flatMap((_, i) => [i < ITEMS / 2 ? 10 : 250, i, 0, 0])))
  await writeFile(join(version, 'tags.bin'), Buffer.from(ids.flatMap((_, i) => [i < ITEMS / 2 ? 0 : 1, i === 3 ? 1 : 0])))

  const texts = join(folder, 'versions', 'texts1')
  await mkdir(texts)
  const of = { items: ITEMS, train: ITEMS - 2, length: 5, vocabulary: 9, ends: true, ids, tags: [] }
  const coverage = { texts: ITEMS, rows: ITEMS, vocabulary: 9, tokens: 100, known: 1, whole: 1, kept: 1 }
  const sha256 = { data: '', lengths: '', tags: '', tokeniser: '' }
  const textPack: TextPack = { formatVersion: 1, kind: 'texts', ...of, coverage, sha256 }
  await writeFile(join(texts, 'pack.json'), JSON.stringify(textPack))

  const stored: ExportResult[] = []
  const [present, removed] = [[...ids], new Set<string>()]
  const itemOf = (id: string) => ({ id, name: `${id}.png`, removed: removed.has(id) }) as StoredItem
  const store: Partial<Store> = {
    async getRun(id) {
      if (!id.startsWith('run')) throw new StudioError('not-found', { what: 'run', id })
      return {
        id,
        name: id.toUpperCase(),
        recipe: 'fake',
        version: id === 'runtexts' ? 'texts1' : 'version1',
        settings: {},
        facts: null,
        engine: null,
      } as unknown as Run
    },
    getItems: async (wanted) => wanted.map(itemOf),
    getDataset: async (id) => {
      if (id !== 'dataset1') throw new StudioError('not-found', { what: 'dataset', id })
      return { id, name: 'Words' } as Dataset
    },
    getVersion: async () => ({ dataset: 'dataset1' }) as Version,
    storedItems: async () => present.filter((id) => !removed.has(id)).map(itemOf),
    addExport: async (result) => void stored.push(result),
    listExports: async () => stored,
  }
  const prepared: Museum['prepared'] = []
  const [jobs, grants, own] = [createJobs(), createGrants(), { ...card } as RecipeCard]
  const recipes = { list: async () => [own], training: async () => ({}), get: async () => own }
  const explore = createExplore({
    store: store as Store,
    folder,
    home: folder,
    jobs,
    grants,
    engines: {
      choose: async () => ({ id: 'wasm', threads: 1 }),
      list: async () => [{ id: 'gpu', ready: true, memoryBytes: 600 } as EngineState],
    },
    recipes,
    datasets: {
      async prepare(sources) {
        prepared.push(sources)
        const count = (sources.items?.length ?? 0) + (sources.paths?.length ?? 0)
        return new Uint8Array(count * 4).fill(128)
      },
    },
    log: silent,
    idleMs,
    memory: () => ({ total: 1000, free: 400 }),
    command: [process.execPath, join(import.meta.dirname, 'fake-server.mjs')],
  })
  return {
    folder,
    explore,
    exports: createExports({ store: store as Store, folder, jobs, grants, models: explore.models }),
    jobs,
    grants,
    stored,
    prepared,
    card: own,
    present,
    removed,
    scored: async () => (await readFile(join(version, 'scored'), 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number),
    starts: async () => (await readFile(join(version, 'starts'), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean),
    async checkpoint(run, step) {
      const place = join(folder, 'runs', run, 'checkpoints', String(step))
      await mkdir(place, { recursive: true })
      const facts = { id: 'fake', version: '1', device: 'CPU', threads: 1, flags: {} }
      const training = {
        optimizer: 'adam',
        learningRate: 1,
        batchSize: 1,
        momentum: 0,
        beta1: 0,
        beta2: 0,
        l1: 0,
        l2: 0,
        weightDecay: 0,
        clipNorm: 0,
      }
      const about = {
        formatVersion: 1,
        step,
        epoch: 1,
        stage: 0,
        stageStep: 0,
        seconds: 1,
        seed: 1,
        recipe: 'fake',
        settings: {},
        training,
        facts,
      }
      await writeFile(join(place, 'manifest.json'), JSON.stringify({ ...about, losses: {}, lastParts: {}, sha256: '' }))
    },
    async close() {
      await jobs.close()
      await explore.shutDown()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
