/**
 * Transformers over tokens that lie on a grid: [n, rows, columns, size]. What is done to each token by itself is a convolution
 * that sees one place, so nothing here folds the batch into another axis.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { conv2d } from './conv'
import type { Network } from './module'
import { chain, sumOf } from './module'
import { layerNorm } from './norm'
import { add, matMul, mul, relu, reshape, softmax, split, transpose } from './ops'

/** How much a block adds to its input at first, as a share of what it could: deep stacks begin near the identity. */
const FIRST_SHARE = 0.1

const perToken = (name: string, inputs: number, outputs: number, gain = 1): Network<Tensor, Tensor> =>
  conv2d(name, { inputs, outputs, kernel: 1, stride: 1, gain })

/**
 * Multi-head self-attention, softmax(Q·Kᵀ/√d)·V with d = size / heads (Vaswani et al. 2017, eq. 1 and §3.2.2):
 * [n, rows, columns, size] → the same. Layers `<name>/qkv` and `<name>/out`. `heads` must divide `size`.
 */
function selfAttention(name: string, size: number, heads: number): Network<Tensor, Tensor> {
  if (size % heads) throw new Error(`selfAttention: ${heads} heads do not divide ${size}`)
  const depth = size / heads
  const qkv = perToken(`${name}/qkv`, size, 3 * size)
  const out = perToken(`${name}/out`, size, size, FIRST_SHARE)
  return {
    parameters: [...qkv.parameters, ...out.parameters],
    forward(weights, x, pass) {
      const [n, rows, columns] = x.shape as [number, number, number]
      const byHead = reshape(qkv.forward(weights, x, pass), [n, rows * columns, 3 * heads, depth])
      const [q, k, v] = split(transpose(byHead, [0, 2, 1, 3]), 3, 1) as [Tensor4D, Tensor4D, Tensor4D]
      const shares = softmax(mul(matMul(q, k, false, true), 1 / Math.sqrt(depth)))
      const seen = transpose(matMul(shares as Tensor4D, v), [0, 2, 1, 3])
      return out.forward(weights, reshape(seen, [n, rows, columns, size]), pass)
    },
  }
}

/** A block that normalises first (Xiong et al. 2020): x + attention(norm(x)), then x + mlp(norm(x)) with four times the size inside. */
export function transformerBlock(name: string, size: number, heads: number): Network<Tensor, Tensor> {
  return chain(
    sumOf(chain(), chain(layerNorm(`${name}/norm1`, size, -1), selfAttention(`${name}/attention`, size, heads))),
    sumOf(
      chain(),
      chain(
        layerNorm(`${name}/norm2`, size, -1),
        perToken(`${name}/mlp1`, size, 4 * size, Math.SQRT2),
        (x) => relu(x),
        perToken(`${name}/mlp2`, 4 * size, size, FIRST_SHARE),
      ),
    ),
  )
}

/** A learned vector for each place, added: [n, rows, columns, size] → the same. Parameter `<name>/vectors` [rows, columns, size]. */
export function positions(name: string, [rows, columns, size]: [number, number, number]): Network<Tensor, Tensor> {
  return {
    parameters: [{ name: `${name}/vectors`, shape: [rows, columns, size], initial: { kind: 'normal', deviation: 0.02 } }],
    forward: (weights, x) => add(x, weights[`${name}/vectors`]!),
  }
}
