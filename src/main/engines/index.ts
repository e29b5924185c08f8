/** The engines of this computer: which are ready, how to get one more, and which one to train with. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { EngineState } from '../../contract/engines'
import { StudioError } from '../../contract/errors'
import type { EngineChoice } from '../../contract/trainer'
import type { JobHandle, Jobs } from '../jobs'
import { createChecks, tryEngine, type Effort, type Trial } from './checks'
import type { Failure } from './failure'
import { fetchByPip, fetchFrom, findPip, type Fetch } from './fetch'
import { conditionOf, downloadBytes, install } from './install'
import { fitOf, readGpus, type Gpu } from './nvidia'
import type { Package } from './package'
import { NEEDS_PIP, sentenceOf } from './sentences'
import { packages as published } from './wheels'

export interface Engines {
  /** Best first. How far engines that need a GPU are tried: `begin` (in the background, where not known), `known` or `afresh`. */
  list(options?: { check?: 'known' | 'begin' | 'afresh' }): Promise<EngineState[]>
  /** Fetches an engine as a job; the same job when it is under way already. */
  install(input: { engine: string }): Promise<{ job: string }>
  /**
   * What to start a trainer with: the named engine, or the best that is ready.
   * Throws `engine-unknown`, `engine-missing` or `engine-unusable`.
   */
  choose(id?: string): Promise<EngineChoice>
  close(): Promise<void>
}

export interface EnginesOptions {
  home: string
  jobs: Jobs
  /** For tests: small packages, and another world around them. */
  packages?: readonly Package[]
  fetch?: Fetch
  gpus?: () => Promise<Gpu[]>
  attempt?: (choice: EngineChoice, signal: AbortSignal) => Promise<Trial>
  system?: NodeJS.Platform
}

const WASM_VERSION = '4.22.0'
const WEBGPU_VERSION = '0.6.2'
const TITLES: Record<string, string> = {
  'tensorflow-gpu': 'TensorFlow for NVIDIA GPUs',
  tensorflow: 'TensorFlow',
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
}

/** Adapters that compute on the processor, where the driver does not say so itself; they are for tests, not for training. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|basic render/i

export function createEngines(options: EnginesOptions): Engines {
  const { home, jobs, fetch, gpus = readGpus, system = process.platform } = options
  const platform = `${system}-${process.arch}`
  const packages = options.packages ?? published[platform] ?? []
  const checks = createChecks(home, options.attempt ?? ((choice, signal) => tryEngine(home, choice, signal)))
  const running = new Map<string, string>()
  const threads = availableParallelism()

  const packageOf = (id: string) => packages.find((one) => one.id === id)
  const folderOf = ({ id, version }: Package) => `${id}-${version}-${platform}`
  const choiceOf = (id: string): EngineChoice => {
    const source = packageOf(id)
    if (source) return { id: 'tensorflow', library: join(home, 'engines', folderOf(source)), threads }
    return { id: id === 'webgpu' ? 'webgpu' : 'wasm', threads }
  }

  type Parts = Pick<EngineState, 'id' | 'reason'> & Partial<EngineState>
  function stateOf({ id, reason, untried = false, details = {}, ...more }: Parts): EngineState {
    const source = packageOf(id)
    return {
      id,
      title: TITLES[id]!,
      ready: reason === 'installed' || reason === 'works' || reason === 'software' || reason === 'built-in',
      installable: reason === 'not-installed' || reason === 'broken',
      installing: running.has(id),
      downloadBytes: source ? downloadBytes(source) : 0,
      version: source?.version ?? (id === 'webgpu' ? WEBGPU_VERSION : WASM_VERSION),
      device: 'CPU',
      memoryBytes: null,
      driver: null,
      untried,
      reason,
      details,
      why: sentenceOf(reason, details, untried),
      ...more,
    }
  }

  async function cpu(): Promise<EngineState> {
    const source = packageOf('tensorflow')
    const reason = source ? await conditionOf(join(home, 'engines', folderOf(source))) : 'unsupported-platform'
    return stateOf({ id: 'tensorflow', reason })
  }

  /** Offered only where a GPU and its driver fit; ready only once it has started there and found them. */
  async function nvidia(source: Package, effort: Effort): Promise<EngineState> {
    const [gpu] = await gpus()
    const { fit, needed } = fitOf(gpu)
    const found = {
      id: source.id,
      device: gpu?.name ?? 'GPU',
      memoryBytes: gpu?.memoryBytes ?? null,
      driver: gpu?.driver ?? null,
      untried: true,
      details: { device: gpu?.name ?? '', driver: gpu?.driver ?? '', needed },
    }
    if (fit !== 'fits') return stateOf({ ...found, reason: fit })
    const condition = await conditionOf(join(home, 'engines', folderOf(source)))
    if (condition !== 'installed') return stateOf({ ...found, reason: condition })
    const trial = await checks.of(source.id, choiceOf(source.id), effort)
    if (!trial) return stateOf({ ...found, reason: 'checking' })
    const seen = trial.probe !== null && trial.probe.facts.device !== 'CPU'
    const failure = trial.failure ?? 'TensorFlow did not find the GPU'
    return stateOf({ ...found, reason: seen ? 'installed' : 'failed', details: { ...found.details, failure } })
  }

  async function webgpu(effort: Effort): Promise<EngineState> {
    const trial = await checks.of('webgpu', choiceOf('webgpu'), effort)
    if (!trial) return stateOf({ id: 'webgpu', reason: 'checking', device: 'GPU', untried: true })
    if (!trial.probe)
      return stateOf({ id: 'webgpu', reason: 'failed', device: 'GPU', untried: true, details: { failure: trial.failure ?? '' } })
    const { facts, memoryBytes, driver } = trial.probe
    const software = facts.flags.adapter === 'software' || SOFTWARE.test(facts.device)
    const reason = software ? 'software' : 'works'
    return stateOf({ id: 'webgpu', reason, device: facts.device, memoryBytes, driver, untried: !software })
  }

  /** Best first. Where TensorFlow's library has no GPU, WebGPU goes before it. */
  const order: readonly (readonly [id: string, ask: (effort: Effort) => Promise<EngineState>])[] = (() => {
    const gpu = packageOf('tensorflow-gpu')
    const two = [['webgpu', webgpu] as const, ['tensorflow', cpu] as const]
    return [
      ...(gpu ? [[gpu.id, (effort: Effort) => nvidia(gpu, effort)] as const] : []),
      ...(system === 'linux' ? two.toReversed() : two),
      ['wasm', () => Promise.resolve(stateOf({ id: 'wasm', reason: 'built-in' }))] as const,
    ]
  })()

  /** Who asks what is missing is told before the first attempt to fetch something fails. */
  async function asFetchable(states: EngineState[]): Promise<EngineState[]> {
    const missing = await findPip().then(
      () => null,
      (thrown: unknown) => NEEDS_PIP[(thrown as Failure).code as keyof typeof NEEDS_PIP],
    )
    if (!missing) return states
    return states.map((state) => (state.installable ? { ...state, why: `${state.why} ${missing}` } : state))
  }

  async function fetchEngine(source: Package, job: JobHandle): Promise<EngineState> {
    const name = folderOf(source)
    if ((await conditionOf(join(home, 'engines', name))) !== 'installed') {
      const given = process.env.LATENT_STUDIO_WHEEL
      await install(home, name, source, platform, fetch ?? (given ? fetchFrom(given) : fetchByPip), job)
    }
    running.delete(source.id)
    return source.id === 'tensorflow' ? await cpu() : await nvidia(source, 'afresh')
  }

  return {
    async list({ check = 'begin' } = {}) {
      const asked = await Promise.all(order.map(([, ask]) => ask(check)))
      const states = check === 'afresh' ? await asFetchable(asked) : asked
      // What computes in software is there for whoever names it.
      return [...states.filter(({ reason }) => reason !== 'software'), ...states.filter(({ reason }) => reason === 'software')]
    },

    async install({ engine }) {
      if (!TITLES[engine]) throw new StudioError('engine-unknown', { id: engine })
      const under = running.get(engine)
      if (under) return { job: under }
      const source = packageOf(engine)
      const started = jobs.start({ kind: 'engine', title: TITLES[engine], unit: 'bytes' }, async (job) => {
        try {
          if (source) return await fetchEngine(source, job)
          if (engine === 'wasm') return stateOf({ id: 'wasm', reason: 'built-in' })
          if (engine === 'webgpu') return await webgpu('wait')
          throw new StudioError('engine-install', { id: engine, reason: `there is none for ${platform}` })
        } finally {
          running.delete(engine)
        }
      })
      if (source) running.set(engine, started.job)
      return started
    },

    async choose(id) {
      if (id !== undefined) {
        const state = await order.find(([one]) => one === id)?.[1]('wait')
        if (!state && !TITLES[id]) throw new StudioError('engine-unknown', { id })
        if (!state || state.installable || state.reason === 'unsupported-platform')
          throw new StudioError('engine-missing', { id })
        if (!state.ready) throw new StudioError('engine-unusable', { id, reason: state.why })
        return choiceOf(id)
      }
      for (const [one, ask] of order) {
        // On Linux WebGPU comes after what is fetched anyway: no training waits for a first trial of it.
        const state = await ask(one === 'webgpu' && system === 'linux' ? 'known' : 'wait')
        if (state.ready && state.reason !== 'software') return choiceOf(one)
      }
      throw new StudioError('engine-missing', { id: 'wasm' })
    },

    close: () => checks.close(),
  }
}
