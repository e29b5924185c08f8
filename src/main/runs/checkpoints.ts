/** A run's saved states on disk. A checkpoint exists when its manifest can be read: the trainer writes that last. */
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CheckpointManifest } from '../../contract/trainer'

export interface Checkpoint {
  step: number
  folder: string
  manifest: CheckpointManifest
}

async function read(folder: string, step: number): Promise<Checkpoint | null> {
  try {
    const path = join(folder, 'checkpoints', String(step))
    const manifest = CheckpointManifest.parse(JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')))
    return manifest.step === step ? { step, folder: path, manifest } : null
  } catch {
    return null
  }
}

/** Steps that have a checkpoint's folder, newest first. */
export async function checkpointSteps(runFolder: string): Promise<number[]> {
  const names = await readdir(join(runFolder, 'checkpoints')).catch(() => [] as string[])
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => b - a)
}

/** The newest readable checkpoint of a run's folder, or null. Damaged ones are passed over in favour of the one before. */
export async function newestCheckpoint(runFolder: string): Promise<Checkpoint | null> {
  for (const step of await checkpointSteps(runFolder)) {
    const checkpoint = await read(runFolder, step)
    if (checkpoint) return checkpoint
  }
  return null
}

/** Sets a damaged checkpoint aside, so that it is not offered again; nothing is deleted. */
export async function setAside(runFolder: string, step: number): Promise<void> {
  const folder = join(runFolder, 'checkpoints', String(step))
  await rm(`${folder}.damaged`, { recursive: true, force: true })
  await rename(folder, `${folder}.damaged`).catch(() => {})
}
