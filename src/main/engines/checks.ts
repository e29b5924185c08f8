/**
 * Whether an engine that depends on a GPU and its driver really starts: learnt by starting it once in a trainer process of its own,
 * and remembered until this computer or the studio changes.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { asStudioError, StudioError } from '../../contract/errors'
import { Probe, type EngineChoice } from '../../contract/trainer'
import { writeDurably } from '../durable'
import { readJson } from '../json'
import { appVersion, program } from '../programs'
import { exitError, startTrainer, toldError } from '../runs/trainer-process'

/** What a trial came to: what the engine computes on, or why it did not start. */
export const Trial = z.strictObject({ probe: Probe.nullable(), failure: z.string().nullable() })
export type Trial = z.infer<typeof Trial>

const Remembered = z.record(z.string(), z.strictObject({ key: z.string(), at: z.number(), trial: Trial }))

/** Loading a gigabyte of libraries from a slow disk, and a GPU's first context. */
const TRIAL_MS = 60_000
/** A failure is not believed for longer: a driver may have been installed that leaves no trace we know of. */
const FAILURE_MS = 24 * 3600_000

/** In the words that follow "it did not start:". */
function reasonOf({ code, details, message }: StudioError): string {
  if (code === 'engine-failed') return String(details.reason)
  if (code === 'trainer-hung') return `no answer within ${TRIAL_MS / 1000} seconds`
  return code === 'trainer-crashed' ? 'its program ended without saying why' : message.replace(/\.$/, '')
}

/** Starts `engine` in a process that ends with it. Never throws; `signal` gives it up. */
export async function tryEngine(
  home: string,
  engine: EngineChoice,
  signal: AbortSignal,
  command?: readonly [string, ...string[]],
): Promise<Trial> {
  const answer = Promise.withResolvers<Probe>()
  const trainer = startTrainer({
    home,
    command,
    engine,
    onEvent(event) {
      if (event.type === 'result') answer.resolve(Probe.parse(event.result))
      else if (event.type === 'call-failed') answer.reject(toldError(event))
    },
  })
  void trainer.exited.then((exit) => answer.reject(exitError(exit)))
  const late = setTimeout(() => answer.reject(new StudioError('trainer-hung')), TRIAL_MS)
  signal.addEventListener('abort', () => trainer.kill('SIGKILL'))
  trainer.send({ type: 'probe', id: 1, engine })
  try {
    return { probe: await answer.promise, failure: null }
  } catch (thrown) {
    return { probe: null, failure: reasonOf(asStudioError(thrown)) }
  } finally {
    clearTimeout(late)
    trainer.kill('SIGKILL')
  }
}

/** Changes when the studio, the system or a GPU driver does, as far as files tell. */
async function machineKey(): Promise<string> {
  const folders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d']
  const listed = folders.map(async (folder) => {
    const names = (await readdir(folder).catch(() => [])).sort()
    return await Promise.all(names.map(async (name) => [name, (await stat(join(folder, name)).catch(() => null))?.mtimeMs]))
  })
  const nvidia = await readFile('/proc/driver/nvidia/version', 'utf8').catch(() => '')
  const trainer = (await stat(program('trainer')).catch(() => null))?.mtimeMs
  const parts = [appVersion(), trainer, process.platform, process.arch, release(), nvidia, await Promise.all(listed)]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/**
 * How much trouble a question is worth: only what is remembered; that, and a trial begun in the background where there is nothing;
 * that, or a trial that is waited for; a new trial in any case.
 */
export type Effort = 'known' | 'begin' | 'wait' | 'afresh'

export interface Checks {
  /** Undefined: not known yet. Those who wait at once share one trial. */
  of(engine: string, choice: EngineChoice, effort: Effort): Promise<Trial | undefined>
  /** Gives up trials that are under way. */
  close(): Promise<void>
}

/** `attempt` is `tryEngine`; tests bring another. */
export function createChecks(home: string, attempt: (choice: EngineChoice, signal: AbortSignal) => Promise<Trial>): Checks {
  const file = join(home, 'engine-checks.json')
  const running = new Map<string, Promise<Trial>>()
  const closing = new AbortController()

  async function read(): Promise<z.infer<typeof Remembered>> {
    return Remembered.safeParse(await readJson(file)).data ?? {}
  }
  async function known(engine: string): Promise<Trial | undefined> {
    const found = (await read())[engine]
    if (!found || found.key !== (await machineKey())) return undefined
    return found.trial.probe || Date.now() - found.at < FAILURE_MS ? found.trial : undefined
  }
  async function learn(engine: string, choice: EngineChoice): Promise<Trial> {
    const trial = await attempt(choice, closing.signal)
    if (closing.signal.aborted) return trial
    const all = { ...(await read()), [engine]: { key: await machineKey(), at: Date.now(), trial } }
    // Only comfort is lost where it cannot be written: it is tried again next time.
    await writeDurably(file, `${JSON.stringify(all, null, 2)}\n`).catch(() => undefined)
    return trial
  }
  return {
    async of(engine, choice, effort) {
      const before = effort === 'afresh' ? undefined : await known(engine)
      if (before || effort === 'known') return before
      const trial = running.get(engine) ?? learn(engine, choice).finally(() => running.delete(engine))
      running.set(engine, trial)
      return effort === 'begin' ? undefined : await trial
    },
    async close() {
      closing.abort()
      await Promise.allSettled(running.values())
    },
  }
}
