/** A run's newest state as the beginning of another run. */
import { constants } from 'node:fs'
import { copyFile, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, renameDurably, syncFile, syncFolder, temporaryName } from '../durable'
import type { Checkpoint } from './checkpoints'

/** What a checkpoint consists of; with its manifest, the last one, it exists. */
const FILES = ['state.safetensors', 'manifest.json']

/** Copies a checkpoint into another run's folder; shares the disk's blocks where the file system can. Gives its size in bytes. */
export async function copyCheckpoint({ step, folder }: Checkpoint, runFolder: string): Promise<number> {
  const place = join(runFolder, 'checkpoints', String(step))
  const temporary = temporaryName(place)
  await makeFolder(join(runFolder, 'checkpoints'))
  try {
    await mkdir(temporary)
    let bytes = 0
    for (const file of FILES) {
      const copy = join(temporary, file)
      await copyFile(join(folder, file), copy, constants.COPYFILE_FICLONE)
      await syncFile(copy)
      bytes += (await stat(copy)).size
    }
    await syncFolder(temporary)
    await renameDurably(temporary, place)
    return bytes
  } catch (thrown) {
    await rm(temporary, { recursive: true, force: true })
    throw thrown
  }
}
