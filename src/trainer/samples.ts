/** What a run draws while it trains, from fixed seeds and fixed items, so that the sheets of two steps can be compared. */
import { join } from 'node:path'
import type { Sample } from '../contract/nouns'
import { decode, drawPrior, encode, latentSize } from './abilities'
import { conditionSheet, conditionsOf } from './conditions'
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
  const columns = { generated: COLUMNS, originals: COLUMNS, reconstructions: COLUMNS }
  const pictures: Partial<Record<Sample['sheets'][number]['name'], Uint8Array>> = {}
  if (canDecode) {
    const drawn = drawPrior(model, GENERATED, about.seed)
    const sheet = conditionSheet(model, items, GENERATED, COLUMNS, about.seed)
    const size = latentSize(model)
    const latents = sheet?.latents.flatMap((row) => [...drawn.subarray(row * size, (row + 1) * size)])
    pictures.generated = await decode(model, latents ? Float32Array.from(latents) : drawn, sheet?.rows)
    columns.generated = sheet?.columns ?? COLUMNS
  }
  if (canDecode && canEncode) {
    const positions = heldOut(items.pack, RECONSTRUCTED)
    pictures.originals = items.bytes(positions)
    const rows = conditionsOf(model, items, positions)
    pictures.reconstructions = await decode(model, await encode(model, pictures.originals), rows)
  }
  const sheets: Sample['sheets'] = []
  const files: [string, Uint8Array][] = []
  for (const [name, pixels] of Object.entries(pictures) as [Sample['sheets'][number]['name'], Uint8Array][]) {
    const count = pixels.length / items.each
    sheets.push({ name, count, columns: columns[name], width: items.data.width, height: items.data.height })
    files.push([`${name}.png`, await sheetPng(pixels, columns[name], items.data)])
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
