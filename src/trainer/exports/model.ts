/** Exports a model as ONNX: the decoder and the encoder, each opened again by another runtime and compared before it counts. */
import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { dispose, tensor, tidy } from '../../nn/ops'
import type { Graph } from '../../nn/record'
import { drawConditions } from '../conditions'
import { writeDurable } from '../durable'
import { heldOut, type PictureItems } from '../items'
import type { PictureModel } from '../model'
import { drawPrior, need } from '../abilities'
import type { CallContext } from '../serve/latents'
import { type Exported, largestDifference, refuse, TOLERANCE } from './check'
import { modelGraphs } from './graphs'
import { writeOnnx } from './onnx'

/** Latents (and pictures) that the answers are compared on. */
const COMPARED = 16

/** Throws `ability-missing`, or `export-differs` when the two answers are further apart than 1e-4; then nothing is left. */
export async function exportOnnx(
  model: PictureModel,
  items: PictureItems,
  folder: string,
  { breathe, progress }: CallContext,
): Promise<Exported> {
  need(model, 'decode', model.built.abilities.decode)
  const graphs = Object.entries(modelGraphs(model.built, model.shown, model.data))
  const files: string[] = []
  let maxDifference = 0
  try {
    for (const [name, graph] of graphs) {
      const file = `${name}.onnx`
      const about = { name: `${model.recipe.id}-${name}`, producer: 'Latent Studio', doc: model.recipe.title.en }
      writeDurable(join(folder, file), [await writeOnnx(graph, about)])
      files.push(file)
      const difference = await compare(join(folder, file), graph, name, model, items)
      if (!(difference <= TOLERANCE)) refuse(difference)
      maxDifference = Math.max(maxDifference, difference)
      progress(files.length, graphs.length)
      await breathe()
    }
  } catch (error) {
    for (const file of files) rmSync(join(folder, file), { force: true })
    throw error
  }
  return {
    files,
    maxDifference,
    checked: `onnxruntime ${runtimeVersion()}, ${COMPARED} latents${graphs.length > 1 ? ' and pictures' : ''}`,
  }
}

/** Reads the file again and lets both answer the same inputs. */
async function compare(file: string, graph: Graph, name: string, model: PictureModel, items: PictureItems): Promise<number> {
  const ours = name === 'decoder' ? latents(model, items) : [pictures(items)]
  try {
    const studio = tidy((): Tensor =>
      name === 'decoder'
        ? model.built.abilities.decode!(model.shown, ours[0] as Tensor2D, ours[1] as Tensor2D | undefined)
        : model.built.abilities.encode!(model.shown, ours[0] as Tensor4D),
    )
    const expected = (await studio.data()) as Float32Array
    studio.dispose()
    const { InferenceSession, Tensor: Value } = await import('onnxruntime-node')
    const session = await InferenceSession.create(readFileSync(file), { intraOpNumThreads: 1, logSeverityLevel: 3 })
    const feeds: Record<string, InstanceType<typeof Value>> = {}
    for (const [i, input] of Object.keys(graph.inputs).entries())
      feeds[input] = new Value('float32', (await ours[i]!.data()) as Float32Array, ours[i]!.shape)
    const answer = await session.run(feeds)
    await session.release()
    return largestDifference(answer[Object.keys(graph.outputs)[0]!]!.data as Float32Array, expected)
  } finally {
    dispose(ours)
  }
}

/** Latents, and for a conditional model its rows. */
function latents(model: PictureModel, items: PictureItems): Tensor[] {
  const all = [drawPrior(model, COMPARED, 0), drawConditions(model, items, COMPARED, 0)]
  return all.filter((values) => values !== null).map((values) => tensor(values, [COMPARED, values.length / COMPARED]))
}

function pictures(items: PictureItems): Tensor {
  const { height, width, channels } = items.data
  const some = heldOut(items.pack, COMPARED)
  return tensor(items.floats(some), [some.length, height, width, channels])
}

function runtimeVersion(): string {
  const require = createRequire(import.meta.url)
  return (require('onnxruntime-node/package.json') as { version: string }).version
}
