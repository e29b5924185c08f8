/**
 * The one door to tfjs-core's values. Every op here can be differentiated twice (a gradient penalty needs that) and recorded
 * (exports need that). Ops whose second derivative fails in tfjs-core 4.22 — leakyRelu, pooling, resizing, depthwise
 * convolution — are not handed on but written anew from ops that work.
 */
import {
  add,
  concat,
  engine,
  keep,
  mean,
  mul,
  relu,
  reshape,
  scalar,
  sigmoid,
  sub,
  tensor,
  tidy,
  variable,
} from '@tensorflow/tfjs-core'
import type { Scalar, Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core'

export {
  abs,
  add,
  addN,
  cast,
  clipByValue,
  concat,
  conv2d,
  conv2dTranspose,
  dispose,
  div,
  elu,
  exp,
  gather,
  getBackend,
  greater,
  greaterEqual,
  keep,
  less,
  log,
  log1p,
  logSoftmax,
  matMul,
  maximum,
  mean,
  memory,
  minimum,
  mul,
  neg,
  oneHot,
  ones,
  onesLike,
  pad,
  pow,
  ready,
  relu,
  reshape,
  scalar,
  sigmoid,
  sign,
  slice,
  softmax,
  softplus,
  split,
  sqrt,
  square,
  squeeze,
  stack,
  sub,
  sum,
  tanh,
  tensor,
  tensor1d,
  tensor2d,
  tensor4d,
  tidy,
  tile,
  transpose,
  unstack,
  where,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core'

/** max(x, 0) + slope · min(x, 0). tfjs's own has no second derivative. */
export function leakyRelu<T extends Tensor>(x: T, slope = 0.2): T {
  return sub(relu(x), mul(relu(mul(x, -1)), slope)) as T
}

/** x · σ(x) (Elfwing et al. 2017). */
export function silu<T extends Tensor>(x: T): T {
  return mul(x, sigmoid(x)) as T
}

/** Mean over size × size tiles: [n, h, w, c] → [n, h/size, w/size, c]. Sides must be multiples of `size`. */
export function averagePool(x: Tensor4D, size: number): Tensor4D {
  const [n, h, w, c] = x.shape
  if (h % size || w % size) throw new Error(`averagePool: ${h}×${w} is not a multiple of ${size}`)
  return mean(reshape(x, [n, h / size, size, w / size, size, c]), [2, 4]) as Tensor4D
}

/** Each pixel repeated size × size times: [n, h, w, c] → [n, h·size, w·size, c]. */
export function upsample(x: Tensor4D, size: number): Tensor4D {
  const [n, h, w, c] = x.shape
  const wide = reshape(concat(Array<Tensor>(size).fill(reshape(x, [n, h, w, 1, c])), 3), [n, h, 1, w * size, c])
  return reshape(concat(Array<Tensor>(size).fill(wide), 2), [n, h * size, w * size, c])
}

/** A variable with these values. Names are ours to keep: tfjs wants them unique in the process, so it gets none. */
export function makeVariable(values: Float32Array | number[], shape: number[]): Variable {
  return tidy(() => variable(tensor(values, shape, 'float32')))
}

/**
 * The value of `loss` and its gradients by exactly these variables, under their names here.
 * Throws when a variable has no influence on the loss: then a phase trains something it does not see.
 */
export function gradients(
  loss: () => Scalar,
  variables: Record<string, Variable>,
): { value: Scalar; grads: Record<string, Tensor> } {
  const names = Object.keys(variables)
  const { value, grads } = engine().gradients(loss, Object.values(variables), undefined, true)
  const byName: Record<string, Tensor> = {}
  grads.forEach((grad: Tensor | null | undefined, i) => {
    if (!grad) throw new Error(`the loss does not depend on ${names[i]}`)
    byName[names[i]!] = grad
  })
  return { value, grads: byName }
}

/** As `gradients`, for a loss that also reports parts: they outlive the backward pass and belong to the caller's `tidy`. */
export function lossGradients(
  loss: () => { total: Scalar; parts: Record<string, Scalar> },
  variables: Record<string, Variable>,
): { total: Scalar; parts: Record<string, Scalar>; grads: Record<string, Tensor> } {
  // tfjs frees everything a differentiated function made but its value, so the parts are kept until they have been copied.
  const kept: Record<string, Scalar> = {}
  try {
    const { value, grads } = gradients(() => {
      const { total, parts } = loss()
      for (const [name, part] of Object.entries(parts)) kept[name] = keep(part.clone())
      return total
    }, variables)
    const parts = Object.fromEntries(Object.entries(kept).map(([name, part]) => [name, part.clone()]))
    return { total: value, parts, grads }
  } finally {
    for (const part of Object.values(kept)) part.dispose()
  }
}

/** The sum of the tensors, as a balanced tree: fewer rounding errors and no deep chain to trace. */
export function total(terms: Tensor[]): Tensor {
  if (terms.length === 0) return scalar(0)
  if (terms.length === 1) return terms[0]!
  const half = terms.length >> 1
  return add(total(terms.slice(0, half)), total(terms.slice(half)))
}
