/** What a run draws while it trains, from fixed seeds and fixed items, so that the sheets of two steps can be compared. */
import { join } from 'node:path'
import type { Sample } from '../contract/nouns'
import { decode, drawPrior, encode } from './abilities'
import { sweep, writeFolder, writeSynced } from './durable'
import { heldOut, type Items } from './items'
import type { Model } from './model'
import { sheetPng } from './sheet'

const GENERATED = 16
const RECONSTRUCTED = 8
const COLUMNS = 4

/** Folder `samples/<step>` with its sheets, durable when this resolves. Null when the recipe can draw nothing. */
export async function drawSample(
  about: { run: string; folder: string; seed: number; step: number },
  model: Model,
  items: Items,
): Promise<Sample | null> {
  const { encode: canEncode, decode: canDecode } = model.built.abilities
  const pictures: Partial<Record<Sample['sheets'][number]['name'], Uint8Array>> = {}
  if (canDecode) pictures.generated = await decode(model, drawPrior(model, GENERATED, about.seed))
  if (canDecode && canEncode) {
    pictures.originals = items.bytes(heldOut(items.pack, RECONSTRUCTED))
    pictures.reconstructions = await decode(model, await encode(model, pictures.originals))
  }
  const sheets: Sample['sheets'] = []
  const files: [string, Uint8Array][] = []
  for (const [name, pixels] of Object.entries(pictures) as [Sample['sheets'][number]['name'], Uint8Array][]) {
    const count = pixels.length / items.each
    sheets.push({ name, count, columns: COLUMNS, width: items.data.width, height: items.data.height })
    files.push([`${name}.png`, await sheetPng(pixels, COLUMNS, items.data)])
  }
  if (sheets.length === 0) return null
  writeFolder(join(about.folder, 'samples', String(about.step)), (temporary) => {
    for (const [name, png] of files) writeSynced(join(temporary, name), [png])
  })
  return { run: about.run, step: about.step, sheets }
}

/** Removes what an interrupted run left half-written. */
export function sweepSamples(runFolder: string): void {
  sweep(join(runFolder, 'samples'))
}
