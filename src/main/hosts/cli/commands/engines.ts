/** `doctor`, `engine install`, `engine list`, `recipes`: what this studio is and can do. */
import { EngineState } from '../../../../contract/engines'
import { StudioError } from '../../../../contract/errors'
import type { Command } from '../command'
import type { Session } from '../session'
import { bytes } from '../terminal'

/** These name what is missing on the computer itself, which no download mends. */
const UNFIT = new Set<EngineState['reason']>(['no-gpu', 'driver-old', 'gpu-unsupported'])

async function find(session: Session, id: string): Promise<EngineState> {
  const engine = (await session.client.engines.list({ check: 'known' })).find((one) => one.id === id)
  if (!engine) throw new StudioError('engine-unknown', { id })
  return engine
}

async function fetchEngine(session: Session, { id, downloadBytes }: EngineState): Promise<EngineState> {
  session.progress.note(`Getting the ${id} engine: ${bytes(downloadBytes)} to download …`)
  return EngineState.parse(await session.job(await session.client.engines.install({ engine: id }), `Engine ${id}`))
}

/**
 * The engine to ask a training for: the named one, fetched when it is not there. Undefined, with the reason told, where this computer
 * cannot use it: the best one that is ready computes then.
 */
export async function ensureEngine(session: Session, id: string): Promise<string | undefined> {
  let engine = await find(session, id)
  if (engine.installable) engine = await fetchEngine(session, engine)
  if (!UNFIT.has(engine.reason)) return id
  session.progress.note(`${engine.title}: ${engine.why} Another one is used.`)
  return undefined
}

const mark = ({ ready }: EngineState) => (ready ? '✓' : '·')

/** `NVIDIA …, 24.0 GB, driver 555.42` as far as it is known. */
function deviceOf({ device, memoryBytes, driver }: EngineState): string {
  return [device, memoryBytes && bytes(memoryBytes), driver && `driver ${driver}`].filter(Boolean).join(', ')
}

const doctor: Command = {
  name: 'doctor',
  positional: [],
  options: {},
  help: 'tells what this computer has, what is missing and how to get it',
  async run(_, { client }) {
    const [info, engines] = [await client.app.info(), await client.engines.list({ check: 'afresh' })]
    const { cores, memoryBytes, freeDiskBytes, platform, node, instructionSet } = info.machine
    const best = engines.find((engine) => engine.ready)
    const better = engines.slice(0, best ? engines.indexOf(best) : undefined).filter((engine) => engine.installable)
    const missing = better.map(({ id, downloadBytes }) => ({ engine: id, command: `latent engine install ${id}`, downloadBytes }))
    return {
      json: {
        version: info.version,
        machine: info.machine,
        engine: best?.id ?? null,
        engines: engines.map(({ id, ready, device, memoryBytes: memory, driver, why, reason, untried, ...more }) => {
          const { version, installable, downloadBytes } = more
          return { id, ready, device, memory, driver, why, reason, untried, version, installable, downloadBytes }
        }),
        missing,
      },
      say: [
        `Latent Studio ${info.version} on ${platform}, Node ${node}`,
        `${cores} processors (${instructionSet}), ${bytes(memoryBytes)} of memory, ${bytes(freeDiskBytes)} free on disk`,
        ...engines.map((engine) => `${mark(engine)} ${engine.id} (${deviceOf(engine)}): ${engine.why}`),
        best ? `Training uses the ${best.id} engine.` : 'No engine is ready: training is not possible.',
        ...missing.map(({ command, downloadBytes }) => `For faster training: ${command} (${bytes(downloadBytes)})`),
      ].join('\n'),
    }
  },
}

const list: Command = {
  name: 'engine list',
  positional: [],
  options: {},
  help: 'lists the engines',
  async run(_, { client }) {
    const engines = await client.engines.list({ check: 'known' })
    return {
      json: { engines },
      say: engines.map((engine) => `${mark(engine)} ${engine.id} ${engine.version}: ${engine.why}`).join('\n'),
    }
  },
}

const install: Command = {
  name: 'engine install',
  positional: ['[ID]'],
  options: {},
  help: 'gets an engine (the fastest one when none is named)',
  async run({ rest: [named] }, session) {
    const engines = await session.client.engines.list({ check: 'known' })
    const asked = named ?? engines.find((engine) => engine.installable || engine.ready)!.id
    let engine = await find(session, asked)
    // Someone who names it may be preparing a disk for another computer.
    if (UNFIT.has(engine.reason)) session.progress.note(`${engine.title}: ${engine.why} It is put on the disk all the same.`)
    if (!engine.ready && engine.downloadBytes > 0) engine = await fetchEngine(session, engine)
    const there = UNFIT.has(engine.reason) ? ' is on the disk' : ''
    return { json: { engine }, say: `${engine.title} ${engine.version}${there}: ${engine.why}` }
  },
}

const recipes: Command = {
  name: 'recipes',
  positional: [],
  options: {},
  help: 'lists the kinds of models and their presets, with the schema of their settings',
  async run(_, { client }) {
    const [all, training] = [await client.recipes.list(), await client.recipes.training()]
    return {
      json: { recipes: all, training },
      say: all
        .flatMap(({ id, title, summary, presets = [] }) => [
          `${id}  ${title.en}: ${summary.en}`,
          ...presets.map((preset) => `  --preset ${preset.id}  ${preset.help.en}`),
        ])
        .join('\n'),
    }
  },
}

export const engines: readonly Command[] = [doctor, list, install, recipes]
