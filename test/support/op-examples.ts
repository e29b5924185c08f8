/** Each op of `ops.ts` at work, for tests that go over all of them: differentiable functions of one tensor of a given shape. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { ACTIVATIONS, activations } from '../../src/nn/activations'
import { normalKl, posterior, reparameterise } from '../../src/nn/objectives/elbo'
import { bernoulliNll, gaussianNll } from '../../src/nn/objectives/likelihood'
import * as ops from '../../src/nn/ops'
import { fillNormal } from '../../src/nn/random'

/** Seeded values away from the kinks of relu and abs. */
export function values(shape: number[], name: string): Float32Array {
  const out = fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1)), 21, name, 0)
  return out.map((v) => (Math.abs(v) < 0.1 ? v + 0.3 * Math.sign(v || 1) : v))
}

/** Exports of `ops.ts` that compute nothing, and `topk`, which no loss may look through. */
const OTHERS = [
  'dispose',
  'gradients',
  'lossGradients',
  'makeVariable',
  'makeZeros',
  'memory',
  'scalar',
  'tensor',
  'tidy',
  'topk',
  'zeros',
]

const positive =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    f(ops.add(ops.square(x), 0.5))
const constant = (shape: number[], name: string): Tensor => ops.tensor(values(shape, name), shape)
const image = [2, 4, 4, 2]

export const examples: Record<string, [f: (x: Tensor) => Tensor, shape: number[]]> = {
  ...Object.fromEntries(ACTIVATIONS.map((name) => [name, [activations[name], [3, 4]]])),
  add: [(x) => ops.add(x, ops.add(x, 1)), [3, 4]],
  sub: [(x) => ops.sub(x, ops.square(x)), [3, 4]],
  mul: [(x) => ops.mul(x, x), [3, 4]],
  sum: [(x) => ops.sum(x, 0), [3, 4]],
  sign: [(x) => ops.mul(ops.sign(x), x), [3, 4]],
  cumsum: [(x) => ops.cumsum(ops.square(x), 1, true), [3, 4]],
  cast: [(x) => ops.cast(x, 'float32'), [3, 4]],
  lessEqual: [(x) => ops.mul(ops.cast(ops.lessEqual(constant([3, 4], 'c'), 0), 'float32'), x), [3, 4]],
  reshape: [(x) => ops.reshape(x, [4, 3]), [3, 4]],
  total: [(x) => ops.total([x, ops.square(x), x]), [3, 4]],
  leakyRelu: [(x) => ops.leakyRelu(x, 0.3), [3, 4]],
  exp: [ops.exp, [3, 4]],
  log: [positive(ops.log), [3, 4]],
  log1p: [positive(ops.log1p), [3, 4]],
  sqrt: [positive(ops.sqrt), [3, 4]],
  square: [ops.square, [3, 4]],
  sigmoid: [ops.sigmoid, [3, 4]],
  softplus: [ops.softplus, [3, 4]],
  softmax: [ops.softmax, [3, 4]],
  logSoftmax: [ops.logSoftmax, [3, 4]],
  logPartition: [
    (x) => ops.logPartition(x as Tensor2D, constant([5, 4], 'k') as Tensor2D, constant([5], 'b') as Tensor1D),
    [3, 4],
  ],
  'logPartition, kernel': [
    (k) => ops.logPartition(constant([3, 4], 'i') as Tensor2D, k as Tensor2D, constant([5], 'b') as Tensor1D),
    [5, 4],
  ],
  'logPartition, bias': [
    (b) => ops.logPartition(constant([3, 4], 'i') as Tensor2D, constant([5, 4], 'k') as Tensor2D, b as Tensor1D),
    [5],
  ],
  max: [(x) => ops.max(x, 1), [3, 4]],
  constant: [
    (x) =>
      ops.mul(
        ops.constant(() => ops.square(constant([3, 4], 'c'))),
        x,
      ),
    [3, 4],
  ],
  inputGradient: [(x) => ops.inputGradient((at) => ops.mul(ops.square(at), at), x), [3, 4]],
  gather: [(x) => ops.gather(x, ops.tensor([2, 0, 2], [3], 'int32') as Tensor1D), [3, 4]],
  abs: [ops.abs, [3, 4]],
  neg: [ops.neg, [3, 4]],
  div: [(x) => ops.div(x, ops.add(ops.square(x), 1)), [3, 4]],
  mean: [(x) => ops.mean(x, 1), [3, 4]],
  maximum: [(x) => ops.maximum(x, 0.05), [3, 4]],
  minimum: [(x) => ops.minimum(x, 0.05), [3, 4]],
  clipByValue: [(x) => ops.clipByValue(x, -0.05, 0.05), [3, 4]],
  pow: [positive((x) => ops.pow(x, 1.5)), [3, 4]],
  concat: [(x) => ops.concat([x, ops.square(x)], 1), [3, 4]],
  slice: [(x) => ops.slice(x, [0, 1], [-1, 2]), [3, 4]],
  split: [(x) => ops.mul(...(ops.split(x, 2, 1) as [Tensor, Tensor])), [3, 4]],
  stack: [(x) => ops.stack([x, ops.square(x)]), [3, 4]],
  tile: [(x) => ops.tile(x, [2, 1]), [3, 4]],
  transpose: [(x) => ops.transpose(x, [1, 0]), [3, 4]],
  pad: [
    (x) =>
      ops.pad(x, [
        [1, 0],
        [0, 2],
      ]),
    [3, 4],
  ],
  matMul: [(x) => ops.matMul(x as never, constant([4, 5], 'k') as never), [3, 4]],
  averagePool: [(x) => ops.averagePool(x as Tensor4D, 2), image],
  upsample: [(x) => ops.upsample(x as Tensor4D, 2), image],
  conv2d: [(x) => ops.conv2d(x as Tensor4D, constant([4, 4, 2, 3], 'k') as Tensor4D, 2, 'same'), image],
  'conv2d, kernel': [(k) => ops.conv2d(constant([1, 5, 5, 2], 'i') as Tensor4D, k as Tensor4D, 2, 'same'), [4, 4, 2, 1]],
  conv2dTranspose: [
    (x) => ops.conv2dTranspose(x as Tensor4D, constant([4, 4, 3, 2], 'k') as Tensor4D, [2, 7, 8, 3], 2, 'same'),
    image,
  ],
  'conv2dTranspose, kernel': [
    (k) => ops.conv2dTranspose(constant([1, 3, 3, 2], 'i') as Tensor4D, k as Tensor4D, [1, 5, 6, 1], 2, 'same'),
    [4, 4, 1, 2],
  ],
  kl: [(x) => normalKl(posterior(x)), [3, 4]],
  sample: [(x) => reparameterise(posterior(x), constant([3, 2], 'eps')), [3, 4]],
  bernoulli: [(x) => bernoulliNll(x, ops.sigmoid(constant([3, 4], 't'))), [3, 4]],
  gaussian: [(x) => gaussianNll(x, constant([3, 4], 't'), 0.5), [3, 4]],
}

/** Ops of which nothing here is an example. */
export const missing = Object.keys(ops).filter((name) => !OTHERS.includes(name) && !(name in examples))
