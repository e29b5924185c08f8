/**
 * Files that matter: written under a temporary name in the same folder, flushed, renamed, and the folder flushed. After a crash
 * at any point the old file or the whole new one is there, never a part. Record a file in the store only after this returned.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export type DurableCall = 'mkdir' | 'open' | 'write' | 'sync' | 'rename' | 'sync-folder'

let before: (call: DurableCall, path: string) => void = () => {}

/** Test seam: `hook` sees each file operation before it happens and may throw in its place. Returns what puts things back. */
export function interceptCalls(hook: (call: DurableCall, path: string) => void): () => void {
  before = hook
  return () => {
    before = () => {}
  }
}

/** Makes the folder and what is above it, so that it is still there after a power loss. */
export async function makeFolder(folder: string): Promise<void> {
  before('mkdir', folder)
  const made = await mkdir(folder, { recursive: true })
  if (!made) return
  for (let path = folder; path !== dirname(made); path = dirname(path)) await syncFolder(dirname(path))
}

/** Makes names in a folder (new, renamed, removed files) durable. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  before('sync-folder', folder)
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export type Append = (bytes: Uint8Array) => Promise<void>

/**
 * Writes a whole file durably, replacing an older one at once or not at all. `content` is the bytes, or a function that
 * appends them piece by piece (its answer is returned). When anything fails the temporary file is removed and the error thrown.
 */
export async function writeDurably(path: string, content: Uint8Array | string): Promise<void>
export async function writeDurably<T>(path: string, content: (append: Append) => Promise<T>): Promise<T>
export async function writeDurably<T>(
  path: string,
  content: Uint8Array | string | ((append: Append) => Promise<T>),
): Promise<T | undefined> {
  const temporary = temporaryName(path)
  before('open', temporary)
  const handle = await open(temporary, 'wx', 0o644)
  try {
    let answer: T | undefined
    try {
      const append: Append = (bytes) => writeAll(handle, temporary, bytes)
      if (typeof content === 'function') answer = await content(append)
      else await append(typeof content === 'string' ? Buffer.from(content) : content)
      before('sync', temporary)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await renameDurably(temporary, path)
    return answer
  } catch (thrown) {
    await rm(temporary, { force: true })
    throw thrown
  }
}

async function writeAll(handle: FileHandle, path: string, bytes: Uint8Array): Promise<void> {
  let at = 0
  while (at < bytes.length) {
    before('write', path)
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at)
    at += bytesWritten
  }
}

/** Flushes a file that something else wrote. */
export async function syncFile(path: string): Promise<void> {
  before('sync', path)
  const handle = await open(path, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Renames within one disk and makes the new name durable. The content must have been flushed before. */
export async function renameDurably(from: string, to: string): Promise<void> {
  before('rename', to)
  await rename(from, to)
  await syncFolder(dirname(to))
}

const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/

export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
}

/** Removes what an earlier crash left half written in this folder. Only for its one owner: a live writer's file would go too. */
export async function sweepTemporary(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const left = names.filter((name) => TEMPORARY.test(name))
  for (const name of left) await rm(join(folder, name), { recursive: true, force: true })
  return left.length
}
