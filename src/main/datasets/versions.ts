/** The files of frozen versions: `versions/<id>/{data.bin, tags.bin, pack.json}`. */
import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Pack } from '../../contract/trainer'

export const versionFolder = (project: string, id: string): string => join(project, 'versions', id)

/** Whether all files of a version are there and as long as they must be. */
export async function isWhole(folder: string): Promise<boolean> {
  try {
    const { items, height, width, channels, tags } = Pack.parse(JSON.parse(await readFile(join(folder, 'pack.json'), 'utf8')))
    const [data, table] = await Promise.all([stat(join(folder, 'data.bin')), stat(join(folder, 'tags.bin'))])
    return data.size === items * height * width * channels && table.size === items * tags.length
  } catch {
    return false
  }
}

/** Removes folders that no version owns: what a crash or a cancelled freeze left. */
export async function sweepVersions(project: string, known: readonly { id: string }[]): Promise<void> {
  const owned = new Set(known.map(({ id }) => id))
  for (const name of await readdir(join(project, 'versions')).catch(() => []))
    if (!owned.has(name)) await rm(versionFolder(project, name), { recursive: true, force: true })
}
