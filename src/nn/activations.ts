/** The functions between layers, by the name a setting has for them. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { elu, leakyRelu, relu, silu, tanh } from './ops'

export const ACTIVATIONS = ['relu', 'leaky-relu', 'elu', 'silu', 'tanh'] as const
export type ActivationName = (typeof ACTIVATIONS)[number]

export const activations: Record<ActivationName, (x: Tensor) => Tensor> = {
  relu: (x) => relu(x),
  'leaky-relu': (x) => leakyRelu(x, 0.2),
  elu: (x) => elu(x),
  silu: (x) => silu(x),
  tanh: (x) => tanh(x),
}

/**
 * The factor on a layer's weights that keeps the signal's size through the activation that follows:
 * √2 after which half is cut off (He et al. 2015), 1 where little is (Glorot & Bengio 2010; tanh's 5/3 as LeCun's).
 */
export const GAINS: Record<ActivationName | 'none', number> = {
  relu: Math.SQRT2,
  'leaky-relu': Math.sqrt(2 / (1 + 0.2 ** 2)),
  elu: Math.SQRT2,
  silu: Math.SQRT2,
  tanh: 5 / 3,
  none: 1,
}
