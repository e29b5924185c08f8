/**
 * Players that grow (Karras et al. 2018): they begin with small pictures and fade one scale after the other in, each of twice the
 * side. How much of a scale is faded in is kept beside its weights, so what has not been trained adds nothing at any moment.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { GAINS } from '../nn/activations'
import { conv2d, enlargingConv2d } from '../nn/conv'
import { dense, unflatten } from '../nn/dense'
import type { Network, Parameter, Weights } from '../nn/module'
import { chain } from '../nn/module'
import { add, averagePool, mul, sigmoid, sub, upsample } from '../nn/ops'
import type { PictureFacts } from './define'
import { constrained, criticEnd, dropper, type CriticSettings } from './gan-critic'
import { beside, inputSize, type GeneratorSettings } from './gan-generator'
import { leaky, mapWidths, normalised, rectify } from './gan-layers'
import type { Players } from './gan-players'
import { centre } from './pictures'

/** Pictures begin with a side of this or less, if they can be halved so often. */
const FIRST_SIDE = 8

/** How much of a scale counts, 0 … 1. */
const SHARE: Parameter = { name: 'share', shape: [], initial: { kind: 'zeros' }, kept: true }

type Way = Network<Tensor, Tensor>
interface GeneratorScale {
  body: Way
  picture: Way
}
interface CriticScale {
  picture: Way
  body: Way
}

const generatorName = (scale: number): string => `generator${scale + 1}`
const criticName = (scale: number): string => `critic${scale + 1}`

/** Sides from the smallest to the full, each twice the last. */
export function scaleSizes({ height, width }: Pick<PictureFacts, 'height' | 'width'>): [number, number][] {
  const sizes: [number, number][] = [[height, width]]
  while (Math.max(height, width) > FIRST_SIDE && height % 2 === 0 && width % 2 === 0) sizes.unshift([(height /= 2), (width /= 2)])
  return sizes
}

export function growingPlayers(generator: GeneratorSettings, critic: CriticSettings, data: PictureFacts): Players {
  const sizes = scaleSizes(data)
  const last = sizes.length - 1
  const dropouts: Record<string, number> = {}
  const makers = sizes.map((_, i) => generatorScale(generator, data, sizes, i))
  const judges = sizes.map((_, i) => criticScale(critic, data, sizes, i, dropouts))
  const withShare = (scale: number, ...ways: Way[]): Network => ({
    ...chain(...ways),
    parameters: [...ways.flatMap(({ parameters }) => parameters), ...(scale > 0 ? [SHARE] : [])],
  })
  const shareOf = (weights: Record<string, Weights>, network: string): Tensor => weights[network]![SHARE.name]!

  return {
    networks: Object.fromEntries([
      ...makers.map(({ body, picture }, i) => [generatorName(i), withShare(i, body, picture)] as const),
      ...judges.map(({ body, picture }, i) => [criticName(i), withShare(i, picture, body)] as const),
    ]),
    dropouts,
    scales: sizes.map(([height, width], scale) => ({
      index: scale,
      height,
      width,
      generator: Array.from({ length: scale + 1 }, (_, i) => generatorName(i)),
      critic: Array.from({ length: scale + 1 }, (_, i) => criticName(i)),
      shrink: (pictures) => (scale === last ? pictures : averagePool(pictures, 2 ** (last - scale))),
      fade:
        scale === 0
          ? null
          : (weights, share) => {
              weights[generatorName(scale)]![SHARE.name]!.assign(share)
              weights[criticName(scale)]![SHARE.name]!.assign(share)
            },
    })),

    generate(weights, latents, pass, scale = last) {
      let features = latents
      let logits: Tensor | null = null
      for (let i = 0; i <= scale; i++) {
        const own = weights[generatorName(i)]!
        features = makers[i]!.body.forward(own, features, pass)
        const picture = makers[i]!.picture.forward(own, features, pass)
        logits = logits ? blend(upsample(logits as Tensor4D, 2), picture, shareOf(weights, generatorName(i))) : picture
      }
      return sigmoid(logits!) as Tensor4D
    },

    judge(weights, pictures, pass, scale = last) {
      let seen = centre(pictures)
      let features = judges[scale]!.picture.forward(weights[criticName(scale)]!, seen, pass)
      for (let i = scale; i > 0; i--) {
        features = judges[i]!.body.forward(weights[criticName(i)]!, features, pass)
        seen = averagePool(seen as Tensor4D, 2)
        const smaller = judges[i - 1]!.picture.forward(weights[criticName(i - 1)]!, seen, pass)
        features = blend(smaller, features, shareOf(weights, criticName(i)))
      }
      return judges[0]!.body.forward(weights[criticName(0)]!, features, pass)
    },
  }
}

function blend(old: Tensor, now: Tensor, share: Tensor): Tensor {
  return add(old, mul(sub(now, old), share))
}

/** Features of the scale below (latents for the first) → this one's, and those → logits of pictures. */
function generatorScale(net: GeneratorSettings, data: PictureFacts, sizes: [number, number][], scale: number): GeneratorScale {
  const maps = mapWidths(net.width, sizes.length)
  const [height, width] = sizes[scale]!
  const outputs = maps[scale]!
  const picture = conv2d('picture', { inputs: outputs, outputs: data.channels, kernel: 1, stride: 1 })
  if (scale > 0) {
    const conv = enlargingConv2d('conv', { inputs: maps[scale - 1]!, outputs, height, width, gain: GAINS.relu })
    return { picture, body: chain(conv, normalised(net.norm, 'norm', outputs), rectify) }
  }
  return {
    picture,
    body: chain(
      beside(net.condition),
      dense('latent', inputSize(net), height * width * outputs, GAINS.relu),
      unflatten([height, width, outputs]),
      normalised(net.norm, 'norm', outputs),
      rectify,
    ),
  }
}

/** Pictures of this scale → features; and those → the features of the scale below, or scores from the first. */
function criticScale(
  net: CriticSettings,
  data: PictureFacts,
  sizes: [number, number][],
  scale: number,
  dropouts: Record<string, number>,
): CriticScale {
  const maps = mapWidths(net.width, sizes.length)
  const [drop, bound] = [dropper(net.dropout, dropouts), constrained(net)]
  const inputs = maps[scale]!
  const picture = bound(
    chain(conv2d('picture', { inputs: data.channels, outputs: inputs, kernel: 1, stride: 1, gain: GAINS['leaky-relu'] }), leaky),
  )
  if (scale > 0) {
    const outputs = maps[scale - 1]!
    const conv = conv2d('conv', { inputs, outputs, gain: GAINS['leaky-relu'] })
    return {
      picture,
      body: bound(chain(conv, normalised(net.norm, 'norm', outputs), leaky, drop(`dropout${scale}`, outputs))),
    }
  }
  const [height, width] = sizes[0]!
  const conv = conv2d('conv', { inputs, outputs: inputs, kernel: 3, stride: 1, gain: GAINS['leaky-relu'] })
  return { picture, body: bound(criticEnd({ network: chain(conv, leaky), shape: [height, width, inputs] }, net)) }
}
