/**
 * The map of a run at a checkpoint: every item encoded once, and the plane of most variance through the latents. Kept in
 * `runs/<id>/maps/<step>.{latents.f32, points.f32, json}`; the JSON is written last, so a map with it is whole.
 */
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { LatentMap } from '../../contract/explore'
import { writeDurably } from '../durable'
import { newId, type JobHandle } from '../jobs'
import { readJson } from '../json'
import type { Model } from './models'

/** So many principal directions become sliders. */
const DIRECTIONS = 8

const Principal = z.object({ vector: z.array(z.number()), spread: z.number(), explained: z.number() })
type Principal = z.infer<typeof Principal>

/** What the trainer's `map` call answers. */
const Plane = z.object({
  mean: z.array(z.number()),
  axes: z.tuple([z.array(z.number()), z.array(z.number())]),
  explained: z.number(),
  directions: z.array(Principal),
})

const Stored = z.strictObject({ formatVersion: z.literal(1), map: LatentMap, principal: z.array(Principal) })

export interface KnownMap {
  map: LatentMap
  principal: Principal[]
  /** f32 [count, latentSize], little-endian. */
  latents: string
}

const fileOf = (folder: string, run: string, step: number, kind: 'latents.f32' | 'points.f32' | 'json' | 'directions.json') =>
  join(folder, 'runs', run, 'maps', `${step}.${kind}`)

export { fileOf as mapFile }

/** The map made before for this checkpoint, or null. */
export async function readMap(folder: string, run: string, step: number): Promise<KnownMap | null> {
  const stored = Stored.safeParse(await readJson(fileOf(folder, run, step, 'json')))
  if (!stored.success) return null
  return { map: stored.data.map, principal: stored.data.principal, latents: fileOf(folder, run, step, 'latents.f32') }
}

/** Encodes every item of the run's version and finds the plane; progress is in items. */
export async function makeMap(folder: string, model: Model, job: JobHandle): Promise<KnownMap> {
  const { run, step } = model.info
  await mkdir(join(folder, 'runs', run, 'maps'), { recursive: true })
  const mark = newId()
  const latents = fileOf(folder, run, step, 'latents.f32')
  const points = fileOf(folder, run, step, 'points.f32')
  const temporary = { latents: `${latents}.${mark}.tmp`, points: `${points}.${mark}.tmp` }
  try {
    await model.call(
      { method: 'encode-all', file: temporary.latents },
      { signal: job.signal, onProgress: (done, total) => job.progress(done, total) },
    )
    const { result } = await model.call(
      { method: 'map', latents: temporary.latents, points: temporary.points, directions: DIRECTIONS },
      { signal: job.signal },
    )
    const plane = Plane.parse(result)
    await rename(temporary.latents, latents)
    await rename(temporary.points, points)
    const map: LatentMap = {
      run,
      step,
      count: model.pack.items,
      items: model.pack.ids,
      points: `/media/maps/${run}/${step}.f32`,
      explained: plane.explained,
      mean: plane.mean,
      axes: plane.axes,
    }
    const stored: z.infer<typeof Stored> = { formatVersion: 1, map, principal: plane.directions }
    await writeDurably(fileOf(folder, run, step, 'json'), JSON.stringify(stored))
    return { map, principal: plane.directions, latents }
  } finally {
    await rm(temporary.latents, { force: true })
    await rm(temporary.points, { force: true })
  }
}
