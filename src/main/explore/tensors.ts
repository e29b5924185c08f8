/** Latents and pictures between the contract's numbers and the trainer's bytes, in parts that fit a frame. */
import { endianness } from 'node:os'
import { StudioError } from '../../contract/errors'
import type { Pictures } from '../../contract/nouns'
import { inSlices } from './breath'
import type { CallOptions, Model } from './models'

if (endianness() !== 'LE') throw new Error('little-endian computers only')

/** Bytes of pictures in one call: a part of a second of work, and far below a frame's limit. */
const PART = 4 * 1024 * 1024

const bytesEach = ({ info }: Model) => info.height * info.width * info.channels
/** Pictures in one call. */
export const partOf = (model: Model) => Math.max(1, Math.min(256, Math.floor(PART / bytesEach(model))))

export function toBytes(latents: readonly number[][], size: number): Uint8Array {
  const values = new Float32Array(latents.length * size)
  latents.forEach((latent, row) => {
    if (latent.length !== size) throw new StudioError('wrong-input', { reason: `a latent of this run has ${size} numbers` })
    values.set(latent, row * size)
  })
  return new Uint8Array(values.buffer)
}

export function toLatents(bytes: Uint8Array, size: number): number[][] {
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  return Array.from({ length: values.length / size }, (_, row) => Array.from(values.subarray(row * size, (row + 1) * size)))
}

export function toPictures(model: Model, pixels: Uint8Array): Pictures {
  const { height, width, channels } = model.info
  return { count: pixels.length / bytesEach(model), height, width, channels, pixels: Buffer.from(pixels).toString('base64') }
}

/** u8 pictures [n, h, w, c] → latents, the posterior's means. */
export async function encode(model: Model, pixels: Uint8Array, options?: CallOptions): Promise<number[][]> {
  need(model, 'encode')
  const [each, part] = [bytesEach(model), partOf(model)]
  const latents: number[][] = []
  for (let at = 0; at < pixels.length; at += part * each) {
    const body = pixels.subarray(at, at + part * each)
    const answer = await model.call({ method: 'encode', count: body.length / each }, { ...options, body })
    latents.push(...toLatents(answer.body, model.info.latentSize))
  }
  return latents
}

/**
 * Latents → u8 pictures [n, h, w, c]. `rows`: what a conditional model is told of each; without them it is told what the training
 * items are.
 */
export async function decode(model: Model, latents: readonly number[][], rows?: readonly number[][]): Promise<Uint8Array> {
  need(model, 'decode')
  const part = partOf(model)
  const pixels = new Uint8Array(latents.length * bytesEach(model))
  for (let at = 0; at < latents.length; at += part) {
    const some = latents.slice(at, at + part)
    const told = rows?.slice(at, at + part) ?? []
    const body = Buffer.concat([toBytes(some, model.info.latentSize), toBytes(told, told[0]?.length ?? 0)])
    const answer = await model.call({ method: 'decode', count: some.length }, { body })
    pixels.set(answer.body, at * bytesEach(model))
  }
  return pixels
}

/** Mean squared error per picture, of values in [0, 1]. */
export async function squaredErrors(model: Model, a: Uint8Array, b: Uint8Array): Promise<number[]> {
  const each = bytesEach(model)
  const errors: number[] = []
  await inSlices(a.length / each, 1, (item) => {
    let sum = 0
    for (let i = item * each; i < (item + 1) * each; i++) sum += (a[i]! - b[i]!) ** 2
    errors.push(sum / each / (255 * 255))
  })
  return errors
}

export function need(model: Model, ability: 'encode' | 'decode' | 'generate' | 'score'): void {
  if (!model.info.abilities.includes(ability)) throw new StudioError('ability-missing', { recipe: model.run.recipe, ability })
}
