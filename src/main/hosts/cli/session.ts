/** A command's studio: the same router as every host has, called in this process; paths of arguments become grants. */
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ContractRouterClient } from '@orpc/contract'
import { createRouterClient } from '@orpc/server'
import type { contract } from '../../../contract'
import { asStudioError, fromWire, isErrorCode, StudioError } from '../../../contract/errors'
import type { Dataset, Run } from '../../../contract/nouns'
import { studioHome } from '../../home'
import { callOwner, type Owner } from '../../owner/call'
import { createStudio, type Studio } from '../../studio'
import { bytes, clock, createProgress, type Progress } from './terminal'

/** Longest that closing a project takes, when no training has to save first. */
const CLOSING_MS = 5000

type Client = ContractRouterClient<typeof contract>

export interface Session {
  /** Whether the answer is for a program. */
  readonly json: boolean
  readonly client: Client
  readonly progress: Progress
  /** This process's own studio. */
  studio(): Promise<Studio>
  /** Opens PROJECT, making it when missing (unless `existing`). Where a studio has it open, that studio does the work. */
  project(folder: string, options?: { existing?: boolean }): Promise<void>
  /** A permission for a path, after `project`; `path-not-found` unless it exists or `new` is set. */
  grant(path: string, options?: { new?: boolean }): Promise<string>
  /** RUN: an id, a name (the newest of that name), or `latest`. */
  run(which: string | undefined): Promise<Run>
  /** By id or name; without one, the only data set there is. */
  dataset(which: string | undefined): Promise<Dataset>
  /** Waits for a job with its progress shown; Ctrl-C cancels it. */
  job(started: { job: string }, label: string): Promise<unknown>
  /** Called at the first Ctrl-C instead of ending; returns what takes it off again. */
  onInterrupt(handler: () => void): () => void
  close(): Promise<void>
}

export function createSession({ json }: { json: boolean }): Session {
  const progress = createProgress()
  let opened: Promise<{ studio: Studio; client: Client }> | undefined
  const open = () =>
    (opened ??= createStudio({ home: studioHome(), host: 'cli' }).then((studio) => ({
      studio,
      client: createRouterClient(studio.router) as Client,
    })))

  let owner: Owner | null = null

  /** The client before the studio is there: each call opens it first and throws the error as it was. */
  const client = new Proxy({} as Client, {
    get: (_, area: string) =>
      new Proxy(
        {},
        {
          get: (_, name: string) => async (input: unknown, options: unknown) => {
            const client = owner?.client ?? (await open()).client
            const call = (client as unknown as Record<string, Record<string, (...args: unknown[]) => Promise<unknown>>>)[area]![
              name
            ]!
            return call(input, options).catch((thrown: unknown) => Promise.reject(fromWire(thrown)))
          },
        },
      ),
  })

  const handlers: (() => void)[] = []
  let interruptedAt = -Infinity
  const interrupt = () => {
    const before = interruptedAt
    interruptedAt = performance.now()
    // One Ctrl-C reaches us more than once: from the terminal, and from the launcher that passes it on.
    if (interruptedAt - before < 1000) return
    // Whoever asks twice means it.
    if (before > -Infinity || handlers.length === 0) process.exit(130)
    handlers.at(-1)!()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  const onInterrupt = (handler: () => void) => {
    handlers.push(handler)
    return () => void handlers.splice(handlers.indexOf(handler), 1)
  }

  /** Whoever came later works through this process, and would be cut off with it. Ctrl-C waits no longer. */
  async function letGuestsFinish(studio: Studio): Promise<void> {
    const guests = await studio.guests()
    if (!guests?.hasGuests()) return
    progress.note('Another command still works in this project; waiting for it to end.')
    const impatient = Promise.withResolvers<void>()
    const off = onInterrupt(impatient.resolve)
    await Promise.race([guests.alone(), impatient.promise])
    off()
  }

  return {
    json,
    client,
    progress,
    studio: async () => (await open()).studio,
    async project(folder, { existing = false } = {}) {
      const { studio } = await open()
      // An owner that is just closing answers nobody, and lets go in a moment.
      for (const late = performance.now() + CLOSING_MS; ; await sleep(100)) {
        try {
          await studio.openFolder(resolve(folder), { create: !existing })
          return
        } catch (thrown) {
          if (asStudioError(thrown).code !== 'project-busy') throw thrown
          owner = await callOwner(resolve(folder))
          if (!owner && performance.now() > late) throw thrown
        }
        if (!owner) continue
        progress.note('A studio has this project open and does the work.')
        return
      }
    },
    async grant(path, { new: fresh = false } = {}) {
      const full = resolve(path)
      if (!fresh && !existsSync(full)) throw new StudioError('path-not-found', { file: path })
      return owner ? owner.grant(full) : (await open()).studio.grants.give(full)
    },
    async run(which) {
      const runs = await client.runs.list()
      const newest = runs.toSorted((a, b) => b.createdAt - a.createdAt)
      const found =
        which === 'latest' || which === undefined ? newest[0] : newest.find(({ id, name }) => id === which || name === which)
      if (!found) throw new StudioError('not-found', { what: 'run', id: which ?? 'latest' })
      return found
    },
    async dataset(which) {
      const all = await client.datasets.list()
      if (which === undefined && all.length !== 1)
        throw new StudioError('usage', { reason: `--dataset is missing: this project has ${all.length || 'no'} data sets.` })
      const found = which === undefined ? all[0] : all.find(({ id, name }) => id === which || name === which)
      if (!found) throw new StudioError('not-found', { what: 'data set', id: which! })
      return found
    },
    async job(started, label) {
      const abort = new AbortController()
      const off = onInterrupt(() => void client.jobs.cancel(started).catch(() => {}))
      try {
        for await (const job of await client.jobs.watch(undefined, { signal: abort.signal })) {
          if (job.id !== started.job) continue
          if (job.state === 'done') return job.result
          if (job.error) throw told(job.error)
          const { done, total, unit, secondsLeft } = job
          if (done === 0) continue
          const left = secondsLeft === null ? '' : `, ${clock(secondsLeft)} left`
          const amount = unit === 'bytes' ? (total > 0 ? `${bytes(done)} of ${bytes(total)}` : bytes(done)) : `${done} ${unit}`
          progress.show(label, done, total, `${amount}${left}`)
        }
        throw new StudioError('unexpected', {}, { cause: new Error('the studio ended') })
      } finally {
        abort.abort()
        off()
        progress.end()
      }
    },
    onInterrupt,
    async close() {
      if (opened) await letGuestsFinish((await opened).studio)
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, interrupt)
      owner?.close()
      if (opened) await (await opened).studio.close()
    },
  }
}

/** A job's failure as it was told: its sentence is filled already. */
function told({ code, message, hint }: { code: string; message: string; hint: string }): StudioError {
  return Object.assign(new StudioError(isErrorCode(code) ? code : 'unexpected'), { message, hint })
}

/** Files of a path: itself, or every file under a folder in the order of names. */
export async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null)
  if (!found) throw new StudioError('path-not-found', { file: path })
  if (!found.isDirectory()) return [path]
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile() && !basename(entry.name).startsWith('.'))
  return files.map((entry) => join(entry.parentPath, entry.name)).sort()
}
