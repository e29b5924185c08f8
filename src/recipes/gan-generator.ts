/** The generator: makes pictures from latents. */
import { GAINS } from '../nn/activations'
import { conv2d, enlargingConv2d, halved, transposedConv2d } from '../nn/conv'
import { dense, unflatten } from '../nn/dense'
import type { Network } from '../nn/module'
import { chain, sumOf } from '../nn/module'
import { layerNorm } from '../nn/norm'
import { concat, sigmoid } from '../nn/ops'
import type { PictureFacts } from './define'
import type { GanCondition } from './gan-condition'
import {
  biasBefore,
  blocks,
  cropped,
  enlarged,
  mapWidths,
  normalised,
  patches,
  perPixel,
  rectify,
  sidesAfter,
  type PlayerSettings,
  type UPSAMPLINGS,
} from './gan-layers'

export interface GeneratorSettings extends PlayerSettings {
  latentSize: number
  upsampling: (typeof UPSAMPLINGS)[number]
  condition: GanCondition | null
}

/** Of the vector that stands for a condition in the generator. */
const CONDITION_SIZE = 32

/** [n, latentSize] → [n, height, width, channels] in [0, 1]. Wants `pass.condition` where there is one. */
export function pictureGenerator(net: GeneratorSettings, data: PictureFacts): Network {
  const inputs = inputSize(net)
  const body = { mlp: mlpGenerator, conv: convGenerator, residual: residualGenerator, transformer: transformerGenerator }
  return chain(beside(net.condition), body[net.architecture](net, data, inputs), (x) => sigmoid(x))
}

/** Numbers that enter the first layer. */
export function inputSize({ latentSize, condition }: GeneratorSettings): number {
  return latentSize + (condition ? CONDITION_SIZE : 0)
}

/** [n, latentSize] and, where there is a condition, its vector beside it. */
export function beside(condition: GanCondition | null): Network {
  if (!condition) return chain()
  const vector = condition.vector('condition', CONDITION_SIZE, { kind: 'normal', deviation: 1 })
  return {
    parameters: vector.parameters,
    forward: (weights, z, pass) => concat([z, vector.forward(weights, pass!.condition!, pass)], 1),
  }
}

type Body = (net: GeneratorSettings, data: PictureFacts, inputs: number) => Network

const mlpGenerator: Body = ({ width, layers, norm }, data, inputs) =>
  chain(
    ...Array.from({ length: layers }, (_, i) => [
      dense(`dense${i + 1}`, i === 0 ? inputs : width, width, GAINS.relu, biasBefore(norm)),
      normalised(norm, `norm${i + 1}`, width),
      rectify,
    ]).flat(),
    dense('picture', width, data.height * data.width * data.channels),
    unflatten([data.height, data.width, data.channels]),
  )

/** Radford et al. 2015: sides double from layer to layer, the maps halve. */
const convGenerator: Body = ({ width, layers, norm, upsampling }, data, inputs) => {
  const widths = mapWidths(width, layers)
  const first = [halved(data.height, layers), halved(data.width, layers), widths[0]!]
  const up = upsampling === 'transposed' ? transposedConv2d : enlargingConv2d
  return chain(
    dense('latent', inputs, first[0]! * first[1]! * first[2]!, GAINS.relu, biasBefore(norm)),
    unflatten(first),
    normalised(norm, 'norm0', first[2]!),
    rectify,
    ...widths.flatMap((maps, i) => {
      const [height, width] = sidesAfter(data, layers - 1 - i)
      const last = i === layers - 1
      const outputs = last ? data.channels : widths[i + 1]!
      const sides = { inputs: maps, outputs, height, width }
      if (last) return [up(`conv${i + 1}`, sides)]
      const layer = up(`conv${i + 1}`, { ...sides, gain: GAINS.relu, bias: biasBefore(norm) })
      return [layer, normalised(norm, `norm${i + 1}`, outputs), rectify]
    }),
  )
}

/** Each block adds to what it enlarges (He et al. 2016; Miyato et al. 2018, appendix). */
const residualGenerator: Body = ({ width, layers, norm }, data, inputs) => {
  const widths = mapWidths(width, layers + 1)
  const first = [halved(data.height, layers), halved(data.width, layers), widths[0]!]
  return chain(
    dense('latent', inputs, first[0]! * first[1]! * first[2]!, GAINS.relu),
    unflatten(first),
    ...widths.slice(1).map((outputs, i) => {
      const [name, inputs, [height, width]] = [`block${i + 1}`, widths[i]!, sidesAfter(data, layers - 1 - i)]
      return sumOf(
        chain(enlarged(height, width), perPixel(`${name}/skip`, inputs, outputs)),
        chain(
          normalised(norm, `${name}/norm1`, inputs),
          rectify,
          enlargingConv2d(`${name}/conv1`, { inputs, outputs, height, width, gain: GAINS.relu, bias: biasBefore(norm) }),
          normalised(norm, `${name}/norm2`, outputs),
          rectify,
          conv2d(`${name}/conv2`, { inputs: outputs, outputs, kernel: 3, stride: 1 }),
        ),
      )
    }),
    normalised(norm, 'norm', widths.at(-1)!),
    rectify,
    conv2d('picture', { inputs: widths.at(-1)!, outputs: data.channels, kernel: 3, stride: 1 }),
  )
}

/** A token for each patch, which look at each other (Jiang et al. 2021, in one scale). */
const transformerGenerator: Body = ({ width, layers }, data, inputs) => {
  const { patch, rows, columns } = patches(data)
  return chain(
    dense('latent', inputs, rows * columns * width),
    unflatten([rows, columns, width]),
    ...blocks(layers, width),
    layerNorm('norm', width, -1),
    transposedConv2d('picture', {
      inputs: width,
      outputs: data.channels,
      height: rows * patch,
      width: columns * patch,
      kernel: patch,
      stride: patch,
    }),
    cropped(data.height, data.width),
  )
}
