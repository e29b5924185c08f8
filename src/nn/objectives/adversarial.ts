/**
 * What a generator and a critic play for. Every loss is minimised by its player and given per item: scores [n] or [n, 1] → [n].
 * A score is the critic's raw output; where it is a logit, D = σ(score) is the chance that the item is real.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { add, inputGradient, mul, neg, relu, reshape, softplus, sqrt, square, sub } from '../ops'
import { overPixels } from './likelihood'

export const ADVERSARIAL = ['minimax', 'non-saturating', 'least-squares', 'wasserstein', 'hinge'] as const
export type Adversarial = (typeof ADVERSARIAL)[number]

interface Game {
  critic: {
    /** `label`: what the critic is to say of real items; below 1, one-sided label smoothing (Salimans et al. 2016, §3.4). */
    real(score: Tensor, label?: number): Tensor1D
    made(score: Tensor): Tensor1D
  }
  generator(score: Tensor): Tensor1D
  /** Whether `label` means something: to the others an item has no label that could be smoothed. */
  labelled: boolean
}

const perItem = (score: Tensor): Tensor1D => reshape(score, [score.shape[0]!])

/** −label·log D − (1 − label)·log(1 − D) and −log(1 − D). Softplus is log(1 + eˢ) without its overflow. */
const crossEntropy: Game['critic'] = {
  real: (score, label = 1) => perItem(label === 1 ? softplus(neg(score)) : sub(softplus(score), mul(score, label))),
  made: (score) => perItem(softplus(score)),
}

export const adversarial: Record<Adversarial, Game> = {
  /**
   * min max V = E log D(x) + E log(1 − D(G(z))) (Goodfellow et al. 2014, eq. 1), at whose equilibrium V = −log 4. The generator's
   * own log(1 − D) has hardly a slope where the critic is sure, which is early in training.
   */
  minimax: { critic: crossEntropy, generator: (score) => perItem(neg(softplus(score))), labelled: true },

  /** The same critic; the generator has −log D (§3 of the paper): what the paper and its code train with, and most others since. */
  'non-saturating': { critic: crossEntropy, generator: (score) => perItem(softplus(neg(score))), labelled: true },

  /** Distances to 1 for real and 0 for made; the generator's to 1 (Mao et al. 2017, eq. 9). */
  'least-squares': {
    critic: {
      real: (score, label = 1) => perItem(mul(square(sub(score, label)), 0.5)),
      made: (score) => perItem(mul(square(score), 0.5)),
    },
    generator: (score) => perItem(mul(square(sub(score, 1)), 0.5)),
    labelled: true,
  },

  /** E D(G(z)) − E D(x), of a critic that something else keeps Lipschitz: clipping, a penalty (Arjovsky et al. 2017, eq. 2 and 3). */
  wasserstein: {
    critic: { real: (score) => perItem(neg(score)), made: (score) => perItem(score) },
    generator: (score) => perItem(neg(score)),
    labelled: false,
  },

  /** The critic learns from what is within its margins only (Lim & Ye 2017; Miyato et al. 2018, eq. 16 and 17). */
  hinge: {
    critic: { real: (score) => perItem(relu(sub(1, score))), made: (score) => perItem(relu(add(score, 1))) },
    generator: (score) => perItem(neg(score)),
    labelled: false,
  },
}

/** Below the root of a squared norm: where nothing slopes, the root's own slope is finite. */
const TINY = 1e-12

/**
 * (‖∇ₓ score(x)‖₂ − target)² at `between`, [n, …] → [n] (Gulrajani et al. 2017, eq. 3, with weight λ = 10 there). The score of an
 * item must be its own: a critic that normalises over the batch has no such gradient (§4 of the paper). Where scores share one number
 * of the whole batch, its slope counts for each item that changes it, which is little (Karras et al. 2018 use both).
 */
export function gradientPenalty(score: (x: Tensor) => Tensor, between: Tensor, target = 1): Tensor1D {
  const norm = sqrt(add(squaredSlope(score, between), TINY))
  return square(sub(norm, target))
}

/** ½‖∇ₓ score(x)‖₂² at real items, [n, …] → [n]: R₁ with weight γ (Mescheder et al. 2018, eq. 9). */
export function zeroCentredPenalty(score: (x: Tensor) => Tensor, real: Tensor): Tensor1D {
  return mul(squaredSlope(score, real), 0.5)
}

function squaredSlope(score: (x: Tensor) => Tensor, x: Tensor): Tensor1D {
  return overPixels(square(inputGradient(score, x)))
}

/** share·real + (1 − share)·made, one share on [0, 1] for each pair (Gulrajani et al. 2017, algorithm 1): share [n] or [n, 1]. */
export function interpolate(real: Tensor, made: Tensor, share: Tensor): Tensor {
  const each = reshape(
    share,
    real.shape.map((side, axis) => (axis === 0 ? side : 1)),
  )
  return add(made, mul(sub(real, made), each))
}
