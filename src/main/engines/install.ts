/** An engine's way onto the disk: into a folder of its own that gets its real name last, so that it is there whole or not at all. */
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { asStudioError, StudioError } from '../../contract/errors'
import { makeFolder, renameDurably, syncFolder, writeDurably } from '../durable'
import type { JobHandle } from '../jobs'
import { installFailure } from './failure'
import type { Fetch } from './fetch'
import { checkWheel, unpack } from './unpack'
import type { Wheel } from './wheels'

/** `engine.json` of an installed engine. */
const Installed = z.strictObject({
  formatVersion: z.literal(1),
  engine: z.string(),
  version: z.string(),
  platform: z.string(),
  package: z.string(),
  sha256: z.string(),
  files: z.record(z.string(), z.strictObject({ bytes: z.int(), sha256: z.string() })),
})

/** `.install-<pid>-<random>`: whose work it is, so that what a crash left is told from what is under way. */
const WORKING = /^\.install-(\d+)-[0-9a-f]+$/

/** Share of the progress that fetching takes at 10 to 20 MB a second; the rest is unpacking. */
const FETCHING = 0.7

export type Condition = 'installed' | 'not-installed' | 'broken'

/** Whether the engine in `folder` is whole, by its list and the sizes of its files: cheap enough to ask each time. */
export async function conditionOf(folder: string): Promise<Condition> {
  const text = await readFile(join(folder, 'engine.json'), 'utf8').catch(() => null)
  if (text === null) return (await stat(folder).catch(() => null)) ? 'broken' : 'not-installed'
  try {
    const { files } = Installed.parse(JSON.parse(text))
    for (const [name, { bytes }] of Object.entries(files)) if ((await stat(join(folder, name))).size !== bytes) return 'broken'
    return 'installed'
  } catch {
    return 'broken'
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Removes working folders whose program has ended. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = WORKING.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) await rm(join(folder, name), { recursive: true, force: true })
  }
}

/** A failure as a person meets it: cancelled, disk full, or a reason in plain words. */
function explain(thrown: unknown, signal: AbortSignal): StudioError {
  if (signal.aborted) return new StudioError('cancelled', {}, { cause: thrown })
  const error = asStudioError(thrown)
  if (error.code !== 'unexpected') return error
  const code = (thrown as NodeJS.ErrnoException).code
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return installFailure('the studio’s folder cannot be written to', thrown)
  return installFailure(thrown instanceof Error ? thrown.message : String(thrown), thrown)
}

/**
 * Installs `wheel` as `<engines>/<name>/`. Nothing stays behind when it fails or is cancelled.
 * Throws `engine-install` with a reason, `disk-full` or `cancelled`.
 */
export async function install(
  engines: string,
  name: string,
  wheel: Wheel,
  platform: string,
  fetch: Fetch,
  job: JobHandle,
): Promise<void> {
  const working = join(engines, `.install-${process.pid}-${randomBytes(4).toString('hex')}`)
  const target = join(engines, name)
  try {
    await makeFolder(engines)
    await sweep(engines)
    const download = join(working, 'download')
    const made = join(working, 'engine')
    await makeFolder(download)
    await makeFolder(made)
    job.progress(0, wheel.bytes)
    const path = await fetch(wheel, download, job.signal, (bytes) =>
      job.progress(FETCHING * Math.min(bytes, wheel.bytes), wheel.bytes),
    )
    await checkWheel(path, wheel, job.signal)
    const files = await unpack(path, wheel, made, job.signal, (share) => {
      job.progress((FETCHING + (1 - FETCHING) * share) * wheel.bytes, wheel.bytes)
    })
    const list: z.infer<typeof Installed> = {
      formatVersion: 1,
      engine: 'tensorflow',
      version: wheel.version,
      platform,
      package: wheel.package,
      sha256: wheel.sha256,
      files,
    }
    await writeDurably(join(made, 'engine.json'), `${JSON.stringify(list, null, 2)}\n`)
    await syncFolder(made)
    job.signal.throwIfAborted()
    await putInPlace(made, target, working)
  } catch (thrown) {
    throw explain(thrown, job.signal)
  } finally {
    await rm(working, { recursive: true, force: true }).catch(() => {})
  }
}

/** Two studios may install at once: the one that comes second finds the engine there, and that is as good. */
async function putInPlace(made: string, target: string, working: string): Promise<void> {
  const condition = await conditionOf(target)
  if (condition === 'installed') return
  if (condition === 'broken') await rename(target, join(working, 'broken'))
  try {
    await renameDurably(made, target)
  } catch (thrown) {
    if ((await conditionOf(target)) !== 'installed') throw thrown
  }
}
