/** Exports a model's weights as one safetensors file, without the optimiser: opened again and compared byte by byte. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurable } from '../durable'
import { formatOf } from '../formats'
import { readVariables, variablesOf, type Model } from '../model'
import { decodeSafetensors, encodeSafetensors } from '../safetensors'
import { refuse, type Exported } from './check'

const FILE = 'model.safetensors'
/** What the shape of an item is called. */
const ITEM = { images: 'picture', texts: 'text' }

export async function exportSafetensors(model: Model, folder: string, step: number): Promise<Exported> {
  const tensors = await readVariables(variablesOf(model.shown), '', step)
  const metadata = {
    format: 'latent-studio',
    recipe: model.recipe.id,
    settings: JSON.stringify(model.settings),
    [ITEM[model.data.kind]]: JSON.stringify(formatOf(model.data).shape(model.data)),
    step: String(step),
  }
  const file = join(folder, FILE)
  writeDurable(file, encodeSafetensors({ tensors, metadata }))
  const again = decodeSafetensors(readFileSync(file))
  if (again.tensors.size !== tensors.size) refuse(Infinity)
  for (const [name, { shape, bytes }] of tensors) {
    const read = again.tensors.get(name)
    if (!read || read.shape.join() !== shape.join() || Buffer.compare(read.bytes, bytes) !== 0) refuse(Infinity)
  }
  return { files: [FILE], maxDifference: 0, checked: `safetensors, all ${tensors.size} tensors` }
}
