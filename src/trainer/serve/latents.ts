/** Calls on the latents of all items: their file, the plane of their map, and what lies near a place. */
import { readFileSync, statSync } from 'node:fs'
import { StudioError } from '../../contract/errors'
import { nearest } from '../../nn/latent/nearest'
import { principalComponents, project } from '../../nn/latent/principal'
import { chunkSize, encode, latentSize } from '../abilities'
import { writeDurable } from '../durable'
import { range, type PictureItems } from '../items'
import type { PictureModel } from '../model'

export interface CallContext {
  /** Lets other calls in, and throws `cancelled` when this one is. */
  breathe: () => Promise<void>
  progress: (done: number, total: number) => void
}

/** f32 [items, latentSize] of the whole version into `file`. */
export async function encodeAll(
  model: PictureModel,
  items: PictureItems,
  file: string,
  { breathe, progress }: CallContext,
): Promise<void> {
  const { items: count } = items.pack
  const size = latentSize(model)
  const latents = new Float32Array(count * size)
  const step = chunkSize(model)
  for (let from = 0; from < count; from += step) {
    latents.set(await encode(model, items.bytes(range(from, Math.min(count, from + step)))), from * size)
    progress(Math.min(count, from + step), count)
    await breathe()
  }
  writeDurable(file, [bytesOf(latents)])
}

export interface Plane {
  mean: number[]
  /** Unit vectors: a latent is near `mean + x·axes[0] + y·axes[1]`. */
  axes: [number[], number[]]
  /** Share of variance that the two hold. */
  explained: number
  /** Widest first; `spread` is the standard deviation along each, `explained` its share of the variance. */
  directions: { vector: number[]; spread: number; explained: number }[]
}

/** The plane of most variance; the items' places in it, f32 [items, 2], go into `points`. */
export function mapLatents(model: PictureModel, file: string, points: string, wanted: number): Plane {
  const d = latentSize(model)
  const latents = readLatents(file, d)
  const n = latents.length / d
  const found = principalComponents(latents, n, d, Math.min(d, Math.max(2, wanted)))
  const { components, variances, total } = found
  const vector = (i: number) => Array.from(components.subarray(i * d, (i + 1) * d))
  const share = (variance: number) => (total > 0 ? Math.min(1, variance / total) : 0)
  const plane = { ...found, components: components.slice(0, 2 * d), variances: variances.slice(0, 2) }
  writeDurable(points, [bytesOf(project(plane, latents, n))])
  return {
    mean: Array.from(found.mean),
    axes: [vector(0), vector(1)],
    explained: share(variances[0]! + variances[1]!),
    directions: Array.from({ length: Math.min(d, wanted) }, (_, i) => {
      return { vector: vector(i), spread: Math.sqrt(variances[i]!), explained: share(variances[i]!) }
    }),
  }
}

/** Rows of the file nearest to a latent. The file is kept in memory until another is asked for. */
export function createNearest(): (model: PictureModel, file: string, place: Float32Array, count: number) => unknown {
  let known = { file: '', changed: 0, latents: new Float32Array(0) as Float32Array }
  return (model, file, place, count) => {
    const d = latentSize(model)
    if (place.length !== d) throw new StudioError('wrong-input', { reason: `a latent of this model has ${d} numbers` })
    const changed = statSync(file).mtimeMs
    if (known.file !== file || known.changed !== changed) known = { file, changed, latents: readLatents(file, d) }
    return nearest(known.latents, place, count)
  }
}

function readLatents(file: string, d: number): Float32Array {
  const bytes = readFileSync(file)
  if (bytes.length === 0 || bytes.length % (4 * d) !== 0) throw new StudioError('file-truncated', { file: 'latents.f32' })
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

export function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
