/**
 * How likely a picture is when every pixel is independent given the latent: −log p(x | z) in nats, summed over pixels and channels
 * and given per item, [n]. A deviation or scale is one number, or a tensor that broadcasts to the pictures.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { add, cast, div, lessEqual, log, log1p, mul, neg, softplus, square, sub, sum, tanh } from '../ops'

/**
 * Pixels that are on with probability σ(logit) (Kingma & Welling 2013, appendix C.1).
 * Σ softplus(l) − x·l is the cross-entropy −Σ (x log p + (1 − x) log(1 − p)) without its overflow. For grey values x it is a
 * cross-entropy and no longer a likelihood of x; its minimum is still p = x.
 */
export function bernoulliNll(logits: Tensor, x: Tensor): Tensor1D {
  return overPixels(sub(softplus(logits), mul(x, logits)))
}

/** Pixels that are normal around `mean` (Kingma & Welling 2013, appendix C.2). A density: it has no least value. */
export function gaussianNll(mean: Tensor, x: Tensor, deviation: number | Tensor): Tensor1D {
  const squares = square(sub(x, mean))
  if (typeof deviation === 'number')
    return overPixels(add(mul(squares, 1 / (2 * deviation * deviation)), Math.log(deviation) + HALF_LOG_2_PI))
  return overPixels(add(div(squares, mul(square(deviation), 2)), add(log(deviation), HALF_LOG_2_PI)))
}

const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI)

/** Half the distance between two values of a pixel of 8 bits. */
const HALF = 0.5 / 255

/**
 * Pixels of 256 values k/255 that are what a logistic variable around `mean` is rounded to; all that lies beyond the ends counts
 * as 0 or 1 (Kingma et al. 2016, appendix C.1; Salimans et al. 2017, §2.1). Sums to 1 over the 256 values.
 *
 * With a = (x + ½/255 − mean)/scale and b = a − δ the paper's σ(a) − σ(b) is σ(a)·σ(−b)·(1 − e^−δ), whose logarithm is exact
 * however far the tails; at the ends one of the first two factors remains.
 */
export function logisticNll(mean: Tensor, x: Tensor, scale: number | Tensor): Tensor1D {
  const away = sub(x, mean)
  const above = softplus(neg(div(add(away, HALF), scale)))
  const below = softplus(div(sub(away, HALF), scale))
  const [notTop, notBottom] = [cast(lessEqual(x, 1 - HALF), 'float32'), cast(lessEqual(HALF, x), 'float32')]
  // log(1 − e^−δ) = log(2t / (1 + t)) with t = tanh(δ/2), which is as exact for small δ.
  const t = typeof scale === 'number' ? Math.tanh(HALF / scale) : tanh(div(HALF, scale))
  const width = typeof t === 'number' ? Math.log((2 * t) / (1 + t)) : sub(log(mul(t, 2)), log1p(t))
  return overPixels(sub(add(mul(above, notTop), mul(below, notBottom)), mul(mul(notTop, notBottom), width)))
}

/**
 * Grey values as the probabilities of being on: 1 where `uniform`, on [0, 1), lies below x, else 0 (Salakhutdinov & Murray 2008).
 * Drawn anew each time a picture is seen, it is the dynamic binarisation.
 */
export function binarised<T extends Tensor>(x: T, uniform: Tensor): T {
  return sub(1, cast(lessEqual(x, uniform), 'float32')) as T
}

/** Sum over all but the first axis: [n, …] → [n]. */
export function overPixels(x: Tensor): Tensor1D {
  return sum(x, x.shape.map((_, axis) => axis).slice(1)) as Tensor1D
}
