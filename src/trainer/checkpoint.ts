/**
 * Checkpoints: `checkpoints/<step>/{state.safetensors, manifest.json}`, everything a run needs to go on as if it had never
 * stopped. A folder is written under a temporary name, the manifest last, and renamed; so a checkpoint is whole or absent.
 */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StudioError } from '../contract/errors'
import { CheckpointManifest } from '../contract/trainer'
import type { Recipe } from '../recipes/define'
import { syncFolder, sweep, writeFolder, writeSynced } from './durable'
import { decodeSafetensors, encodeSafetensors, type TensorBytes } from './safetensors'

/** So many of a run's newest checkpoints stay. */
const KEPT = 3

const STATE = 'state.safetensors'
const MANIFEST = 'manifest.json'

export interface Checkpoint {
  manifest: CheckpointManifest
  tensors: Map<string, TensorBytes>
}

/**
 * Saves, reads back, and only then removes the oldest beyond three. Returns the folder and the bytes on disk.
 * Throws the system's error on a full disk (nothing is left behind), `checkpoint-damaged` when it reads back differently.
 */
export function saveCheckpoint(
  runFolder: string,
  about: Omit<CheckpointManifest, 'formatVersion' | 'sha256'>,
  tensors: Map<string, TensorBytes>,
): { folder: string; bytes: number } {
  const folder = join(runFolder, 'checkpoints', String(about.step))
  const pieces = encodeSafetensors({ tensors, metadata: { format: 'latent-studio', step: String(about.step) } })
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  const manifest: CheckpointManifest = { formatVersion: 1, ...about, sha256: hash.digest('hex') }
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  writeFolder(folder, (temporary) => {
    writeSynced(join(temporary, STATE), pieces)
    writeSynced(join(temporary, MANIFEST), [text])
  })
  readCheckpoint(folder)
  prune(join(runFolder, 'checkpoints'), about.step)
  return { folder, bytes: pieces.reduce((sum, piece) => sum + piece.length, text.length) }
}

/** Reads a checkpoint whole. Throws `checkpoint-damaged` when anything in it is not as it was written. */
export function readCheckpoint(folder: string): Checkpoint {
  const damaged = (cause: unknown) =>
    new StudioError('checkpoint-damaged', { step: Number.parseInt(basename(folder), 10) || 0 }, { cause })
  try {
    const manifest = CheckpointManifest.parse(JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')))
    const state = readWhole(join(folder, STATE))
    const sha256 = createHash('sha256').update(state).digest('hex')
    if (sha256 !== manifest.sha256) throw new Error(`SHA-256 is ${sha256}, not ${manifest.sha256}`)
    return { manifest, tensors: decodeSafetensors(state).tensors }
  } catch (error) {
    throw damaged(error)
  }
}

export const revisionOf = ({ revision = 1 }: Pick<Recipe, 'revision'>): number => revision

/**
 * Builds something from a saved state. A state that does not fit is from another version of the program where its manifest says so
 * (`checkpoint-earlier`, `checkpoint-newer`), and otherwise damaged.
 */
export function fromState<T>({ step, revision }: CheckpointManifest, recipe: Pick<Recipe, 'revision'>, build: () => T): T {
  const now = revisionOf(recipe)
  if (revision !== undefined && revision !== now)
    throw new StudioError(revision < now ? 'checkpoint-earlier' : 'checkpoint-newer', { step })
  try {
    return build()
  } catch (error) {
    const known = error instanceof StudioError
    // Settings that there are no more are as much of another version as parameters are.
    if (revision === undefined && (!known || error.code === 'settings-wrong'))
      throw new StudioError('checkpoint-earlier', { step }, { cause: error })
    throw known ? error : new StudioError('checkpoint-damaged', { step }, { cause: error })
  }
}

/** Removes what interrupted saves left. Called once when a run starts; its trainer is the folder's only writer. */
export function sweepCheckpoints(runFolder: string): void {
  sweep(join(runFolder, 'checkpoints'))
}

/** Keeps the newest three up to `step`. Later ones (left by a resume from an older one) stay until they are written anew. */
function prune(folder: string, step: number): void {
  const steps = readdirSync(folder)
    .filter((name) => /^\d+$/.test(name) && Number(name) <= step)
    .map(Number)
    .sort((a, b) => b - a)
  const old = steps.slice(KEPT)
  // The manifest goes first: a half-removed checkpoint does not exist.
  for (const each of old) rmSync(join(folder, String(each), MANIFEST), { force: true })
  for (const each of old) rmSync(join(folder, String(each)), { recursive: true, force: true })
  if (old.length > 0) syncFolder(folder)
}

/** `readFileSync` ends at 2 GiB; weights may not. */
function readWhole(file: string): Uint8Array {
  const handle = openSync(file, 'r')
  try {
    const { size } = fstatSync(handle)
    const bytes = new Uint8Array(size)
    for (let at = 0; at < size;) {
      const read = readSync(handle, bytes, at, Math.min(size - at, 2 ** 30), at)
      if (read === 0) throw new Error(`${file} ends at ${at} of ${size} bytes`)
      at += read
    }
    return bytes
  } finally {
    closeSync(handle)
  }
}
