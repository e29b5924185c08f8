/** Runs: starting, queueing (one trains at a time), pausing, resuming exactly, and what watchers see. */
import { randomInt } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError } from '../../contract/errors'
import { isOfTexts, type MetricRow, type Run } from '../../contract/nouns'
import type { runs as contract } from '../../contract/runs'
import type { EngineChoice } from '../../contract/trainer'
import { writeDurably } from '../durable'
import { engineOfFacts } from '../engines/facts'
import { newId } from '../jobs'
import type { Log } from '../log'
import type { Recipes } from '../recipes'
import type { Service } from '../service'
import type { Store } from '../store/store'
import { copyCheckpoint } from './branch'
import { newestCheckpoint } from './checkpoints'
import { createFeed } from './feed'
import { checkSettings, checkStop, defaultStop, fillTraining } from './settings'
import { checkpointEveryOf, specOf } from './spec'
import type { Limits, SupervisorOptions } from './supervisor'
import { startTraining, type Training } from './training'

export interface Runs extends Service<typeof contract> {
  /** Pauses what trains and empties the queue; queued runs can be resumed later. */
  shutDown(): Promise<void>
}

export interface RunsOptions {
  store: Store
  /** The project's folder. */
  folder: string
  home: string
  engines: { choose(id?: string): Promise<EngineChoice> }
  recipes: Recipes
  log: Log
  /** For tests. */
  limits?: Limits
  command?: readonly [string, ...string[]]
  kills?: SupervisorOptions['kills']
}

/** What every run is before it trains. */
const UNTRAINED = {
  status: 'queued',
  facts: null,
  step: 0,
  epoch: 0,
  seconds: 0,
  stepsPerSecond: null,
  waiting: null,
  secondsLeft: null,
  losses: {},
  resumedFrom: null,
  compiled: false,
  compileSeconds: 0,
  error: null,
} as const

/** The engine a run went on with so far, with as many threads: both decide the bits. Without it, the best that is ready. */
async function engineOf(run: Run, engines: RunsOptions['engines']): Promise<EngineChoice> {
  if (!run.facts) return engines.choose(run.engine ?? undefined)
  const same = await engines.choose(engineOfFacts(run.facts)).catch(() => null)
  return same ? { ...same, threads: run.facts.threads } : engines.choose()
}

/** `Faces 1` → `Faces 1, 2`, or the first number that is free. */
function nameAfter(name: string, taken: string[]): string {
  const base = name.replace(/, \d+$/, '').slice(0, 74)
  for (let n = 2; ; n++) if (!taken.includes(`${base}, ${n}`)) return `${base}, ${n}`
}

export async function createRuns(options: RunsOptions): Promise<Runs> {
  const { store, folder, engines, recipes, log } = options
  const feed = createFeed()
  const queue: string[] = []
  let active: Training | null = null

  // Whatever was training when the studio ended has no trainer any more: say so, and leave it to the person to go on.
  for (const run of await store.listRuns()) {
    if (run.status === 'running' || run.status === 'preparing' || (run.status === 'interrupted' && run.secondsLeft !== null))
      await store.updateRun(run.id, {
        status: 'interrupted',
        secondsLeft: null,
        error: new StudioError('trainer-crashed').toJSON(),
      })
    if (run.status === 'queued') await store.updateRun(run.id, { status: 'paused' })
  }

  const get = async (id: string): Promise<Run> => (active?.id === id && active.run ? active.run : store.getRun(id))

  async function change(id: string, fields: Partial<Run>): Promise<Run> {
    const run = await store.updateRun(id, fields)
    feed.tell(id, { type: 'state', run })
    return run
  }

  /** Takes the next run from the queue when nothing trains. */
  function pump(): void {
    const id = active ? undefined : queue.shift()
    if (id === undefined) return
    // Claimed before anything is awaited, so that two calls cannot both start one.
    const training = startTraining({ ...options, id, engineOf: (run) => engineOf(run, engines), feed })
    active = training
    void training.done
      .catch((thrown: unknown) => log.error(`run ${id} could not be supervised`, thrown))
      .finally(() => {
        active = null
        pump()
      })
  }

  function enqueue(run: Run): Run {
    queue.push(run.id)
    feed.tell(run.id, { type: 'state', run })
    pump()
    return run
  }

  /** Out of the queue, or its trainer asked to save and end; the run as it is then. */
  async function end(id: string, how: 'pause' | 'stop'): Promise<Run> {
    const place = queue.indexOf(id)
    if (place >= 0) queue.splice(place, 1)
    else if (active?.id === id) {
      await active.end(how)
      return store.getRun(id)
    }
    const run = await store.getRun(id)
    const over =
      how === 'pause' ? run.status !== 'queued' : run.status === 'finished' || run.status === 'failed' || run.status === 'stopped'
    return over ? run : change(id, { status: how === 'pause' ? 'paused' : 'stopped', secondsLeft: null })
  }

  const idle = async (id: string): Promise<Run> => {
    const run = await get(id)
    if (active?.id === id || queue.includes(id)) throw new StudioError('run-busy', { run: run.name })
    return run
  }

  return {
    list: async () => (await store.listRuns()).map((run) => (active?.id === run.id && active.run) || run),
    get: ({ run }) => get(run),

    async start(input) {
      const [card, version, others] = await Promise.all([
        recipes.get(input.recipe),
        store.getVersion(input.version),
        store.listRuns(),
      ])
      const kind = isOfTexts(version.preparation) ? 'texts' : 'images'
      if (!card.data.includes(kind))
        throw new StudioError('kind-differs', { dataset: (await store.getDataset(version.dataset)).name, kind })
      if (kind === 'texts' && input.augment?.length)
        throw new StudioError('settings-wrong', { setting: 'augment', reason: 'texts are not varied, only pictures are' })
      checkSettings(card, input.settings)
      checkStop(card, input.stop)
      const training = fillTraining(card, input.settings, input.training, version)
      const engine = await engines.choose(input.engine)
      const now = Date.now()
      const run: Run = {
        id: newId(),
        name: input.name ?? `${card.title.en} ${others.length + 1}`,
        recipe: card.id,
        version: version.id,
        dataset: version.dataset,
        settings: input.settings,
        training,
        balance: input.balance ?? null,
        augment: input.augment?.length ? input.augment : null,
        stop: input.stop ?? defaultStop(version),
        seed: input.seed ?? randomInt(2 ** 32),
        engine: input.engine ?? null,
        totalSteps: input.stop?.by === 'steps' ? input.stop.steps : null,
        exact: true,
        origin: null,
        ...UNTRAINED,
        createdAt: now,
        updatedAt: now,
      }
      const runFolder = join(folder, 'runs', run.id)
      await mkdir(join(runFolder, 'checkpoints'), { recursive: true })
      const spec = specOf(run, folder, engine, input.checkpointEvery ?? null, null)
      await writeDurably(join(runFolder, 'run.json'), JSON.stringify(spec, null, 2))
      return enqueue(await store.createRun(run))
    },

    pause: ({ run }) => end(run, 'pause'),
    stop: ({ run }) => end(run, 'stop'),

    async resume({ run: id, stop }) {
      await idle(id)
      const fields: Partial<Run> = {
        status: 'queued',
        error: null,
        secondsLeft: null,
        ...(stop ? { stop, totalSteps: null } : {}),
      }
      return enqueue(await store.updateRun(id, fields))
    },

    async branch({ run: id, training: changed, stop }) {
      const [parent, others] = [await idle(id), await store.listRuns()]
      const version = await store.getVersion(parent.version)
      const card = await recipes.get(parent.recipe)
      checkStop(card, stop)
      const training = fillTraining(card, parent.settings, { ...parent.training, ...changed }, version)
      const from = await newestCheckpoint(join(folder, 'runs', id))
      // The state before the first step follows from the seed: from there it is a run like any other.
      const began = from !== null && from.step > 0
      const now = Date.now()
      const run: Run = {
        ...parent,
        ...UNTRAINED,
        id: newId(),
        name: nameAfter(
          parent.name,
          others.map(({ name }) => name),
        ),
        training,
        stop: stop ?? parent.stop,
        totalSteps: stop ? null : parent.totalSteps,
        facts: parent.facts,
        exact: !began,
        origin: { run: id, name: parent.name, step: began ? from.step : 0 },
        createdAt: now,
        updatedAt: now,
      }
      const runFolder = join(folder, 'runs', run.id)
      const bytes = began ? await copyCheckpoint(from, runFolder) : 0
      await mkdir(join(runFolder, 'checkpoints'), { recursive: true })
      const spec = specOf(run, folder, await engineOf(run, engines), await checkpointEveryOf(parent, folder), null)
      await writeDurably(join(runFolder, 'run.json'), JSON.stringify(spec, null, 2))
      const stored = await store.createRun(run)
      if (began) await store.addCheckpoint(run.id, { step: from.step, seconds: from.manifest.seconds, bytes })
      return enqueue(stored)
    },

    rename: async ({ run: id, name }) => {
      const run = await store.updateRun(id, { name })
      if (active?.id === id) active.rename(name)
      else feed.tell(id, { type: 'state', run })
      return get(id)
    },

    async remove({ run: id }) {
      await idle(id)
      await store.removeRun(id)
      await rm(join(folder, 'runs', id), { recursive: true, force: true })
    },

    metrics: ({ run, after, limit }) => store.readMetrics(run, after, limit),
    samples: ({ run }) => store.listSamples(run),
    watch: ({ run }, signal) =>
      feed.watch(
        run,
        () => get(run),
        (after): Promise<MetricRow[]> => store.readMetrics(run, after, 2000),
        signal,
      ),

    async shutDown() {
      for (const id of queue.splice(0)) await change(id, { status: 'paused' })
      await active?.end('pause')
      feed.close()
    },
  }
}
