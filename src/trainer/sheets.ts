/** The sheets of pictures that a model draws while it is trained. */
import { decode, drawPrior, encode, latentSize } from './abilities'
import { conditionSheet, conditionsOf } from './conditions'
import { heldOut, type PictureItems } from './items'
import type { PictureModel } from './model'
import type { Drawn } from './samples'
import { sheetPng } from './sheet'

const GENERATED = 16
const RECONSTRUCTED = 8
const COLUMNS = 4

interface Pictures {
  name: 'generated' | 'originals' | 'reconstructions'
  pixels: Uint8Array
  columns: number
}

export function createSheets(
  model: PictureModel,
  items: PictureItems,
  seed: number,
): { draw(): Promise<Drawn[]>; dispose(): void } {
  const { encode: canEncode, decode: canDecode } = model.built.abilities
  const { width, height } = items.data

  async function generated(): Promise<Pictures> {
    const drawn = drawPrior(model, GENERATED, seed)
    const sheet = conditionSheet(model, items, GENERATED, COLUMNS, seed)
    const size = latentSize(model)
    const latents = sheet?.latents.flatMap((row) => [...drawn.subarray(row * size, (row + 1) * size)])
    const pixels = await decode(model, latents ? Float32Array.from(latents) : drawn, sheet?.rows)
    return { name: 'generated', pixels, columns: sheet?.columns ?? COLUMNS }
  }

  async function redrawn(): Promise<Pictures[]> {
    const positions = heldOut(items.pack, RECONSTRUCTED)
    const originals = items.bytes(positions)
    const rows = conditionsOf(model, items, positions)
    const reconstructions = await decode(model, await encode(model, originals), rows)
    return [
      { name: 'originals', pixels: originals, columns: COLUMNS },
      { name: 'reconstructions', pixels: reconstructions, columns: COLUMNS },
    ]
  }

  return {
    async draw() {
      const all = [...(canDecode ? [await generated()] : []), ...(canDecode && canEncode ? await redrawn() : [])]
      return Promise.all(
        all.map(async ({ name, pixels, columns }) => ({
          file: `${name}.png`,
          bytes: await sheetPng(pixels, columns, items.data),
          sheet: { name, count: pixels.length / items.each, columns, width, height },
        })),
      )
    },
    dispose: () => undefined,
  }
}
