/** Exports generated pictures as one PNG sheet: opened again and compared pixel by pixel. */
import { join } from 'node:path'
import { decode, drawPrior } from '../abilities'
import { drawConditions } from '../conditions'
import { writeDurable } from '../durable'
import type { PictureItems } from '../items'
import type { PictureModel } from '../model'
import { readPng, sheetPng, tiled } from '../sheet'
import { largestDifference, refuse, type Exported } from './check'

const FILE = 'generated.png'

/** A conditional model is told what the training items are. */
export async function exportPng(
  model: PictureModel,
  items: PictureItems,
  folder: string,
  count: number,
  seed: number,
): Promise<Exported> {
  const pictures = await decode(model, drawPrior(model, count, seed), drawConditions(model, items, count, seed))
  const columns = Math.ceil(Math.sqrt(count))
  const file = join(folder, FILE)
  writeDurable(file, [await sheetPng(pictures, columns, model.data)])
  const difference = largestDifference(await readPng(file, model.data.channels), tiled(pictures, columns, model.data))
  if (difference !== 0) refuse(difference)
  return { files: [FILE], maxDifference: 0, checked: `sharp, all pixels of ${count} pictures` }
}
