/** A command's studio: the same router as every host has, called in this process; paths of arguments become grants. */
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { ContractRouterClient } from '@orpc/contract'
import { createRouterClient } from '@orpc/server'
import type { contract } from '../../../contract'
import { fromWire, StudioError } from '../../../contract/errors'
import type { Dataset, Job, Run } from '../../../contract/nouns'
import { studioHome } from '../../home'
import { createStudio, type Studio } from '../../studio'
import { bytes, clock, createProgress, type Progress } from './terminal'

export type Client = ContractRouterClient<typeof contract>

export interface Session {
  /** Whether the answer is for a program. */
  readonly json: boolean
  readonly client: Client
  readonly progress: Progress
  studio(): Promise<Studio>
  /** Opens PROJECT, making it when missing (unless `existing`). */
  project(folder: string, options?: { existing?: boolean }): Promise<void>
  /** A permission for a path that exists; `path-not-found` otherwise. */
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

  /** The client before the studio is there: each call opens it first and throws the error as it was. */
  const client = new Proxy({} as Client, {
    get: (_, area: string) =>
      new Proxy(
        {},
        {
          get: (_, name: string) => async (input: unknown, options: unknown) => {
            const { client } = await open()
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

  return {
    json,
    client,
    progress,
    studio: async () => (await open()).studio,
    async project(folder, { existing = false } = {}) {
      const { studio } = await open()
      await studio.openFolder(resolve(folder), { create: !existing })
    },
    async grant(path, { new: fresh = false } = {}) {
      const full = resolve(path)
      if (!fresh && !existsSync(full)) throw new StudioError('path-not-found', { file: path })
      return (await open()).studio.grants.give(full)
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
      const { studio } = await open()
      const off = onInterrupt(() => studio.jobs.cancel(started.job))
      const show = ({ done, total, unit, secondsLeft }: Job) => {
        const left = secondsLeft === null ? '' : `, ${clock(secondsLeft)} left`
        const amount = unit === 'bytes' ? (total > 0 ? `${bytes(done)} of ${bytes(total)}` : bytes(done)) : `${done} ${unit}`
        progress.show(label, done, total, `${amount}${left}`)
      }
      try {
        return await studio.jobs.result(started.job, show)
      } finally {
        off()
        progress.end()
      }
    },
    onInterrupt,
    async close() {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, interrupt)
      if (opened) await (await opened).studio.close()
    },
  }
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
