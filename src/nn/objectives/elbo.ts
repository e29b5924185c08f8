/**
 * The evidence lower bound (Kingma & Welling 2013, eq. 3 and 10): log p(x) ≥ E_q(z|x)[log p(x|z)] − KL(q(z|x) ‖ p(z)).
 * Everything is in nats, summed over pixels or latents and given per item, [n]: means over both would hide an effective β.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { add, exp, mul, slice, softplus, square, sub, sum, tanh } from '../ops'

/** A diagonal normal distribution per item: both [n, latentSize]. */
export interface Posterior {
  mean: Tensor2D
  logVariance: Tensor2D
}

/** Deviations stay within e^±5. */
export const LOG_VARIANCE_LIMIT = 10

/**
 * An encoder's raw output [n, 2·latentSize] as a posterior. The log-variance is bent smoothly into ±10: exp never overflows in
 * float32, and unlike a hard clamp a unit that was driven to the edge still has a gradient that leads back.
 */
export function posterior(encoded: Tensor): Posterior {
  const size = encoded.shape[1]! / 2
  const raw = slice(encoded, [0, size], [-1, size])
  return {
    mean: slice(encoded, [0, 0], [-1, size]) as Tensor2D,
    logVariance: mul(tanh(mul(raw, 1 / LOG_VARIANCE_LIMIT)), LOG_VARIANCE_LIMIT) as Tensor2D,
  }
}

/** z = μ + σ·ε with ε from N(0, 1): a sample through which gradients flow (§2.4, the reparameterisation trick). */
export function reparameterise({ mean, logVariance }: Posterior, eps: Tensor): Tensor2D {
  return add(mean, mul(exp(mul(logVariance, 0.5)), eps)) as Tensor2D
}

/** KL(N(μ, σ²) ‖ N(0, 1)) = ½ Σ (μ² + σ² − log σ² − 1) (appendix B): [n]. */
export function normalKl({ mean, logVariance }: Posterior): Tensor1D {
  return mul(sum(sub(sub(add(square(mean), exp(logVariance)), logVariance), 1), 1), 0.5) as Tensor1D
}

/**
 * −log p(x | z) for pixels that are on with probability σ(logit) (appendix C.1): [n].
 * Σ softplus(l) − x·l is the cross-entropy −Σ (x log p + (1 − x) log(1 − p)) without its overflow. For grey values x it is a
 * cross-entropy and no longer a likelihood of x; its minimum is still p = x.
 */
export function bernoulliNll(logits: Tensor, x: Tensor): Tensor1D {
  return overPixels(sub(softplus(logits), mul(x, logits)))
}

/** −log p(x | z) for pixels that are normal around `mean` with one fixed deviation (appendix C.2): [n]. */
export function gaussianNll(mean: Tensor, x: Tensor, deviation: number): Tensor1D {
  const constant = Math.log(deviation) + 0.5 * Math.log(2 * Math.PI)
  return overPixels(add(mul(square(sub(x, mean)), 1 / (2 * deviation * deviation)), constant))
}

/** Sum over all but the first axis: [n, …] → [n]. */
export function overPixels(x: Tensor): Tensor1D {
  return sum(x, x.shape.map((_, axis) => axis).slice(1)) as Tensor1D
}
