/** A studio of nothing but memory, with the contract's types: for the renderer's stores and rooms without main. */
import { shallowRef } from 'vue'
import type { ContractRouterClient } from '@orpc/contract'
import type { contract } from '../../src/contract'
import type { Preferences } from '../../src/contract/app'
import { StudioError } from '../../src/contract/errors'
import type { Direction, Evaluation, LatentMap, ModelInfo } from '../../src/contract/explore'
import type { Needs } from '../../src/contract/memory'
import type { Dataset, Item, Job, MetricRow, Pictures, Run, Sample, Version } from '../../src/contract/nouns'
import type { RecipeCard } from '../../src/contract/recipes'
import type { Classes } from '../../src/contract/versions'
import type { RunEvent } from '../../src/contract/runs'
import { drawFace, LATENT, latentOf, normal, SIDE } from './faces'

export type Client = ContractRouterClient<typeof contract>

/** A stream that tests push into; `fail` ends it as a lost connection does. */
class Stream<T> {
  private readonly open = new Set<{ queue: T[]; wake: () => void; lost: boolean }>()
  push(event: T): void {
    for (const reader of this.open) {
      reader.queue.push(event)
      reader.wake()
    }
  }
  fail(): void {
    for (const reader of this.open) {
      reader.lost = true
      reader.wake()
    }
  }
  get readers(): number {
    return this.open.size
  }
  async *read(first: T[], signal?: AbortSignal): AsyncGenerator<T> {
    const reader = { queue: [...first], wake: () => {}, lost: false }
    this.open.add(reader)
    signal?.addEventListener('abort', () => reader.wake())
    try {
      while (!signal?.aborted) {
        while (reader.queue.length) yield reader.queue.shift()!
        if (reader.lost) throw new StudioError('studio-away')
        if (!signal?.aborted) await new Promise<void>((resolve) => (reader.wake = resolve))
      }
    } finally {
      this.open.delete(reader)
    }
  }
}

function pictures(latents: readonly (readonly number[])[], blur = 0): Pictures {
  const bytes = new Uint8Array(latents.length * SIDE * SIDE * 3)
  latents.forEach((latent, i) => bytes.set(drawFace(latent, blur), i * SIDE * SIDE * 3))
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return { count: latents.length, height: SIDE, width: SIDE, channels: 3, pixels: btoa(text) }
}

const dataset: Dataset = {
  id: 'd1',
  name: 'Cartoon faces',
  kind: 'images',
  items: 2000,
  classes: 6,
  quarantined: 0,
  createdAt: 1,
}
const version: Version = {
  id: 'v1',
  dataset: 'd1',
  name: 'v1',
  number: 1,
  preparation: { size: 64, colour: 'rgb', fit: 'cover', testShare: 0.1, seed: 0 },
  items: 2000,
  train: 1800,
  test: 200,
  channels: 3,
  coverage: null,
  createdAt: 2,
}

export function runOf(change: Partial<Run> = {}): Run {
  return {
    id: 'r1',
    name: 'Cartoon faces 1',
    recipe: 'vae',
    version: 'v1',
    dataset: 'd1',
    status: 'running',
    settings: {},
    training: {
      optimizer: 'adam',
      learningRate: 0.001,
      batchSize: 64,
      momentum: 0.9,
      beta1: 0.9,
      beta2: 0.999,
      l1: 0,
      l2: 0,
      weightDecay: 0.01,
      clipNorm: 0,
    },
    balance: null,
    augment: null,
    stop: { by: 'minutes', minutes: 1 },
    seed: 7,
    engine: null,
    facts: { id: 'tensorflow', version: '2.20.0', device: 'CPU', threads: 2, flags: {} },
    step: 0,
    totalSteps: 2000,
    epoch: 0,
    seconds: 0,
    stepsPerSecond: 14,
    waiting: 0,
    secondsLeft: 48,
    losses: {},
    resumedFrom: null,
    origin: null,
    exact: true,
    compiled: true,
    compileSeconds: 1,
    error: null,
    createdAt: Date.now(),
    updatedAt: Date.now(),
    ...change,
  }
}

export const rowAt = (step: number): MetricRow => {
  const fall = Math.exp(-step / 260)
  const reconstruction = -14200 + 21000 * fall + 260 * normal(1, step)
  const kl = 24 + 30 * (1 - fall) + 1.2 * normal(2, step)
  return { step, seconds: step / 14, losses: { loss: reconstruction + kl, reconstruction, kl } }
}
export const sampleAt = (run: string, step: number): Sample => ({
  run,
  step,
  sheets: [
    { name: 'generated', count: 36, columns: 6, width: SIDE, height: SIDE },
    { name: 'originals', count: 18, columns: 6, width: SIDE, height: SIDE },
    { name: 'reconstructions', count: 18, columns: 6, width: SIDE, height: SIDE },
  ],
})

export interface World {
  runs: Map<string, Run>
  rows: Map<string, MetricRow[]>
  samples: Map<string, Sample[]>
  datasets: Dataset[]
  catalogue: { recipes: RecipeCard[]; training: Record<string, unknown> }
  /** Every call that was made: `runs.start`, with its input. */
  calls: { name: string; input: unknown }[]
  preferences: Preferences
  /** How the opened model differs from a plain autoencoder. */
  model: Partial<ModelInfo>
  /** What a training would need. */
  needs: Needs
  /** What measuring a model gives, and what was measured of it before. */
  evaluation: Evaluation | null
  measured: Evaluation | null
  /** Milliseconds that a decoded picture takes. */
  slow: number
  events: (run: string) => Stream<RunEvent>
  /** As main does it: stored first, then told. */
  advance(run: string, rows: MetricRow[], change?: Partial<Run>): void
  draw(run: string, sample: Sample): void
}

export function fakeStudio(catalogue: World['catalogue'] = { recipes: [], training: {} }): { studio: Client; world: World } {
  const streams = new Map<string, Stream<RunEvent>>()
  const jobs = new Stream<Job>()
  const known = new Map<string, Job>()
  let count = 0
  const world: World = {
    runs: new Map(),
    rows: new Map(),
    samples: new Map(),
    datasets: [dataset],
    catalogue,
    calls: [],
    preferences: { locale: null, theme: 'dark' },
    evaluation: null,
    measured: null,
    model: {},
    needs: {
      parameters: 412_931,
      networks: [],
      settings: {},
      defaults: {},
      memoryBytes: 190e6,
      fit: 'fits',
      short: null,
      remedies: { batchSize: null, size: null },
    },
    slow: 0,
    events: (run) => streams.get(run) ?? (streams.set(run, new Stream()), streams.get(run)!),
    advance(run, rows, change = {}) {
      world.rows.set(run, [...(world.rows.get(run) ?? []), ...rows])
      const now = { ...world.runs.get(run)!, ...change, step: rows.at(-1)?.step ?? world.runs.get(run)!.step }
      world.runs.set(run, now)
      if (rows.length) world.events(run).push({ type: 'metrics', rows })
      world.events(run).push({ type: 'state', run: now })
    },
    draw(run, sample) {
      world.samples.set(run, [...(world.samples.get(run) ?? []), sample])
      world.events(run).push({ type: 'sample', sample })
    },
  }

  const found = (id: string): Run => {
    const run = world.runs.get(id)
    if (!run) throw new StudioError('not-found', { what: 'run', id })
    return run
  }
  function put(run: Run): Run {
    world.runs.set(run.id, run)
    world.events(run.id).push({ type: 'state', run })
    return run
  }
  function job(kind: Job['kind'], result: unknown, title: string = kind, takes = 5): { job: string } {
    const one: Job = {
      id: `j${++count}`,
      kind,
      title,
      state: 'running',
      done: 0,
      total: 100,
      unit: 'items',
      secondsLeft: 1,
      error: null,
      result: null,
    }
    known.set(one.id, one)
    jobs.push(one)
    setTimeout(() => {
      known.set(one.id, { ...one, state: 'done', done: 100, secondsLeft: 0, result })
      jobs.push(known.get(one.id)!)
    }, takes)
    return { job: one.id }
  }
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, world.slow))
  const items = (n: number): Item[] =>
    Array.from({ length: n }, (_, i) => ({
      id: `i${i}`,
      name: `face-${i}.png`,
      width: 64,
      height: 64,
      bytes: 900,
      text: null,
      split: null,
      tags: tagsOf(i),
      caption: null,
    }))
  const tagsOf = (i: number): string[] => [
    ...(latentOf(i)[4]! > 0 ? ['smile'] : []),
    ...(latentOf(i)[6]! > 0.5 ? ['glasses'] : []),
  ]
  const axis = (k: number): number[] => Array.from({ length: LATENT }, (_, i) => Number(i === k))
  const map = (run: string): LatentMap => ({
    run,
    step: found(run).step,
    count: dataset.items,
    items: items(dataset.items).map((item) => item.id),
    points: `/media/maps/${run}/${found(run).step}.f32`,
    explained: 0.31,
    mean: Array<number>(LATENT).fill(0),
    axes: [axis(0), axis(3)],
  })
  const directions: Direction[] = [
    ...[0, 3, 2, 1, 5, 7, 4, 6].map((k, i) => ({
      id: `p${i}`,
      name: `${i + 1}`,
      kind: 'principal' as const,
      accuracy: 0.22 - 0.02 * i,
      vector: axis(k),
      spread: 1,
    })),
    { id: 'tag-smile', name: 'smile', kind: 'tag', accuracy: 0.97, vector: axis(4), spread: 1 },
    { id: 'tag-glasses', name: 'glasses', kind: 'tag', accuracy: 0.95, vector: axis(6), spread: 1 },
  ]

  const procedures: Record<string, (input: never, options?: { signal?: AbortSignal }) => unknown> = {
    'app.info': () => ({
      version: '0.1.0',
      host: 'web',
      machine: { cores: 2, memoryBytes: 24e9, freeDiskBytes: 240e9, platform: 'linux', instructionSet: 'avx2', node: '24' },
    }),
    'app.preferences': () => world.preferences,
    'app.setPreferences': (input: object) => Object.assign(world.preferences, input),
    'projects.current': () => ({ id: 'p1', name: 'Cartoon faces', folder: '/projects/Cartoon faces.latent', openedAt: 1 }),
    'projects.recent': () => [],
    'engines.list': () => [
      {
        id: 'tensorflow',
        title: 'TensorFlow',
        ready: true,
        installable: true,
        installing: false,
        downloadBytes: 259e6,
        version: '2.20.0',
        device: 'CPU',
        why: '',
        reason: 'installed',
      },
      {
        id: 'wasm',
        title: 'Built-in',
        ready: true,
        installable: false,
        installing: false,
        downloadBytes: 0,
        version: '4.22.0',
        device: 'CPU',
        why: '',
        reason: 'built-in',
      },
    ],
    'jobs.watch': (_: never, options) => jobs.read([...known.values()], options?.signal),
    'datasets.list': () => world.datasets,
    'datasets.versions': () => [version],
    'datasets.tags': () => [
      { name: 'smile', items: 1000 },
      { name: 'glasses', items: 620 },
    ],
    'datasets.quarantined': () => [],
    'datasets.items': ({ offset, limit, tag }: { offset: number; limit: number; tag?: string }) => {
      const all = items(dataset.items).filter((item) => !tag || item.tags.includes(tag))
      return { total: all.length, items: all.slice(offset, offset + limit) }
    },
    'datasets.suggest': () => version.preparation,
    'datasets.freeze': () => job('freeze', version),
    'versions.classes': ({ tags = ['smile'] }: { tags?: string[] }): Classes => ({
      groups: [],
      dividing: ['smile', 'glasses'],
      tags,
      classes:
        tags[0] === 'smile'
          ? [
              { tags: ['smile'], items: 1000, remove: 800, repeat: 1000, weight: 0.9 },
              { tags: [], items: 800, remove: 800, repeat: 1000, weight: 1.125 },
            ]
          : [
              { tags, items: 30, remove: 30, repeat: 1770, weight: 30 },
              { tags: [], items: 1770, remove: 30, repeat: 1770, weight: 0.508 },
            ],
    }),
    'versions.vary': ({ items: count, each }: { items: number; each: number }) =>
      pictures(Array.from({ length: count * (each + 1) }, (_, i) => latentOf(Math.floor(i / (each + 1))))),
    'recipes.list': () => catalogue.recipes,
    'recipes.training': () => catalogue.training,
    'recipes.describe': () => world.needs,
    'runs.list': () => [...world.runs.values()],
    'runs.get': ({ run }: { run: string }) => found(run),
    'runs.start': (input: Partial<Run>) => put(runOf({ ...input, id: `r${++count}`, status: 'queued', createdAt: Date.now() })),
    'runs.pause': ({ run }: { run: string }) => put({ ...found(run), status: 'paused' }),
    'runs.resume': ({ run }: { run: string }) => put({ ...found(run), status: 'running', resumedFrom: found(run).step }),
    'runs.branch': ({ run, training }: { run: string; training: object }) => {
      const parent = found(run)
      const origin = { run, name: parent.name, step: parent.step }
      const merged = { ...parent.training, ...training }
      return put({ ...parent, id: `r${++count}`, status: 'queued', error: null, exact: false, origin, training: merged })
    },
    'runs.stop': ({ run }: { run: string }) => put({ ...found(run), status: 'stopped' }),
    'runs.rename': ({ run, name }: { run: string; name: string }) => put({ ...found(run), name }),
    'runs.remove': ({ run }: { run: string }) => void world.runs.delete(run),
    'runs.metrics': ({ run, after = -1 }: { run: string; after?: number }) =>
      (world.rows.get(run) ?? []).filter((row) => row.step > after),
    'runs.samples': ({ run }: { run: string }) => world.samples.get(run) ?? [],
    'runs.watch': ({ run }: { run: string }, options) =>
      world.events(run).read([{ type: 'state', run: found(run) }], options?.signal),
    'explore.open': ({ run }: { run: string }) => ({
      run,
      step: found(run).step,
      latentSize: LATENT,
      prior: 'normal',
      abilities: ['encode', 'decode'],
      height: SIDE,
      width: SIDE,
      channels: 3,
      condition: null,
      ...world.model,
    }),
    'explore.map': ({ run }: { run: string }) => job('map', map(run)),
    'explore.directions': () => directions,
    'explore.encode': ({ items: ids }: { items: string[] }) => ({
      latents: ids.map((id) => latentOf(Number(id.slice(1)))),
      names: ids,
    }),
    'explore.decode': async ({ latents }: { latents: number[][] }) => (await wait(), pictures(latents, 0.06)),
    'explore.generate': ({ seed, count = 1, tags }: { seed: number; count?: number; tags?: string[] }) => {
      const latents = Array.from({ length: count }, (_, i) => latentOf(seed + i))
      const { condition } = world.model
      const known = condition?.by === 'tags' ? condition.tags : null
      const told = known && latents.map((_, i) => tags ?? [known[i % known.length]!])
      return {
        latents,
        pictures: pictures(latents, 0.06),
        tags: told,
        texts: condition?.by === 'text' ? latents.map(() => condition.words.join(' ')) : null,
      }
    },
    'explore.nearest': ({ latent, count: most }: { latent: number[]; count: number }) =>
      Array.from({ length: dataset.items }, (_, i) => ({
        item: `i${i}`,
        distance: Math.hypot(...latentOf(i).map((value, k) => value - latent[k]!)),
      }))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, most),
    'explore.evaluate': ({ run }: { run: string }) => job('evaluate', (world.measured = world.evaluation), found(run).name, 200),
    'explore.evaluation': () => world.measured,
    'explore.morph': ({ from, to, steps }: { from: number[]; to: number[]; steps: number }) => {
      const latents = Array.from({ length: steps }, (_, k) =>
        from.map((value, i) => value + (k / (steps - 1)) * (to[i]! - value)),
      )
      return { latents, pictures: pictures(latents, 0.06) }
    },
  }

  const studio = new Proxy(
    {},
    {
      get: (_, area: string) =>
        new Proxy(
          {},
          {
            get: (_, name: string) => async (input: never, options?: { signal?: AbortSignal }) => {
              world.calls.push({ name: `${area}.${name}`, input })
              const procedure = procedures[`${area}.${name}`]
              if (!procedure) throw new StudioError('unexpected')
              return procedure(input, options)
            },
          },
        ),
    },
  ) as Client
  return { studio, world }
}

/** The door's other exports, without a door. */
export const connected = shallowRef(true)
/** As the real one: opens the stream again when it was lost. */
export function follow<T>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  onEvent: (event: T) => void,
  onError: (error: StudioError) => void = () => {},
): () => void {
  const stop = new AbortController()
  void (async () => {
    while (!stop.signal.aborted) {
      try {
        for await (const event of await open(stop.signal)) {
          if (stop.signal.aborted) return
          onEvent(event)
        }
        return
      } catch (thrown) {
        if (!(thrown instanceof StudioError) || thrown.code !== 'studio-away') return onError(thrown as StudioError)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
  })()
  return () => stop.abort()
}
