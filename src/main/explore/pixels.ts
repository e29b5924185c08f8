/** Pictures as a model was trained on: by position from its version where they are in it, else prepared anew by a worker. */
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Datasets } from '../datasets'
import type { Grants } from '../grants'
import type { Store } from '../store/store'
import type { Model } from './models'

export interface PixelsOptions {
  store: Store
  /** The project's. */
  folder: string
  grants: Grants
  datasets: Pick<Datasets, 'prepare'>
}

/** Items, then files: u8 [items + grants, height, width, channels], and their names. */
export type PixelsOf = (
  model: Model,
  input: { items?: string[]; grants?: string[] },
) => Promise<{ pixels: Uint8Array; names: string[] }>

export function createPixels({ store, folder, grants, datasets }: PixelsOptions): PixelsOf {
  return async (model, input) => {
    const items = input.items ?? []
    const paths = (input.grants ?? []).map((grant) => grants.path(grant))
    const { height, width, channels } = model.info
    const each = height * width * channels
    const pixels = new Uint8Array((items.length + paths.length) * each)
    const missing: { id: string; at: number }[] = []
    const file = await open(join(folder, 'versions', model.run.version, 'data.bin'), 'r')
    try {
      for (const [at, id] of items.entries()) {
        const index = model.positions.get(id)
        if (index === undefined) missing.push({ id, at })
        else await file.read(pixels, at * each, each, index * each)
      }
    } finally {
      await file.close()
    }
    const strangers = { items: missing.map(({ id }) => id), paths }
    if (strangers.items.length + paths.length > 0) {
      const prepared = await datasets.prepare(strangers, model.run.version)
      missing.forEach(({ at }, i) => pixels.set(prepared.subarray(i * each, (i + 1) * each), at * each))
      pixels.set(prepared.subarray(missing.length * each), items.length * each)
    }
    const known = new Map((await store.getItems(items)).map((item) => [item.id, item.name]))
    return { pixels, names: [...items.map((id) => known.get(id) ?? id), ...paths.map((path) => basename(path))] }
  }
}
