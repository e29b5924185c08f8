/**
 * The model server: one trainer in `serve` mode, for the explorer and the exports. One model is loaded at a time, because the
 * engine alone takes hundreds of megabytes; it unloads by itself when nobody asked it anything for a while.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError } from '../../contract/errors'
import type { ModelInfo } from '../../contract/explore'
import type { Run } from '../../contract/nouns'
import { Pack, type Call, type EngineChoice, type TrainerEvent } from '../../contract/trainer'
import { engineOfFacts } from '../engines/facts'
import type { Log } from '../log'
import type { Recipes } from '../recipes'
import { newestCheckpoint } from '../runs/checkpoints'
import { specOf } from '../runs/spec'
import { exitError, startTrainer, toldError, type TrainerProcess } from '../runs/trainer-process'
import type { Store } from '../store/store'

interface Answer {
  result: unknown
  body: Uint8Array
}

export interface CallOptions {
  body?: Uint8Array
  signal?: AbortSignal
  onProgress?: (done: number, total: number) => void
}

export interface Model {
  readonly info: ModelInfo
  readonly run: Run
  readonly pack: Pack
  /** Where each item lies in `data.bin`. */
  readonly positions: ReadonlyMap<string, number>
  call(call: Call, options?: CallOptions): Promise<Answer>
}

export interface Models {
  /** Does the work with the run's model, loaded when needed; `newest` also loads a newer checkpoint than the loaded one. */
  use<T>(run: string, work: (model: Model) => Promise<T>, options?: { newest?: boolean }): Promise<T>
  unload(): Promise<void>
}

export interface ModelsOptions {
  store: Store
  folder: string
  home: string
  engines: { choose(id?: string): Promise<EngineChoice> }
  recipes: Recipes
  log: Log
  command?: readonly [string, ...string[]]
  idleMs?: number
}

const IDLE_MS = 120_000
const LOADING_MS = 120_000

type Loaded = Model & { alive(): boolean; quit(): Promise<void> }

export function createModels(options: ModelsOptions): Models {
  const { store, folder } = options
  let loaded: Loaded | null = null
  let users = 0
  let timer: NodeJS.Timeout | undefined
  let whenFree: (() => void)[] = []
  let loading: Promise<unknown> = Promise.resolve()

  async function unload(): Promise<void> {
    clearTimeout(timer)
    const old = loaded
    loaded = null
    await old?.quit()
  }

  /** The loaded model where it fits, otherwise another one in its place once nobody uses it. Callers take turns. */
  async function load(id: string, newest: boolean): Promise<Loaded> {
    if (loaded?.alive() && loaded.info.run === id && !newest) return loaded
    const run = await store.getRun(id)
    const checkpoint = await newestCheckpoint(join(folder, 'runs', id))
    if (!checkpoint) throw new StudioError('checkpoint-none', { run: run.name })
    if (loaded?.alive() && loaded.info.run === id && loaded.info.step === checkpoint.step) return loaded
    while (users > 0) await new Promise<void>((free) => whenFree.push(free))
    await unload()
    return (loaded = await startModel(options, run, checkpoint))
  }

  return {
    async use(id, work, { newest = false } = {}) {
      const turn = loading.then(
        () => load(id, newest),
        () => load(id, newest),
      )
      // Counted inside the turn: the next in line must see that this model is in use.
      const taken = turn.then((model) => {
        users++
        clearTimeout(timer)
        return model
      })
      loading = taken
      const model = await taken
      try {
        return await work(model)
      } finally {
        users--
        if (users === 0) {
          for (const free of whenFree) free()
          whenFree = []
          timer = setTimeout(() => void (users === 0 && unload()), options.idleMs ?? IDLE_MS)
          timer.unref()
        }
      }
    },
    async unload() {
      await loading.catch(() => {})
      await unload()
    },
  }
}

/** The engine the run was trained with, where it is still there. */
async function engineFor(run: Run, engines: ModelsOptions['engines']): Promise<EngineChoice> {
  const used = run.facts ? engineOfFacts(run.facts) : (run.engine ?? undefined)
  return engines.choose(used).catch(() => engines.choose())
}

async function startModel(
  { folder, home, engines, recipes, log, command }: ModelsOptions,
  run: Run,
  checkpoint: { step: number; folder: string },
): Promise<Loaded> {
  const card = await recipes.get(run.recipe)
  const spec = specOf(run, folder, await engineFor(run, engines), null, null)
  const pack = Pack.parse(JSON.parse(await readFile(join(spec.version, 'pack.json'), 'utf8')))

  interface Waiting extends CallOptions {
    resolve: (answer: Answer) => void
    reject: (error: Error) => void
  }
  const calls = new Map<number, Waiting>()
  let nextId = 1
  let over: StudioError | null = null
  const started = Promise.withResolvers<Extract<TrainerEvent, { type: 'started' }>>()

  const hear = (event: TrainerEvent, body: Uint8Array) => {
    if (event.type === 'started') return started.resolve(event)
    if (event.type === 'failed') return started.reject(toldError(event))
    if (!('id' in event)) return
    const call = calls.get(event.id)
    if (event.type === 'call-progress') return call?.onProgress?.(event.done, event.total)
    calls.delete(event.id)
    if (event.type === 'result') call?.resolve({ result: event.result, body })
    else if (event.type === 'call-failed') call?.reject(toldError(event))
  }
  const trainer: TrainerProcess = startTrainer({ home, engine: spec.engine, command, onEvent: hear })
  void trainer.exited.then((exit) => {
    over = exitError(exit)
    if (calls.size > 0) log.warn('the model server ended', over)
    started.reject(over)
    for (const call of calls.values()) call.reject(over)
    calls.clear()
  })
  trainer.send({ type: 'serve', spec, state: checkpoint.folder })
  const late = setTimeout(() => trainer.kill('SIGKILL'), LOADING_MS)
  const facts = await started.promise
    .catch((thrown: unknown) => {
      trainer.kill('SIGKILL')
      throw thrown
    })
    .finally(() => clearTimeout(late))
  if (facts.latentSize === null) {
    trainer.kill('SIGKILL')
    throw new StudioError('ability-missing', { recipe: card.title.en, ability: 'be explored' })
  }

  return {
    run,
    pack,
    positions: new Map(pack.ids.map((item, index) => [item, index])),
    info: {
      run: run.id,
      step: checkpoint.step,
      latentSize: facts.latentSize,
      prior: facts.prior ?? card.prior,
      abilities: card.abilities,
      height: pack.height,
      width: pack.width,
      channels: pack.channels,
      condition: facts.condition ?? null,
    },
    alive: () => over === null,
    call(call, { body, signal, onProgress } = {}) {
      if (over) return Promise.reject(over)
      const id = nextId++
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      const cancel = () => {
        trainer.send({ type: 'cancel', id })
        calls.delete(id)
        reject(new StudioError('cancelled'))
      }
      if (signal?.aborted) return Promise.reject(new StudioError('cancelled'))
      signal?.addEventListener('abort', cancel, { once: true })
      calls.set(id, { resolve, reject, onProgress })
      trainer.send({ type: 'call', id, call }, body)
      return promise.finally(() => signal?.removeEventListener('abort', cancel))
    },
    async quit() {
      trainer.send({ type: 'quit' })
      const impatient = setTimeout(() => trainer.kill('SIGKILL'), 5000)
      await trainer.exited
      clearTimeout(impatient)
    },
  }
}
