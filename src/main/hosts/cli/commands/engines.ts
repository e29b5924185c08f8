/** `doctor`, `engine install`, `engine list`, `recipes`: what this studio is and can do. */
import { StudioError } from '../../../../contract/errors'
import type { Command } from '../command'
import type { Session } from '../session'
import { bytes } from '../terminal'

/** Fetches an engine when it is not ready; the built-in ones always are. */
export async function ensureEngine(session: Session, id: string): Promise<void> {
  const engine = (await session.client.engines.list()).find((one) => one.id === id)
  if (!engine) throw new StudioError('engine-unknown', { id })
  if (engine.ready) return
  session.progress.note(`Getting the ${id} engine (${bytes(engine.downloadBytes)}) …`)
  await session.job(await session.client.engines.install({ engine: id }), `Engine ${id}`)
}

const doctor: Command = {
  name: 'doctor',
  positional: [],
  options: {},
  help: 'tells what this computer has, what is missing and how to get it',
  async run(_, { client }) {
    const [info, engines] = [await client.app.info(), await client.engines.list()]
    const { cores, memoryBytes, freeDiskBytes, platform, node } = info.machine
    const best = engines.find((engine) => engine.ready)
    const missing = engines.filter((engine) => !engine.ready && engine.installable)
    return {
      json: {
        version: info.version,
        machine: info.machine,
        engine: best?.id ?? null,
        engines: engines.map(({ id, ready, device, why, version, installable, downloadBytes }) => {
          return { id, ready, device, why, version, installable, downloadBytes }
        }),
      },
      say: [
        `Latent Studio ${info.version} on ${platform}, Node ${node}`,
        `${cores} processors, ${bytes(memoryBytes)} of memory, ${bytes(freeDiskBytes)} free on disk`,
        ...engines.map(({ id, ready, device, why }) => `${ready ? '✓' : '·'} ${id} (${device}): ${why}`),
        best ? `Training uses the ${best.id} engine.` : 'No engine is ready: training is not possible.',
        ...missing.map(({ id, downloadBytes }) => `For faster training: latent engine install ${id} (${bytes(downloadBytes)})`),
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
    const engines = await client.engines.list()
    return {
      json: { engines },
      say: engines.map(({ id, ready, version, why }) => `${ready ? '✓' : '·'} ${id} ${version}: ${why}`).join('\n'),
    }
  },
}

const install: Command = {
  name: 'engine install',
  positional: ['[ID]'],
  options: {},
  help: 'gets an engine (the fastest one when none is named)',
  async run({ rest: [named] }, session) {
    const engines = await session.client.engines.list()
    const id = named ?? engines.find((engine) => engine.installable)?.id ?? engines[0]!.id
    await ensureEngine(session, id)
    const engine = (await session.client.engines.list()).find((one) => one.id === id)!
    return { json: { engine }, say: `${engine.title} ${engine.version}: ${engine.why}` }
  },
}

const recipes: Command = {
  name: 'recipes',
  positional: [],
  options: {},
  help: 'lists the kinds of models, with the schema of their settings',
  async run(_, { client }) {
    const [all, training] = [await client.recipes.list(), await client.recipes.training()]
    return {
      json: { recipes: all, training },
      say: all.map(({ id, title, summary }) => `${id}  ${title.en}: ${summary.en}`).join('\n'),
    }
  },
}

export const engines: readonly Command[] = [doctor, list, install, recipes]
