/**
 * Files a browser hands over: streamed to the disk, never held in memory, and granted as the studio's own temporary copies.
 * A folder is sent file by file and granted when it is complete.
 */
import { mkdir, open, readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { StudioError } from '../../../contract/errors'
import { MAX_UPLOAD, MAX_UPLOAD_WORDS } from '../../../contract/uploads'
import type { Grants } from '../../grants'
import { newId } from '../../jobs'

const GIB = 2 ** 30
const MAX_FOLDER = 20 * GIB
const MAX_FILES = 200_000
const MAX_DEPTH = 32
/** Left free for the project itself. */
const SPARE = GIB / 2

export interface Uploads {
  folder(name: string): Promise<{ folder: string }>
  /** `length`: bytes as declared, NaN when they were not. `to`: a folder in progress and a place in it, or the name of a file that comes alone, which is granted at once. */
  file(body: Readable, length: number, to: { name: string } | { folder: string; path: string }): Promise<{ grant?: string }>
  done(folder: string): Promise<{ grant: string }>
  close(): Promise<void>
}

/** A relative place as safe segments. Throws `file-unreadable` for one that is no plain name. */
function segments(path: string): string[] {
  const parts = path.split('/')
  for (const part of parts) {
    const reason =
      part === '' || part === '.' || part === '..' || /[\p{Cc}\\]/u.test(part)
        ? 'its name is not a plain name'
        : Buffer.byteLength(part) > 255
          ? 'its name is too long'
          : null
    if (reason) throw new StudioError('file-unreadable', { file: path.slice(0, 200), reason })
  }
  if (parts.length > MAX_DEPTH) throw new StudioError('file-unreadable', { file: path.slice(0, 200), reason: 'it lies too deep' })
  return parts.map(portable)
}

/** What another system allows in a name and Windows does not. */
const portable = (name: string) => (process.platform === 'win32' ? name.replace(/[<>:"|?*]|[. ]$/g, '_') : name)

/** `root`: where the copies go, `<root>/<our process id>-<random>/`; what dead processes left there is removed. */
export async function createUploads(root: string, grants: Grants): Promise<Uploads> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  await sweep(root)
  const own = join(root, `${process.pid}-${newId()}`)
  await mkdir(own, { mode: 0o700 })
  const folders = new Map<string, { place: string; bytes: number; files: number }>()

  /** A fresh folder for one upload, so that the file keeps its own name. */
  async function room(name: string): Promise<string> {
    const parts = segments(name)
    if (parts.length !== 1)
      throw new StudioError('file-unreadable', { file: name.slice(0, 200), reason: 'its name is not a plain name' })
    const place = join(own, newId())
    await mkdir(place, { mode: 0o700 })
    return join(place, parts[0]!)
  }

  async function receive(body: Readable, length: number, file: string, name: string): Promise<void> {
    if (!(length >= 0)) throw new StudioError('wrong-input', { reason: 'its length is missing' })
    // HTTP holds the sender to the length it declared, so this is all there is to check.
    if (length > MAX_UPLOAD) throw new StudioError('file-too-large', { file: name, limit: MAX_UPLOAD_WORDS })
    const { bavail, bsize } = await statfs(own)
    if (length > bavail * bsize - SPARE) throw new StudioError('disk-full')
    const target = await open(file, 'wx', 0o600).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'EEXIST') throw thrown
      throw new StudioError('file-unreadable', { file: name, reason: 'another file has the same name' }, { cause: thrown })
    })
    try {
      // Leaving the loop early must not destroy the connection: the answer still goes through it.
      for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) await target.writeFile(chunk)
      await target.close()
    } catch (thrown) {
      await target.close().catch(() => {})
      await rm(file, { force: true })
      throw thrown
    }
  }

  return {
    async folder(name) {
      const place = await room(name)
      await mkdir(place, { mode: 0o700 })
      const folder = newId()
      folders.set(folder, { place, bytes: 0, files: 0 })
      return { folder }
    },
    async file(body, length, to) {
      if ('name' in to) {
        const file = await room(to.name)
        await receive(body, length, file, to.name)
        return { grant: grants.give(file, { temporary: true }) }
      }
      const folder = folders.get(to.folder)
      if (!folder) throw new StudioError('grant-unknown')
      const parts = segments(to.path)
      folder.bytes += length
      folder.files += 1
      if (folder.bytes > MAX_FOLDER) throw new StudioError('file-too-large', { file: to.path, limit: '20 GiB' })
      if (folder.files > MAX_FILES) throw new StudioError('too-many', { limit: `${MAX_FILES} files` })
      await mkdir(join(folder.place, ...parts.slice(0, -1)), { recursive: true, mode: 0o700 })
      await receive(body, length, join(folder.place, ...parts), to.path)
      return {}
    },
    async done(folder) {
      const entry = folders.get(folder)
      if (!entry) throw new StudioError('grant-unknown')
      folders.delete(folder)
      return { grant: grants.give(entry.place, { temporary: true }) }
    },
    close: () => rm(own, { recursive: true, force: true }),
  }
}

async function sweep(root: string): Promise<void> {
  const entries = await readdir(root, { withFileTypes: true })
  for (const entry of entries) {
    const pid = Number(entry.name.split('-')[0])
    if (!entry.isDirectory() || !Number.isInteger(pid) || pid === process.pid || alive(pid)) continue
    await rm(join(root, entry.name), { recursive: true, force: true })
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
