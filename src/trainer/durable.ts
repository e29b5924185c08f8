/**
 * Files that are whole or absent, whatever moment the program or the machine dies at: written under a temporary name in the
 * same folder, fsynced, renamed, and the folder fsynced, because a rename is only durable when its folder is.
 *
 * Synchronous on purpose: nothing may step while its state is being written, and the heartbeat comes from a thread of its own.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What unfinished things are called; `sweep` removes them. */
const UNFINISHED = '.tmp'

/** Makes a folder's own entries durable. Windows cannot open folders and needs no such call. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Writes a new file and fsyncs it, without a rename: for files inside a folder that is itself renamed into place. */
export function writeSynced(file: string, pieces: Iterable<Uint8Array>): void {
  const handle = openSync(file, 'wx')
  try {
    for (const piece of pieces) {
      // One write may take less than it was given (the kernel stops at 2 GiB).
      for (let at = 0; at < piece.length;) at += writeSync(handle, piece, at, piece.length - at)
    }
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Writes a file so that `file` is the old one or the whole new one. Throws the system's error; nothing is left then. */
export function writeDurable(file: string, pieces: Iterable<Uint8Array>): void {
  const temporary = `${file}.${process.pid}${UNFINISHED}`
  rmSync(temporary, { force: true })
  try {
    writeSynced(temporary, pieces)
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncFolder(dirname(file))
}

/**
 * Makes a folder whole or not at all: `fill` writes into a temporary folder beside it, which is then renamed. A folder that
 * is there already is replaced (moved away first, so that at no moment a half-filled one has the name).
 */
export function writeFolder(folder: string, fill: (temporary: string) => void): void {
  const temporary = `${folder}.${process.pid}${UNFINISHED}`
  const old = `${folder}.old${UNFINISHED}`
  mkdirSync(dirname(folder), { recursive: true })
  rmSync(temporary, { recursive: true, force: true })
  try {
    mkdirSync(temporary)
    fill(temporary)
    syncFolder(temporary)
    try {
      renameSync(temporary, folder)
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      rmSync(old, { recursive: true, force: true })
      renameSync(folder, old)
      renameSync(temporary, folder)
      rmSync(old, { recursive: true, force: true })
    }
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
  syncFolder(dirname(folder))
}

/** Removes what an interrupted write left in a folder. Only the folder's one writer may call it. */
export function sweep(folder: string): void {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return
  }
  for (const name of names) if (name.endsWith(UNFINISHED)) rmSync(join(folder, name), { recursive: true, force: true })
}
