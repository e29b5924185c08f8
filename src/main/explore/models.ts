/**
 * The model server: one trainer in `serve` mode, for the explorer and the exports. One model is loaded at a time, because the
 * engine alone takes hundreds of megabytes; it unloads by itself when nobody asked it anything for a while.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError } from '../../contract/errors'
import type { ModelInfo } from '../../contract/explore'
import type { Run } from '../../contract/nouns'
import type { TextPack } from '../../contract/texts'
import { AnyPack, type Call, type EngineChoice, type Pack, type TrainerEvent } from '../../contract/trainer'
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

interface Served {
  readonly run: Run
  /** The checkpoint's. */
  readonly step: number
  call(call: Call, options?: CallOptions): Promise<Answer>
}

/** Of pictures. */
export interface Model extends Served {
  readonly info: ModelInfo
  readonly pack: Pack
  /** Where each item lies in `data.bin`. */
  readonly positions: ReadonlyMap<string, number>
}

export interface TextModel extends Served {
  readonly pack: TextPack
}

export type AnyModel = Model | TextModel
export const isOfTexts = (model: AnyModel): model is TextModel => model.pack.kind === 'texts'

type Use<M> = <T>(run: string, work: (model: M) => Promise<T>, options?: { newest?: boolean }) => Promise<T>

export interface Models {
  /**
   * Does the work with the run's model, loaded when needed; `newest` also loads a newer checkpoint than the loaded one. Throws
   * `pictures-only` for a run on texts.
   */
  use: Use<Model>
  /** Throws `texts-only` for a run on pictures. */
  useTexts: Use<TextModel>
  useAny: Use<AnyModel>
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

type Loaded = AnyModel & { alive(): boolean; quit(): Promise<void> }

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
  async function load(id: string, newest: boolean, only: AnyPack['kind'] | null): Promise<Loaded> {
    if (loaded?.alive() && loaded.run.id === id) {
      suits(loaded.run, loaded.pack, only)
      if (!newest) return loaded
    }
    const run = await store.getRun(id)
    const pack = await readPack(join(folder, 'versions', run.version))
    suits(run, pack, only)
    const checkpoint = await newestCheckpoint(join(folder, 'runs', id))
    if (!checkpoint) throw new StudioError('checkpoint-none', { run: run.name })
    if (loaded?.alive() && loaded.run.id === id && loaded.step === checkpoint.step) return loaded
    while (users > 0) await new Promise<void>((free) => whenFree.push(free))
    await unload()
    return (loaded = await startModel(options, run, pack, checkpoint))
  }

  const useOf =
    <M extends AnyModel>(only: AnyPack['kind'] | null): Use<M> =>
    async (id, work, { newest = false } = {}) => {
      const turn = loading.then(
        () => load(id, newest, only),
        () => load(id, newest, only),
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
        return await work(model as unknown as M)
      } finally {
        users--
        if (users === 0) {
          for (const free of whenFree) free()
          whenFree = []
          timer = setTimeout(() => void (users === 0 && unload()), options.idleMs ?? IDLE_MS)
          timer.unref()
        }
      }
    }

  return {
    use: useOf<Model>('images'),
    useTexts: useOf<TextModel>('texts'),
    useAny: useOf<AnyModel>(null),
    async unload() {
      await loading.catch(() => {})
      await unload()
    },
  }
}

async function readPack(version: string): Promise<AnyPack> {
  return AnyPack.parse(JSON.parse(await readFile(join(version, 'pack.json'), 'utf8')))
}

/** Throws what a person is told who asks it of the wrong kind of model: before one is loaded for it. */
function suits({ name }: Run, { kind }: AnyPack, only: AnyPack['kind'] | null): void {
  if (only && kind !== only) throw new StudioError(only === 'images' ? 'pictures-only' : 'texts-only', { run: name })
}

/** The engine the run was trained with, where it is still there. */
async function engineFor(run: Run, engines: ModelsOptions['engines']): Promise<EngineChoice> {
  const used = run.facts ? engineOfFacts(run.facts) : (run.engine ?? undefined)
  return engines.choose(used).catch(() => engines.choose())
}

async function startModel(
  { folder, home, engines, recipes, log, command }: ModelsOptions,
  run: Run,
  pack: AnyPack,
  checkpoint: { step: number; folder: string },
): Promise<Loaded> {
  const card = await recipes.get(run.recipe)
  const spec = specOf(run, folder, await engineFor(run, engines), null, null)

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
  if (facts.latentSize === null && pack.kind === 'images') {
    trainer.kill('SIGKILL')
    throw new StudioError('ability-missing', { recipe: card.title.en, ability: 'be explored' })
  }

  const served = {
    run,
    step: checkpoint.step,
    alive: () => over === null,
    call(call: Call, { body, signal, onProgress }: CallOptions = {}) {
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
  if (pack.kind === 'texts') return { ...served, pack }
  const { height, width, channels } = pack
  const about = { run: run.id, step: checkpoint.step, latentSize: facts.latentSize!, abilities: card.abilities }
  return {
    ...served,
    pack,
    positions: new Map(pack.ids.map((item, index) => [item, index])),
    info: { ...about, prior: facts.prior ?? card.prior, height, width, channels, condition: facts.condition ?? null },
  }
}
