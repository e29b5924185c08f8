/** An engine's way onto the disk: into a folder of its own that gets its real name last, so that it is there whole or not at all. */
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { asStudioError, StudioError } from '../../contract/errors'
import { makeFolder, renameDurably, syncFolder, writeDurably } from '../durable'
import { readJson } from '../json'
import type { JobHandle } from '../jobs'
import { homeUnwritable } from '../unwritable'
import { Failure } from './failure'
import type { Fetch } from './fetch'
import type { Package, Wheel } from './package'
import { checkWheel, unpack } from './unpack'

const Files = z.record(z.string(), z.strictObject({ bytes: z.int(), sha256: z.string() }))
type Files = z.infer<typeof Files>

/** `engine.json` of an installed engine. */
const Installed = z.strictObject({
  formatVersion: z.literal(2),
  engine: z.string(),
  version: z.string(),
  platform: z.string(),
  wheels: z.array(z.strictObject({ package: z.string(), version: z.string(), sha256: z.string() })),
  files: Files,
})

/** What was written before engines had several wheels: that one's name and hash. */
const InstalledBefore = z.object({ formatVersion: z.literal(1), files: Files })

/** `parts.json` of an engine on its way: the files of each wheel that is done, by the wheel's hash. */
const Parts = z.record(z.string(), Files)
type Parts = z.infer<typeof Parts>

/** `.install-<pid>-<random>`: whose work it is, so that what a crash left is told from what is under way. */
const WORKING = /^\.install-(\d+)-[0-9a-f]+$/

/** Share of the progress that fetching takes at 10 to 20 MB a second; the rest is unpacking. */
const FETCHING = 0.7

/** Room that is left to the rest of the computer. */
const SPARE_BYTES = 100e6

export type Condition = 'installed' | 'not-installed' | 'broken'

const sum = (wheels: readonly Wheel[], of: (wheel: Wheel) => number) => wheels.reduce((total, wheel) => total + of(wheel), 0)

/** What is fetched for a package. */
export const downloadBytes = ({ wheels }: Package): number => sum(wheels, ({ bytes }) => bytes)

async function hold(folder: string, files: Files): Promise<boolean> {
  for (const [name, { bytes }] of Object.entries(files)) {
    const found = await stat(join(folder, name)).catch(() => null)
    if (found?.size !== bytes) return false
  }
  return true
}

/** Whether the engine in `folder` is whole, by its list and the sizes of its files: cheap enough to ask each time. */
export async function conditionOf(folder: string): Promise<Condition> {
  const text = await readFile(join(folder, 'engine.json'), 'utf8').catch(() => null)
  if (text === null) return (await stat(folder).catch(() => null)) ? 'broken' : 'not-installed'
  try {
    const { files } = z.union([Installed, InstalledBefore]).parse(JSON.parse(text))
    return (await hold(folder, files)) ? 'installed' : 'broken'
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

/** A failure as a person meets it. */
function explain(thrown: unknown, engine: string, home: string, signal: AbortSignal): StudioError {
  if (signal.aborted) return new StudioError('cancelled', {}, { cause: thrown })
  if (thrown instanceof Failure) return new StudioError(thrown.code, { id: engine, ...thrown.details }, { cause: thrown })
  const error = asStudioError(homeUnwritable(home, thrown))
  if (error.code !== 'unexpected') return error
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new StudioError('engine-install', { id: engine, reason }, { cause: thrown })
}

/** Removes what there is of wheels that are not done. */
async function dropHalf(made: string, wheels: readonly Wheel[], parts: Parts): Promise<void> {
  for (const { sha256, files } of wheels)
    if (!parts[sha256]) for (const name of Object.values(files)) await rm(join(made, name), { force: true })
}

/** What an earlier attempt had done, taken over from `partial` into `made`. */
async function takeOver(partial: string, made: string, { wheels }: Package): Promise<Parts> {
  await rename(partial, made).catch(() => makeFolder(made))
  const read = Parts.safeParse(await readJson(join(made, 'parts.json')))
  const parts: Parts = {}
  for (const { sha256 } of wheels) {
    const done = read.success ? read.data[sha256] : undefined
    if (done && (await hold(made, done))) parts[sha256] = done
  }
  await dropHalf(made, wheels, parts)
  if (Object.keys(parts).length === 0) {
    await rm(made, { recursive: true })
    await makeFolder(made)
  }
  return parts
}

const size = (bytes: number, round: (value: number) => number) =>
  bytes < 1e9 ? `${round(bytes / 1e6)} MB` : `${(round(bytes / 1e8) / 10).toFixed(1)} GB`

/** Throws `disk-short` before anything is fetched that would find no room. Wheels are removed one by one once they are unpacked. */
async function checkSpace(folder: string, wheels: readonly Wheel[]): Promise<void> {
  const needed = sum(wheels, (wheel) => wheel.unpackedBytes) + Math.max(0, ...wheels.map(({ bytes }) => bytes)) + SPARE_BYTES
  const disk = await statfs(folder)
  const free = disk.bavail * disk.bsize
  // Rounded away from each other, so that the two numbers never look alike.
  if (free < needed) throw new Failure('disk-short', { needed: size(needed, Math.ceil), free: size(free, Math.floor) })
}

/**
 * Installs a package as `<home>/engines/<name>/`. Nothing half done is ever found there when it fails or is cancelled; wheels that
 * were whole by then wait in a hidden folder for the next attempt, unless the disk is full.
 * Throws `engine-…` with the engine's id, `disk-short`, `disk-full`, `home-unwritable` or `cancelled`.
 */
export async function install(
  home: string,
  name: string,
  source: Package,
  platform: string,
  fetch: Fetch,
  job: JobHandle,
): Promise<void> {
  const engines = join(home, 'engines')
  const working = join(engines, `.install-${process.pid}-${randomBytes(4).toString('hex')}`)
  const partial = join(engines, `.partial-${name}`)
  const made = join(working, 'engine')
  const total = downloadBytes(source)
  let parts: Parts = {}
  try {
    await makeFolder(engines)
    await sweep(engines)
    await makeFolder(working)
    parts = await takeOver(partial, made, source)
    const left = source.wheels.filter(({ sha256 }) => !parts[sha256])
    await checkSpace(engines, left)
    let done = total - sum(left, ({ bytes }) => bytes)
    job.progress(done, total)
    for (const wheel of left) {
      const at = (share: number) => job.progress(done + share * wheel.bytes, total)
      const download = join(working, 'download')
      await makeFolder(download)
      const path = await fetch(wheel, download, job.signal, (bytes) => at(FETCHING * Math.min(1, bytes / wheel.bytes)))
      await checkWheel(path, wheel, job.signal)
      const files = await unpack(path, wheel, made, job.signal, (share) => at(FETCHING + (1 - FETCHING) * share))
      await rm(download, { recursive: true })
      done += wheel.bytes
      // Only once the folder holds the names durably may the list claim them.
      await syncFolder(made)
      parts[wheel.sha256] = files
      await writeDurably(join(made, 'parts.json'), JSON.stringify(parts))
    }
    const list: z.infer<typeof Installed> = {
      formatVersion: 2,
      engine: source.id,
      version: source.version,
      platform,
      wheels: source.wheels.map(({ package: name, version, sha256 }) => ({ package: name, version, sha256 })),
      files: Object.assign({}, ...Object.values(parts)) as Files,
    }
    await writeDurably(join(made, 'engine.json'), `${JSON.stringify(list, null, 2)}\n`)
    job.signal.throwIfAborted()
    await rm(join(made, 'parts.json'))
    await syncFolder(made)
    await putInPlace(made, join(engines, name), working)
  } catch (thrown) {
    const error = explain(thrown, source.id, home, job.signal)
    if (error.code !== 'disk-full' && Object.keys(parts).length > 0)
      await dropHalf(made, source.wheels, parts)
        .then(() => rename(made, partial))
        .catch(() => {})
    throw error
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
