/** Tells made sequences of tokens from real ones, by a score. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { dense } from './dense'
import type { Network, Parameter } from './module'
import { add, concat, conv2d, max, mul, relu, reshape, sigmoid, sub, transpose } from './ops'
import { embedding } from './recurrent'

/** The highway carries nearly all that comes, at first (Srivastava et al. 2015, §2.2). */
const FIRST_CLOSED = 2

export interface TextCriticShape {
  vocabulary: number
  /** Of a token's vector. */
  embedding: number
  /** How many tokens each convolution sees; none may be longer than a sequence. */
  windows: number[]
  /** How many patterns each convolution looks for. */
  maps: number[]
}

/**
 * Convolutions over time, the largest value of each, a highway layer (Srivastava et al. 2015) and a verdict (Kim 2014; Yu et al. 2017,
 * appendix C): int32 [length, n] → scores [n, 1]. `features` are what stands before the verdict, [n, Σ maps].
 */
export interface TextCritic extends Network<Tensor2D, Tensor> {
  size: number
  features: Network<Tensor2D, Tensor>['forward']
}

export function createTextCritic({ vocabulary, embedding: width, windows, maps }: TextCriticShape): TextCritic {
  const tokensIn = embedding('tokens', vocabulary, width)
  const size = maps.reduce((sum, count) => sum + count, 0)
  const gate = dense('gate', size, size)
  const lift = dense('lift', size, size)
  const verdict = dense('verdict', size, 1)
  const kernels = windows.map((window, i): Parameter => {
    const shape = [1, window, width, maps[i]!]
    return { name: `conv${window}/kernel`, shape, initial: { kind: 'normal', deviation: 0.1 } }
  })
  const biases = windows.map((window, i): Parameter => {
    return { name: `conv${window}/bias`, shape: [maps[i]!], initial: { kind: 'zeros' } }
  })
  const features: TextCritic['features'] = (weights, tokens) => {
    const [length, n] = tokens.shape
    const x = reshape(tokensIn.forward(weights, transpose(tokens, [1, 0])), [n, 1, length, width]) as Tensor4D
    const seen = windows.map((window, i) => {
      const found = conv2d(x, weights[`conv${window}/kernel`] as unknown as Tensor4D, 1, 'valid')
      return reshape(max(relu(add(found, weights[`conv${window}/bias`]!)), 2), [n, maps[i]!])
    })
    const all = concat(seen, 1)
    const open = sigmoid(sub(gate.forward(weights, all), FIRST_CLOSED))
    return add(mul(open, relu(lift.forward(weights, all))), mul(sub(1, open), all))
  }
  return {
    size,
    parameters: [...tokensIn.parameters, ...gate.parameters, ...lift.parameters, ...verdict.parameters, ...kernels, ...biases],
    features,
    forward: (weights, tokens, pass) => verdict.forward(weights, features(weights, tokens, pass), pass),
  }
}
