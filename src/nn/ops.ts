/**
 * The one door to tfjs-core's values. Every op here but `topk` can be differentiated twice by its inputs (a gradient penalty needs
 * that) and recorded (exports need that).
 *
 * tfjs-core 4.22 has second derivatives that fail (leakyRelu, minimum, clipByValue, where, pooling, resizing, depthwise
 * convolution) and, worse, some that are silently wrong: whatever computes its gradient from its saved output (exp, sigmoid,
 * tanh, elu, softmax, logSoftmax) puts that output on the tape before itself, so the way back through it is lost. They are
 * written anew here. `test/unit/nn/gradients.test.ts` checks every one against finite differences, twice.
 */
import {
  add,
  concat,
  customGrad,
  div,
  engine,
  exp as exp_,
  gather as gather_,
  getBackend,
  getKernel,
  grad,
  keep,
  leakyRelu as leakyRelu_,
  logSoftmax as logSoftmax_,
  log,
  matMul,
  max as max_,
  maximum,
  mean,
  mul,
  neg,
  ones,
  relu as relu_,
  reshape,
  scalar,
  sigmoid as sigmoid_,
  sign,
  softmax as softmax_,
  square,
  step,
  sub,
  sum,
  tanh as tanh_,
  tensor,
  tidy,
  unsortedSegmentSum,
  variable,
  zerosLike,
} from '@tensorflow/tfjs-core'
import type { GradSaveFunc, NamedTensorMap, Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core'

export {
  abs,
  add,
  cast,
  concat,
  conv2d,
  conv2dTranspose,
  cumsum,
  dispose,
  div,
  lessEqual,
  log,
  log1p,
  matMul,
  maximum,
  mean,
  memory,
  mul,
  neg,
  pad,
  pow,
  reshape,
  scalar,
  sign,
  slice,
  softplus,
  split,
  sqrt,
  square,
  stack,
  sub,
  sum,
  tensor,
  tidy,
  tile,
  topk,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core'

/** An op of one tensor whose gradient is computed from its input, by ops of this file. */
function fromInput(op: (x: Tensor) => Tensor, gradient: (dy: Tensor, x: Tensor) => Tensor): <T extends Tensor>(x: T) => T {
  const custom = customGrad((...args) => {
    const [x, save] = args as [Tensor, GradSaveFunc]
    save([x])
    return { value: op(x), gradFunc: (dy: Tensor, saved: Tensor[]) => gradient(dy, saved[0]!) }
  })
  return <T extends Tensor>(x: T) => custom(x) as T
}

/** An op of one tensor whose gradient is computed from its output by an op for which that is a constant. */
function fromOutput(op: (x: Tensor) => Tensor, gradient: (dy: Tensor, y: Tensor) => Tensor): <T extends Tensor>(x: T) => T {
  const custom = customGrad((...args) => {
    const [x, save] = args as [Tensor, GradSaveFunc]
    const y = op(x)
    save([y])
    return { value: y, gradFunc: (dy: Tensor, saved: Tensor[]) => gradient(dy, saved[0]!) }
  })
  return <T extends Tensor>(x: T) => custom(x) as T
}

export const exp = fromInput(exp_, (dy, x) => mul(dy, exp(x)))

/**
 * dy · f′(x) from y = f(x): one op where the engine has the kernel `name`, else what `compose` says. `byY` gives what a second
 * derivative sends to y; without it f′ is a constant there.
 */
function slope(
  name: string,
  compose: (dy: Tensor, y: Tensor) => Tensor,
  byY?: (ddy: Tensor, dy: Tensor, y: Tensor) => Tensor,
  attrs: Record<string, number> = {},
): (dy: Tensor, y: Tensor) => Tensor {
  const compute = (dy: Tensor, y: Tensor): Tensor =>
    getKernel(name, getBackend())
      ? engine().runKernel(name, { dy, y } as unknown as NamedTensorMap, attrs)
      : tidy(() => compose(dy, y))
  const twice = (dy: Tensor, y: Tensor): Tensor => {
    const custom = customGrad((...args) => {
      const [given, save] = [args[0] as Tensor, args.at(-1) as unknown as GradSaveFunc]
      save([given, y])
      return {
        value: compute(given, y),
        gradFunc: (ddy: Tensor, saved: Tensor[]) => {
          const [dy, y] = saved as [Tensor, Tensor]
          return byY ? [twice(ddy, y), byY(ddy, dy, y)] : twice(ddy, y)
        },
      }
    })
    return byY ? custom(dy, y) : custom(dy)
  }
  return twice
}

const reluSlope = slope('ReluGrad', (dy, y) => mul(dy, step(y)))
const sigmoidSlope = slope(
  'SigmoidGrad',
  (dy, y) => mul(dy, mul(y, sub(1, y))),
  (ddy, dy, y) => mul(mul(ddy, dy), sub(1, mul(y, 2))),
)
const tanhSlope = slope(
  'TanhGrad',
  (dy, y) => mul(dy, sub(1, square(y))),
  (ddy, dy, y) => mul(mul(ddy, dy), mul(y, -2)),
)

/** max(x, 0). The slope is told from the output: then nobody else wants the input, and an engine may compute it with what made it. */
export const relu = fromOutput(relu_, reluSlope)

export const sigmoid = fromInput(sigmoid_, (dy, x) => sigmoidSlope(dy, sigmoid(x)))

export const tanh = fromInput(tanh_, (dy, x) => tanhSlope(dy, tanh(x)))

/** Over the last axis. */
export const softmax = fromInput(softmax_, (dy, x) => {
  const y = softmax(x)
  return mul(y, sub(dy, sum(mul(dy, y), -1, true)))
})

/** Over the last axis. */
export const logSoftmax = fromInput(logSoftmax_, (dy, x) => sub(dy, mul(softmax(x), sum(dy, -1, true))))

/**
 * log Σₖ e^(x·kernelₖ + biasₖ), of x [n, d], kernel [k, d] and bias [k]: [n]. The normaliser of a softmax over many categories, in
 * fewer passes over the [n, k] logits than one by one: the bias rides in the products, the slopes of a softmax in their narrow sides.
 */
export function logPartition(x: Tensor2D, kernel: Tensor2D, bias: Tensor1D): Tensor1D {
  const [n, k] = [x.shape[0], kernel.shape[0]]
  const custom = customGrad((...args) => {
    const [wide, rows, save] = args as [Tensor2D, Tensor2D, GradSaveFunc]
    save([wide, rows])
    const weigh = (wide: Tensor2D, rows: Tensor2D) => {
      const logits = matMul(wide, rows, false, true)
      const largest = max(logits, 1, true)
      const weights = exp(sub(logits, largest)) as Tensor2D
      return { largest, weights, whole: sum(weights, 1, true) }
    }
    const { largest, whole } = weigh(wide, rows)
    return {
      value: reshape(add(log(whole), largest), [n]),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [wide, rows] = saved as [Tensor2D, Tensor2D]
        const { weights, whole } = weigh(wide, rows)
        const share = div(reshape(dy, [n, 1]), whole)
        return [mul(matMul(weights, rows), share), matMul(weights, mul(wide, share) as Tensor2D, true)]
      },
    }
  })
  return custom(concat([x, ones([n, 1])], 1), concat([kernel, reshape(bias, [k, 1])], 1)) as Tensor1D
}

/** The largest along an axis. Where several are, each has the whole slope. */
export function max(x: Tensor, axis: number, keepDims = false): Tensor {
  const shape = x.shape.map((side, i) => (i === (axis + x.rank) % x.rank ? 1 : side))
  const found = customGrad((...args) => {
    const [given, save] = args as [Tensor, GradSaveFunc]
    save([given])
    return {
      value: max_(given, axis, keepDims),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        // Sign has no slope of its own, so this is a constant to a second derivative.
        const below = sign(sub(max(saved[0]!, axis, true), saved[0]!))
        return mul(reshape(dy, shape), sub(1, below))
      },
    }
  })
  return found(x)
}

/** Rows of a table by their numbers: [rows, …] and int32 [n] → [n, …]. tfjs's own has a second derivative that fails. */
export function gather(table: Tensor, rows: Tensor1D): Tensor {
  return byRows(table, rows, gather_, (dy, at) => segmentSum(dy, at, table.shape[0]!))
}

/** The way back of `gather`: [n, …] → [count, …], each row the sum of those that name it. */
function segmentSum(x: Tensor, rows: Tensor1D, count: number): Tensor {
  return byRows(x, rows, (all, at) => unsortedSegmentSum(all, at, count), gather)
}

function byRows(
  x: Tensor,
  rows: Tensor1D,
  op: (x: Tensor, rows: Tensor1D) => Tensor,
  gradient: (dy: Tensor, rows: Tensor1D) => Tensor,
): Tensor {
  const custom = customGrad((...args) => {
    const [given, save] = args as [Tensor, GradSaveFunc]
    save([rows])
    return { value: op(given, rows), gradFunc: (dy: Tensor, saved: Tensor[]) => gradient(dy, saved[0] as Tensor1D) }
  })
  return custom(x)
}

/** x above 0, e^x − 1 below (Clevert et al. 2016). */
export function elu<T extends Tensor>(x: T): T {
  return sub(add(relu(x), exp(neg(relu(neg(x))))), 1) as T
}

export function minimum<T extends Tensor>(a: T, b: Tensor | number): T {
  return neg(maximum(neg(a), typeof b === 'number' ? -b : neg(b))) as T
}

export function clipByValue<T extends Tensor>(x: T, low: number, high: number): T {
  return minimum(maximum(x, low) as T, high)
}

/** max(x, 0) + share · min(x, 0) (Maas et al. 2013). */
export function leakyRelu<T extends Tensor>(x: T, share = 0.2): T {
  return fromOutput((x) => leakyRelu_(x, share), leakySlope(share))(x)
}

const leakySlope = (share: number) => slope('LeakyReluGrad', (dy, y) => mul(dy, step(y, share)), undefined, { alpha: share })

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
export function makeVariable(values: Float32Array | number[], shape: number[], trainable = true): Variable {
  return tidy(() => variable(tensor(values, shape, 'float32'), trainable))
}

/** A variable of zeros, of this tensor's shape, that the engine makes by itself. */
export function makeZeros(like: Tensor): Variable {
  return tidy(() => variable(zerosLike(like)))
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

/** How the sum of `f` changes with x: [n, …] → the same shape. Where `f` takes every item by itself, each item's own gradient. */
export function inputGradient(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  return grad((at: Tensor) => sum(f(at)))(x)
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

/** What `f` computes, as a constant: no gradient flows back through it. */
export function constant(f: () => Tensor): Tensor {
  return customGrad(() => ({ value: f(), gradFunc: () => [] }))()
}

/** The sum of the tensors, as a balanced tree: fewer rounding errors and no deep chain to trace. */
export function total(terms: Tensor[]): Tensor {
  if (terms.length === 0) return scalar(0)
  if (terms.length === 1) return terms[0]!
  const half = terms.length >> 1
  return add(total(terms.slice(0, half)), total(terms.slice(half)))
}
