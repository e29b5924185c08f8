/** Files and folders on disk. Links are never followed, devices and pipes never opened. */
import { closeSync, constants, createReadStream, fstatSync, openSync, readFile as read } from 'node:fs'
import type { Dirent } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import { promisify } from 'node:util'
import { StudioError } from '../../../contract/errors'
import { limits, sizeText } from '../limits'
import { cleanName } from './entry'
import type { Entry } from './entry'

const readFile = promisify(read)

/** Called for each thing that cannot be used, with the error that names it. */
export type Refuse = (file: string, error: StudioError) => void

const byName = new Intl.Collator('en', { numeric: true }).compare
const inOrder = (a: string, b: string) => byName(a, b) || (a < b ? -1 : 1)

/**
 * Lists a chosen file or a folder with all that is below it, in the order of names (`2.png` before `10.png`). A chosen link to a
 * folder is the person's own choice and is opened; any other link is refused by name. `named`: the folder's own name counts as a
 * level, because several folders were chosen together. Throws `path-not-found`.
 */
export async function listPath(path: string, named: boolean, refuse: Refuse): Promise<{ entries: Entry[]; isFile: boolean }> {
  const name = cleanName(basename(path))
  const found = await lstat(path).catch(() => {
    throw new StudioError('path-not-found', { file: name })
  })
  const isFolder = found.isDirectory() || (found.isSymbolicLink() && (await stat(path).catch(() => null))?.isDirectory())
  if (!isFolder) {
    const refused = whyNot(found)
    if (!refused) return { entries: [entry(path, name, [])], isFile: true }
    refuse(name, refused(name))
    return { entries: [], isFile: true }
  }
  const entries: Entry[] = []
  await listFolder(path, [], named ? [name] : [], name, entries, refuse)
  return { entries, isFile: false }
}

async function listFolder(
  folder: string,
  below: string[],
  levels: string[],
  root: string,
  entries: Entry[],
  refuse: Refuse,
): Promise<void> {
  const shown = below.length > 0 ? below.join('/') : root
  let names: Dirent[]
  try {
    if (below.length > limits.folderDepth) throw new Error('too deep')
    names = await readdir(folder, { withFileTypes: true })
  } catch (thrown) {
    refuse(shown, new StudioError('folder-unreadable', { file: shown }, { cause: thrown }))
    return
  }
  // A project of ours is no folder of pictures: its media are in it already.
  if (names.some(({ name }) => name === 'project.db') && names.some(({ name }) => name === 'owner.db')) return
  names.sort((a, b) => inOrder(a.name, b.name))
  for (const found of names) {
    const name = cleanName(found.name)
    const path = join(folder, found.name)
    const inside = [...below, name]
    if (found.isDirectory()) {
      // Hidden folders hold other programs' things (.git, .Trash).
      if (!found.name.startsWith('.')) await listFolder(path, inside, [...levels, name], root, entries, refuse)
      continue
    }
    const refused = whyNot(found)
    if (refused) refuse(inside.join('/'), refused(inside.join('/')))
    else entries.push(entry(path, inside.join('/'), levels))
  }
}

function whyNot(found: Pick<Dirent, 'isFile' | 'isSymbolicLink'>): ((file: string) => StudioError) | null {
  if (found.isFile()) return null
  if (found.isSymbolicLink()) return (file) => new StudioError('file-link', { file })
  return (file) => new StudioError('file-unreadable', { file, reason: 'it is not an ordinary file' })
}

function entry(path: string, name: string, folders: string[]): Entry {
  return {
    path: name,
    shown: name,
    place: path.split(sep).join('/'),
    folders,
    open: () => openFile(path, name),
    size: async () => (await stat(path)).size,
    async bytes() {
      const descriptor = openFile(path, name)
      try {
        if (fstatSync(descriptor).size > limits.picture)
          throw new StudioError('file-too-large', { file: name, limit: sizeText(limits.picture) })
        return await readFile(descriptor)
      } finally {
        closeSync(descriptor)
      }
    },
    stream: async () => createReadStream('', { fd: openFile(path, name) }),
  }
}

/** Opens an ordinary file and nothing else, even when it was swapped for something else since it was listed. */
function openFile(path: string, name: string): number {
  let descriptor: number | undefined
  try {
    // Windows knows neither flag. Without O_NONBLOCK opening a pipe would wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    if (!fstatSync(descriptor).isFile()) throw Object.assign(new Error('not a file'), { code: 'EFTYPE' })
    return descriptor
  } catch (thrown) {
    if (descriptor !== undefined) closeSync(descriptor)
    const code = (thrown as NodeJS.ErrnoException).code ?? ''
    if (code === 'ELOOP') throw new StudioError('file-link', { file: name })
    const reason = {
      EACCES: 'no permission',
      EPERM: 'no permission',
      ENOENT: 'it is gone',
      EFTYPE: 'it is not an ordinary file',
    }[code]
    throw new StudioError('file-unreadable', { file: name, reason: reason ?? code }, { cause: thrown })
  }
}
