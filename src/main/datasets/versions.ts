/** The files of frozen versions: `versions/<id>/`, as `Pack` and `TextPack` say. */
import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { TextPack } from '../../contract/texts'
import { Pack } from '../../contract/trainer'

export const versionFolder = (project: string, id: string): string => join(project, 'versions', id)

/** Whether all files of a version are there and as long as they must be. */
export async function isWhole(folder: string): Promise<boolean> {
  try {
    const pack = z.union([Pack, TextPack]).parse(JSON.parse(await readFile(join(folder, 'pack.json'), 'utf8')))
    const { items, tags } = pack
    const each = pack.kind === 'images' ? pack.height * pack.width * pack.channels : 2 * pack.length
    const sizes: [name: string, size: number][] = [
      ['data.bin', items * each],
      ['tags.bin', items * tags.length],
    ]
    if (pack.kind === 'images' && pack.words) sizes.push(['words.bin', items * pack.words.length])
    if (pack.kind === 'texts') sizes.push(['lengths.bin', 2 * items])
    const found = await Promise.all(sizes.map(([name]) => stat(join(folder, name))))
    return found.every(({ size }, at) => size === sizes[at]![1])
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
