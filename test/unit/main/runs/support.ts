/** A project for tests of runs: a folder, a store in memory, and the stand-in for the trainer. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StudioError } from '../../../../src/contract/errors'
import type { MetricRow, Run, Sample, Version } from '../../../../src/contract/nouns'
import type { RecipeCard } from '../../../../src/contract/recipes'
import { createRuns, type Runs } from '../../../../src/main/runs'
import { LIMITS, type Limits } from '../../../../src/main/runs/supervisor'
import type { CheckpointRow, Store } from '../../../../src/main/store/store'

export const QUICK: Limits = { ...LIMITS, tick: 20, backoff: [10, 10, 10], term: 200 }

const card: RecipeCard = {
  id: 'fake',
  title: { en: 'Fake', 'zh-CN': '假' },
  summary: { en: '', 'zh-CN': '' },
  about: { for: { en: '', 'zh-CN': '' }, articles: { en: '', 'zh-CN': '' } },
  paper: '',
  data: ['images'],
  goals: [],
  likelihood: 'none',
  prior: 'normal',
  converges: true,
  training: { beta1: 0.5 },
  trainingWhen: [{ when: { kind: ['b'] }, training: { beta1: 0, learningRate: 0.02 } }],
  abilities: ['encode', 'decode', 'generate'],
  settings: {
    type: 'object',
    properties: {
      script: { type: 'array', items: { type: 'array', items: { type: 'string' } }, default: [] },
      deaf: { type: 'boolean' },
      width: { type: 'integer', minimum: 1, maximum: 64, default: 8 },
      kind: { type: 'string', enum: ['a', 'b'], default: 'a' },
    },
    additionalProperties: false,
  },
  rules: [{ when: { kind: ['b'] }, setting: 'width', allowed: [8, 16], reason: { en: 'b needs 8 or 16', 'zh-CN': '' } }],
  parts: {},
  stages: [],
}

const version: Version = {
  id: 'version1',
  dataset: 'dataset1',
  name: 'v1',
  number: 1,
  preparation: { size: 8, colour: 'auto', fit: 'cover', testShare: 0.1, seed: 0 },
  items: 100,
  train: 90,
  test: 10,
  channels: 3,
  coverage: null,
  createdAt: 0,
}

export interface Kept {
  runs: Map<string, Run>
  metrics: MetricRow[]
  samples: Sample[]
  checkpoints: CheckpointRow[]
  rewinds: number[]
}

/** The part of the store that runs use. `refuse` makes writes of metrics fail with it. */
export function memoryStore(refuse: { error: Error | null } = { error: null }): { store: Store; kept: Kept } {
  const kept: Kept = { runs: new Map(), metrics: [], samples: [], checkpoints: [], rewinds: [] }
  const get = async (id: string) => {
    const run = kept.runs.get(id)
    if (!run) throw new StudioError('not-found', { what: 'run', id })
    return { ...run }
  }
  const part: Partial<Store> = {
    getVersion: async () => version,
    createRun: async (run) => (kept.runs.set(run.id, run), { ...run }),
    getRun: get,
    async updateRun(id, change) {
      const run = { ...(await get(id)), ...change }
      kept.runs.set(id, run)
      return { ...run }
    },
    listRuns: async () => [...kept.runs.values()],
    removeRun: async (id) => void kept.runs.delete(id),
    async appendMetrics(_, rows) {
      if (refuse.error) throw refuse.error
      kept.metrics.push(...rows)
    },
    readMetrics: async (_, after, limit) => kept.metrics.filter(({ step }) => step > after).slice(0, limit),
    async rewind(_, step) {
      kept.rewinds.push(step)
      kept.metrics = kept.metrics.filter((row) => row.step <= step)
      kept.samples = kept.samples.filter((sample) => sample.step <= step)
    },
    addSample: async (sample) => void kept.samples.push(sample),
    listSamples: async () => kept.samples,
    addCheckpoint: async (_, row) => void kept.checkpoints.push({ ...row, createdAt: 0 }),
    removeCheckpoint: async (_, step) => void (kept.checkpoints = kept.checkpoints.filter((row) => row.step !== step)),
    listCheckpoints: async () => kept.checkpoints,
  }
  return { store: part as Store, kept }
}

export interface Bench {
  folder: string
  runs: Runs
  kept: Kept
  refuse: { error: Error | null }
  /** Starts a run whose trainer acts out the scripts, one for each time it is started. */
  start(script: string[][], more?: Record<string, unknown>): Promise<Run>
  /** Waits until the run ends or waits for the person. */
  over(run: { id: string }): Promise<Run>
  close(): Promise<void>
}

export const silent = { info() {}, warn() {}, error() {}, close: async () => {} }

export async function createBench(limits: Limits = QUICK, kills?: () => Promise<number>): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'latent-runs-'))
  await mkdir(join(folder, 'versions', version.id), { recursive: true })
  const refuse = { error: null as Error | null }
  const { store, kept } = memoryStore(refuse)
  const runs = await createRuns({
    store,
    folder,
    home: folder,
    engines: { choose: async () => ({ id: 'wasm', threads: 1 }) },
    recipes: { list: async () => [card], training: async () => ({}), get: async () => card },
    log: silent,
    limits,
    kills,
    command: [process.execPath, join(import.meta.dirname, 'fake-trainer.mjs')],
  })
  const start: Bench['start'] = (script, more = {}) =>
    runs.start({ version: version.id, recipe: 'fake', settings: { script, ...more }, training: {} })
  return {
    folder,
    runs,
    kept,
    refuse,
    start,
    async over(run) {
      const watcher = runs.watch({ run: run.id })
      for await (const event of watcher) {
        if (event.type !== 'state') continue
        const { status, secondsLeft } = event.run
        if (['finished', 'stopped', 'paused', 'failed'].includes(status) || (status === 'interrupted' && secondsLeft === null))
          break
      }
      return runs.get({ run: run.id })
    },
    async close() {
      await runs.shutDown()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits for the run's first step. */
export async function running(on: Bench, id: string): Promise<void> {
  for await (const event of on.runs.watch({ run: id })) if (event.type === 'state' && event.run.step > 0) return
}
