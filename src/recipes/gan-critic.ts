/** The critic: tells made pictures from real ones, by a score. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { GAINS } from '../nn/activations'
import { positions } from '../nn/attention'
import { conv2d } from '../nn/conv'
import { dense, fanInLimit, flatten } from '../nn/dense'
import { dropout } from '../nn/dropout'
import type { Network } from '../nn/module'
import { chain, sumOf } from '../nn/module'
import { batchDeviation, layerNorm, spectral } from '../nn/norm'
import { add, mean, mul, pad, sum } from '../nn/ops'
import type { PictureFacts } from './define'
import type { GanCondition } from './gan-condition'
import { biasBefore, blocks, leaky, mapWidths, normalised, patches, sidesAfter, type PlayerSettings } from './gan-layers'
import { centre } from './pictures'

export interface CriticSettings extends PlayerSettings {
  spectralNorm: boolean
  minibatchDeviation: boolean
  /** Share of features that are silenced in training. */
  dropout: number
  condition: GanCondition | null
}

const LEAKY = GAINS['leaky-relu']

export interface Critic extends Network {
  /** How many features each dropout layer silences some of, by the name that it has for its noise. */
  dropouts: Record<string, number>
}

/** [n, height, width, channels] in [0, 1] → scores [n, 1]. With `pass.condition`, of the picture as one of that kind. */
export function pictureCritic(net: CriticSettings, data: PictureFacts): Critic {
  const body = { mlp: mlpFeatures, conv: convFeatures, residual: residualFeatures, transformer: transformerFeatures }
  const dropouts: Record<string, number> = {}
  const features = body[net.architecture](net, data, dropper(net.dropout, dropouts))
  return { ...constrained(net)(chain(centre, criticEnd(features, net))), dropouts }
}

/** A layer that silences some of these features, and is noted among `all`. */
export function dropper(rate: number, all: Record<string, number>): Drop {
  return (name, features) => {
    if (rate === 0) return chain()
    all[name] = features
    return dropout(name, rate)
  }
}

/** No layer stretches what it is given, where that is wanted. */
export function constrained({ spectralNorm }: CriticSettings): (network: Way) => Way {
  return spectralNorm ? spectral : (network) => network
}

/** From features, of which each item has `shape`, to scores [n, 1]. */
export function criticEnd({ network, shape }: Features, { minibatchDeviation, condition }: CriticSettings): Way {
  const more = minibatchDeviation ? 1 : 0
  const size = shape.slice(0, -1).reduce((size, side) => size * side, shape.at(-1)! + more)
  return projection(chain(network, minibatchDeviation ? batchDeviation : chain(), flatten), size, condition)
}

/** ψ(φ) + v·φ, v the condition's vector: what features say of the picture alone, and as one of its kind (Miyato & Koyama 2018, eq. 3). */
function projection(features: Way, size: number, condition: GanCondition | null): Way {
  const alone = dense('score', size, 1)
  if (!condition) return chain(features, alone)
  const kind = condition.vector('kind', size, { kind: 'uniform', limit: fanInLimit(size, 1) })
  return {
    parameters: [...features.parameters, ...alone.parameters, ...kind.parameters],
    forward(weights, x, pass) {
      const phi = features.forward(weights, x, pass)
      const score = alone.forward(weights, phi, pass)
      if (!pass?.condition) return score
      return add(score, sum(mul(phi, kind.forward(weights, pass.condition, pass)), 1, true))
    },
  }
}

type Way = Network<Tensor, Tensor>
type Drop = (name: string, features: number) => Parameters<typeof chain>[number]
/** A network to features, and their shape for each item. */
interface Features {
  network: Way
  shape: number[]
}
type Body = (net: CriticSettings, data: PictureFacts, drop: Drop) => Features

const mlpFeatures: Body = ({ width, layers, norm }, data, drop) => {
  const pixels = data.height * data.width * data.channels
  return {
    shape: [width],
    network: chain(
      flatten,
      ...Array.from({ length: layers }, (_, i) => [
        dense(`dense${i + 1}`, i === 0 ? pixels : width, width, LEAKY, i === 0 || biasBefore(norm)),
        // The first layer sees the pictures as they are (Radford et al. 2015, §3).
        i === 0 ? chain() : normalised(norm, `norm${i + 1}`, width),
        leaky,
        drop(`dropout${i + 1}`, width),
      ]).flat(),
    ),
  }
}

const convFeatures: Body = ({ width, layers, norm }, data, drop) => {
  const widths = mapWidths(width, layers).reverse()
  return {
    shape: [...sidesAfter(data, layers), width],
    network: chain(
      ...widths.flatMap((outputs, i) => [
        conv2d(`conv${i + 1}`, {
          inputs: widths[i - 1] ?? data.channels,
          outputs,
          gain: LEAKY,
          bias: i === 0 || biasBefore(norm),
        }),
        i === 0 ? chain() : normalised(norm, `norm${i + 1}`, outputs),
        leaky,
        drop(`dropout${i + 1}`, outputs),
      ]),
    ),
  }
}

const residualFeatures: Body = ({ width, layers, norm }, data, drop) => {
  const widths = mapWidths(width, layers + 1).reverse()
  return {
    shape: [...sidesAfter(data, layers), width],
    network: chain(
      conv2d('picture', { inputs: data.channels, outputs: widths[0]!, kernel: 3, stride: 1 }),
      ...widths.slice(1).flatMap((outputs, i) => {
        const [name, inputs] = [`block${i + 1}`, widths[i]!]
        return [
          sumOf(
            conv2d(`${name}/skip`, { inputs, outputs, kernel: 2, stride: 2 }),
            chain(
              normalised(norm, `${name}/norm1`, inputs),
              leaky,
              conv2d(`${name}/conv1`, { inputs, outputs: inputs, kernel: 3, stride: 1, gain: LEAKY }),
              leaky,
              conv2d(`${name}/conv2`, { inputs, outputs, kernel: 4, stride: 2 }),
            ),
          ),
          drop(`${name}/dropout`, outputs),
        ]
      }),
      leaky,
    ),
  }
}

const transformerFeatures: Body = ({ width, layers }, data, drop) => {
  const { patch, rows, columns } = patches(data)
  return {
    shape: [width],
    network: chain(
      padded(data, rows * patch, columns * patch),
      conv2d('patch', { inputs: data.channels, outputs: width, kernel: patch, stride: patch }),
      positions('position', [rows, columns, width]),
      ...blocks(layers, width),
      layerNorm('norm', width, -1),
      (x) => mean(x, [1, 2]),
      drop('dropout', width),
    ),
  }
}

function padded(data: PictureFacts, height: number, width: number): (x: Tensor) => Tensor {
  return (x) => pad(x, [[0, 0], [0, height - data.height], [0, width - data.width], [0, 0]]) // prettier-ignore
}
