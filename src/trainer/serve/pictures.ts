/** What a model of pictures answers. */
import { StudioError } from '../../contract/errors'
import { decode, encode, latentSize, need } from '../abilities'
import { conditionOf, conditionSize, drawConditions } from '../conditions'
import { exportOnnx } from '../exports/model'
import { exportPng } from '../exports/pictures'
import { exportSafetensors } from '../exports/weights'
import { heldOut, type PictureItems } from '../items'
import { logLikelihood } from '../likelihood'
import type { PictureModel } from '../model'
import { evaluate } from './evaluate'
import { bytesOf, createNearest, encodeAll, mapLatents } from './latents'
import { createPrior } from './prior'
import { measureQuality } from './quality'
import { createJudge } from './score'
import type { Answers, Loaded } from './serve'

export async function answersOfPictures(
  model: PictureModel,
  items: PictureItems,
  { spec, state, step }: Loaded,
): Promise<Answers> {
  const nearest = createNearest()
  const judge = createJudge(model, items)
  const latentsFrom = createPrior(model, items, state)
  const told = conditionSize(model)
  if (model.built.abilities.decode)
    await decode(model, new Float32Array(latentSize(model)), told > 0 ? new Float32Array(told) : null)

  /** Latents, and what a conditional model is told of them: what came with them, or as the training items have it. */
  function asked(numbers: Float32Array, count: number): [latents: Float32Array, rows: Float32Array | null] {
    const size = count * latentSize(model)
    if (told > 0 && numbers.length === size) return [numbers, drawConditions(model, items, count, 0)]
    if (numbers.length !== size + count * told)
      throw new StudioError('wrong-input', { reason: `${size + count * told} numbers were expected, not ${numbers.length}` })
    return [numbers.slice(0, size), told > 0 ? numbers.slice(size) : null]
  }

  return {
    condition: conditionOf(model, items),
    async answer(call, body, context) {
      switch (call.method) {
        case 'encode':
          expect(body, call.count * items.each)
          return { result: null, body: bytesOf(await encode(model, body)) }
        case 'decode':
          return { result: null, body: await decode(model, ...asked(floatsOf(body), call.count)) }
        case 'prior': {
          const latents = await latentsFrom(call.prior ?? 'standard', call.count, call.seed, context)
          const rows = drawConditions(model, items, call.count, call.seed, call.tags)
          return { result: null, body: Buffer.concat(rows ? [bytesOf(latents), bytesOf(rows)] : [bytesOf(latents)]) }
        }
        case 'encode-all':
          await encodeAll(model, items, call.file, context)
          return { result: { items: items.pack.items, latentSize: latentSize(model) } }
        case 'map':
          return { result: mapLatents(model, call.latents, call.points, call.directions) }
        case 'nearest':
          return { result: nearest(model, call.latents, floatsOf(body), call.count) }
        case 'score':
          expect(body, call.count * items.each)
          return { result: null, body: bytesOf(await judge.score(body, call.by, context)) }
        case 'redraw':
          expect(body, call.count * items.each)
          return { result: null, body: await judge.redraw(body, context) }
        case 'evaluate':
          return { result: await evaluate(model, items, step, call.pca, context) }
        case 'quality': {
          const { quality, pictures } = await measureQuality(model, items, spec.version, { ...call, latentsFrom }, context)
          return { result: quality, body: pictures }
        }
        case 'likelihood':
          return { result: await logLikelihood(model, items, heldOut(items.pack), call.samples, context) }
        case 'export-onnx':
          return { result: await exportOnnx(model, items, call.folder, context) }
        case 'export-safetensors':
          return { result: await exportSafetensors(model, call.folder, step) }
        case 'export-png':
          return { result: await exportPng(model, items, call.folder, call.count, call.seed) }
        default:
          return need<never>(model, 'write texts', undefined)
      }
    },
  }
}

function expect(body: Uint8Array, bytes: number): void {
  if (body.length !== bytes) throw new StudioError('wrong-input', { reason: `${bytes} bytes were expected, not ${body.length}` })
}

function floatsOf(body: Uint8Array): Float32Array {
  if (body.length % 4 !== 0) throw new StudioError('wrong-input', { reason: `${body.length} bytes are no float32 numbers` })
  return new Float32Array(body.buffer, body.byteOffset, body.length / 4)
}
