/**
 * The optimisers, on variables only: every number that changes from step to step is a slot, so a checkpoint of the slots
 * resumes bit for bit, and a step holds nothing on the host that a captured graph would freeze. (tfjs's own Adam rebuilds its
 * powers of beta on load and ends up elsewhere.)
 */
import type { Tensor, Variable } from '@tensorflow/tfjs-core'
import type { TrainingSettings } from '../contract/nouns'
import { add, div, makeVariable, makeZeros, maximum, mul, sign, sqrt, square, sub, sum, tidy, total } from './ops'

export interface Optimizer {
  /** All state: `<parameter>/<slot>`, and `beta1Power`, `beta2Power` for the whole. */
  slots: Record<string, Variable>
  /** One update of every weight, from gradients of the same names. */
  apply(grads: Record<string, Tensor>): void
}

/** Hinton's lecture 6e, 2012. */
const RMSPROP_DECAY = 0.9
/** Added to a root of squares, not below it. */
const EPSILON = 1e-8

/**
 * An optimiser for these weights; its slots start at zero and belong to the caller, who disposes them.
 * L1 and L2 add l1·Σ|w| + ½·l2·Σw² to the loss, on kernels only (a bias has nothing to over-fit with: Goodfellow et al. 2016, §7.1).
 */
export function createOptimizer(training: TrainingSettings, weights: Record<string, Variable>): Optimizer {
  const slots: Record<string, Variable> = {}
  const rule = rules[training.optimizer](training, weights, slots)
  return {
    slots,
    apply: (grads) => tidy(() => rule(clipped(penalised(grads, weights, training), training.clipNorm))),
  }
}

type Rule = (
  training: TrainingSettings,
  weights: Record<string, Variable>,
  slots: Record<string, Variable>,
) => (grads: Record<string, Tensor>) => void

const rules: Record<TrainingSettings['optimizer'], Rule> = {
  sgd:
    ({ learningRate }, weights) =>
    (grads) =>
      each(weights, (name, weight) => weight.assign(sub(weight, mul(grads[name]!, learningRate)))),

  /** v ← μv + g; w ← w − ηv (Polyak 1964, as in Sutskever et al. 2013). */
  momentum: ({ learningRate, momentum }, weights, slots) => {
    addSlots(slots, weights, ['velocity'])
    return (grads) =>
      each(weights, (name, weight) => {
        const velocity = slots[`${name}/velocity`]!
        velocity.assign(add(mul(velocity, momentum), grads[name]!))
        weight.assign(sub(weight, mul(velocity, learningRate)))
      })
  },

  rmsprop: ({ learningRate }, weights, slots) => {
    addSlots(slots, weights, ['square'])
    return (grads) =>
      each(weights, (name, weight) => {
        const grad = grads[name]!
        const mean = slots[`${name}/square`]!
        mean.assign(add(mul(mean, RMSPROP_DECAY), mul(square(grad), 1 - RMSPROP_DECAY)))
        weight.assign(sub(weight, mul(div(grad, add(sqrt(mean), EPSILON)), learningRate)))
      })
  },

  adam: (training, weights, slots) => adam(training, weights, slots, 0),
  adamw: (training, weights, slots) => adam(training, weights, slots, training.weightDecay),
}

/** Kingma & Ba 2015, algorithm 1; with `decay`, decoupled from the gradient (Loshchilov & Hutter 2019, algorithm 2). */
function adam(
  { learningRate, beta1, beta2 }: TrainingSettings,
  weights: Record<string, Variable>,
  slots: Record<string, Variable>,
  decay: number,
): (grads: Record<string, Tensor>) => void {
  addSlots(slots, weights, ['gradients', 'squares'])
  // Powers kept by repeated multiplication, as a step count's float32 would run out at 2²⁴.
  slots.beta1Power = makeVariable([1], [])
  slots.beta2Power = makeVariable([1], [])
  return (grads) => {
    const power1 = slots.beta1Power!
    const power2 = slots.beta2Power!
    power1.assign(mul(power1, beta1))
    power2.assign(mul(power2, beta2))
    // Whatever is the same for all weights acts on scalars: both corrections of the biased means (the end of the paper's section 2), and
    // the factors 1 − β, for the slots keep the sums m / (1 − β₁) and v / (1 − β₂). ε goes with them. The same update with two
    // divisions and two products less a weight.
    const root = sqrt(mul(sub(1, power2), 1 / (1 - beta2)))
    const rate = mul(div(root, sub(1, power1)), learningRate * (1 - beta1))
    const epsilon = mul(root, EPSILON)
    each(weights, (name, weight) => {
      const grad = grads[name]!
      const m = slots[`${name}/gradients`]!
      const v = slots[`${name}/squares`]!
      m.assign(add(mul(m, beta1), grad))
      v.assign(add(mul(v, beta2), square(grad)))
      const kept = decay > 0 && isKernel(weight) ? mul(weight, 1 - learningRate * decay) : weight
      weight.assign(sub(kept, mul(div(m, add(sqrt(v), epsilon)), rate)))
    })
  }
}

/** Each weight in a `tidy` of its own, so that a large model's update needs little extra memory. */
function each(weights: Record<string, Variable>, update: (name: string, weight: Variable) => void): void {
  for (const [name, weight] of Object.entries(weights)) tidy(() => update(name, weight))
}

function addSlots(slots: Record<string, Variable>, weights: Record<string, Variable>, names: string[]): void {
  for (const [parameter, weight] of Object.entries(weights))
    for (const name of names) slots[`${parameter}/${name}`] = makeZeros(weight)
}

const isKernel = (weight: Tensor): boolean => weight.rank >= 2

function penalised(
  grads: Record<string, Tensor>,
  weights: Record<string, Variable>,
  { l1, l2 }: TrainingSettings,
): Record<string, Tensor> {
  if (l1 === 0 && l2 === 0) return grads
  return mapped(grads, (grad, name) => {
    const weight = weights[name]!
    if (!isKernel(weight)) return grad
    if (l1 > 0) grad = add(grad, mul(sign(weight), l1))
    if (l2 > 0) grad = add(grad, mul(weight, l2))
    return grad
  })
}

/** Scaled down together when their common L2 norm is above `limit`; 0 leaves them alone (Pascanu et al. 2013, algorithm 1). */
function clipped(grads: Record<string, Tensor>, limit: number): Record<string, Tensor> {
  if (limit === 0) return grads
  const norm = sqrt(total(Object.values(grads).map((grad) => sum(square(grad)))))
  const scale = div(limit, maximum(norm, limit))
  return mapped(grads, (grad) => mul(grad, scale))
}

function mapped(grads: Record<string, Tensor>, change: (grad: Tensor, name: string) => Tensor): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, change(grad, name)]))
}
