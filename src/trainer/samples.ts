/** What a run draws while it trains, from fixed seeds and fixed items, so that the samples of two steps can be compared. */
import { join } from 'node:path'
import type { Sample } from '../contract/nouns'
import type { RunSpec } from '../contract/trainer'
import type { Engine } from '../engines/engine'
import { sweep, writeFolder, writeSynced } from './durable'
import type { Items, PictureItems } from './items'
import { createLines } from './lines'
import type { Model, PictureModel, TextModel } from './model'
import { createSheets } from './sheets'

/** A file of a sample. */
export interface Drawn {
  file: string
  bytes: Uint8Array
  sheet: Sample['sheets'][number]
}

export interface Sampler {
  /** Folder `samples/<step>`, durable when this resolves. Null when the recipe can draw nothing. */
  draw(step: number): Promise<Sample | null>
  dispose(): void
}

export function createSampler(
  { run, folder, seed, version }: RunSpec,
  model: Model,
  items: Items,
  engine: Pick<Engine, 'compile'>,
): Sampler {
  const { draw, dispose } =
    model.data.kind === 'texts'
      ? createLines(model as TextModel, version, seed, engine)
      : createSheets(model as PictureModel, items as PictureItems, seed)
  return {
    async draw(step) {
      const drawn = await draw()
      if (drawn.length === 0) return null
      writeFolder(join(folder, 'samples', String(step)), (temporary) => {
        for (const { file, bytes } of drawn) writeSynced(join(temporary, file), [bytes])
      })
      return { run, step, sheets: drawn.map(({ sheet }) => sheet) }
    },
    dispose,
  }
}

/** Removes what an interrupted run left half-written. */
export function sweepSamples(runFolder: string): void {
  sweep(join(runFolder, 'samples'))
}
