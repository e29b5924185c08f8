/** The networks of `bench/table.json` from the product's own layers. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { GAINS } from '../../src/nn/activations'
import { conv2d, transposedConv2d } from '../../src/nn/conv'
import { dense, flatten, unflatten } from '../../src/nn/dense'
import { chain, type Network } from '../../src/nn/module'
import { leakyRelu, relu, tanh } from '../../src/nn/ops'

type Pair = [inputs: number, outputs: number]
export type Layer = string | { dense: Pair } | { conv: Pair } | { convTranspose: Pair } | { shape: [number, number, number] }

const functions: Record<string, (x: Tensor) => Tensor> = { relu, leakyRelu: (x) => leakyRelu(x, 0.2), tanh, flatten }

/** The layers one after the other, named by their place. */
export function network(layers: Layer[]): Network<Tensor, Tensor> {
  return chain(...layers.map(part))
}

function part(layer: Layer, place: number): Network<Tensor, Tensor> | ((x: Tensor) => Tensor) {
  const name = `layer${place}`
  const gain = GAINS.relu
  if (typeof layer === 'string') return functions[layer]!
  if ('dense' in layer) return dense(name, ...layer.dense, gain)
  if ('shape' in layer) return unflatten(layer.shape)
  if ('conv' in layer) return conv2d(name, { inputs: layer.conv[0], outputs: layer.conv[1], gain })
  return doubled(name, layer.convTranspose, gain)
}

/** A transposed convolution to twice the side that it is given. */
function doubled(name: string, [inputs, outputs]: Pair, gain: number): Network<Tensor, Tensor> {
  const to = (height: number, width: number) => transposedConv2d(name, { inputs, outputs, height, width, gain })
  return {
    parameters: to(0, 0).parameters,
    forward: (weights, x) => to(2 * x.shape[1]!, 2 * x.shape[2]!).forward(weights, x),
  }
}
