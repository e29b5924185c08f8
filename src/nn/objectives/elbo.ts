/**
 * The evidence lower bound (Kingma & Welling 2013, eq. 3 and 10): log p(x) ≥ E_q(z|x)[log p(x|z)] − KL(q(z|x) ‖ p(z)).
 * Everything is in nats, summed over pixels or latents and given per item, [n]: means over both would hide an effective β.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { add, exp, mean, mul, relu, sign, slice, square, sub, sum, tanh } from '../ops'

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
export function normalKl(q: Posterior): Tensor1D {
  return mul(sum(twiceKl(q), 1), 0.5) as Tensor1D
}

/** 2·KL of each latent by itself, [n, latentSize]: they add up, for the latents are independent. */
function twiceKl({ mean, logVariance }: Posterior): Tensor {
  return sub(sub(add(square(mean), exp(logVariance)), logVariance), 1)
}

/**
 * Σⱼ max(λ, KLⱼ) with KLⱼ the mean over the batch of latent j's own KL (Kingma et al. 2016, eq. 15): the first `free` nats of a
 * latent cost nothing, so none is given up before it has found a use. `average` as a phase's loss has it.
 */
export function freeBits(q: Posterior, free: number, average: (each: Tensor) => Scalar): Scalar {
  const kl = mul(twiceKl(q), 0.5)
  // 1 for latents that pay, else 0; without a slope of its own.
  const pays = sign(relu(sub(mean(kl, 0), free)))
  return add(average(sum(mul(kl, pays), 1)), mul(sum(sub(1, pays)), free)) as Scalar
}

/** log p(z) − log q(z | x) at the sample that `reparameterise` makes of this ε: ½ Σ (ε² + log σ² − z²), [n]. */
export function logPriorRatio(q: Posterior, z: Tensor, eps: Tensor): Tensor1D {
  return mul(sum(sub(add(square(eps), q.logVariance), square(z)), 1), 0.5) as Tensor1D
}
