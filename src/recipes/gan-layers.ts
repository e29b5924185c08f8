/** What generator and critic are made of alike. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { transformerBlock } from '../nn/attention'
import { conv2d, halved } from '../nn/conv'
import type { Network } from '../nn/module'
import { chain } from '../nn/module'
import { batchNorm, instanceNorm, layerNorm } from '../nn/norm'
import { leakyRelu, relu, slice, upsample } from '../nn/ops'
import type { PictureFacts } from './define'

export const ARCHITECTURES = ['mlp', 'conv', 'residual', 'transformer'] as const
export const NORMS = ['none', 'batch', 'layer', 'instance'] as const
export const UPSAMPLINGS = ['transposed', 'nearest'] as const

export interface PlayerSettings {
  architecture: (typeof ARCHITECTURES)[number]
  /** Of every layer of an mlp, of a token, or feature maps where the picture is smallest. */
  width: number
  /** Of an mlp, blocks of a transformer, or halvings of the picture's side. */
  layers: number
  norm: (typeof NORMS)[number]
}

/** Fewer feature maps than this save no time and lose much. */
const LEAST_MAPS = 8
/** Tokens that a picture is cut into, at most. */
const MOST_TOKENS = 64

export const leaky = (x: Tensor): Tensor => leakyRelu(x, 0.2)
export const rectify = (x: Tensor): Tensor => relu(x)

/** Feature maps from where the picture is smallest to where it is largest: 128, 64, 32 for width 128. */
export function mapWidths(width: number, layers: number): number[] {
  return Array.from({ length: layers }, (_, i) => Math.max(Math.min(LEAST_MAPS, width), Math.round(width / 2 ** i)))
}

type Norm = PlayerSettings['norm']

export function normalised(norm: Norm, name: string, channels: number): Network | ((x: Tensor) => Tensor) {
  const kinds = { none: () => chain(), batch: batchNorm, layer: layerNorm, instance: instanceNorm }
  return kinds[norm](name, channels)
}

/** Whether a layer before this norm has a bias: these take it away again. */
export const biasBefore = (norm: Norm): boolean => norm !== 'batch' && norm !== 'instance'

/** A picture's sides `times` halvings from the full ones. */
export function sidesAfter(data: PictureFacts, times: number): [number, number] {
  return [halved(data.height, times), halved(data.width, times)]
}

export const perPixel = (name: string, inputs: number, outputs: number): Network =>
  conv2d(name, { inputs, outputs, kernel: 1, stride: 1 })

/** Pixels repeated to twice the sides, less what is too much. */
export const enlarged = (height: number, width: number): Network =>
  chain((x) => upsample(x as Tensor4D, 2), cropped(height, width))

export function cropped(height: number, width: number): (x: Tensor) => Tensor {
  return (x) => (x.shape[1] === height && x.shape[2] === width ? x : slice(x, [0, 0, 0, 0], [-1, height, width, -1]))
}

/** Square patches, few enough that each token can look at every other. */
export function patches({ height, width }: PictureFacts): { patch: number; rows: number; columns: number } {
  let patch = 2
  while (Math.ceil(height / patch) * Math.ceil(width / patch) > MOST_TOKENS) patch *= 2
  return { patch, rows: Math.ceil(height / patch), columns: Math.ceil(width / patch) }
}

export function blocks(layers: number, size: number): Network[] {
  const heads = [4, 2, 1].find((heads) => size % heads === 0)!
  return Array.from({ length: layers }, (_, i) => transformerBlock(`block${i + 1}`, size, heads))
}
