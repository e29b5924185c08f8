/**
 * Differentiable augmentation (Zhao et al. 2020): the critic sees real and made pictures only after the same kinds of random
 * change, so that it cannot learn few pictures by heart, and the generator's gradient passes through the change. Of few noise numbers
 * an item, and of matrix products and comparisons only, so that every engine has it.
 */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { abs, add, cast, lessEqual, matMul, mean, mul, reshape, sign, slice, square, sub, tensor, transpose } from './ops'

export const CHANGES = ['colour', 'translation', 'cutout'] as const
export type Change = (typeof CHANGES)[number]

/** Where pictures are [0, 1]; what is moved in or cut out is the middle, as in the paper, whose pictures are [−1, 1]. */
const GREY = 0.5
/** Largest shift, as a share of the side (§3 of the paper). */
const SHIFT = 1 / 8
/** Side of the cut-out square, as a share of the picture's. */
const CUT = 1 / 2

/** Of x around grey, [n, h, w, c], with the change's own noise on [0, 1), [n, …]. */
type Apply = (x: Tensor4D, noise: Tensor[]) => Tensor4D

const changes: Record<Change, { noise: number; apply: Apply }> = {
  colour: { noise: 3, apply: recoloured },
  translation: { noise: 2, apply: translated },
  cutout: { noise: 2, apply: cut },
}

/** The noise that `augment` takes for n pictures. */
export function augmentNoise(kinds: Change[], n: number): { shape: number[]; distribution: 'uniform' } {
  return { shape: [n, kinds.reduce((sum, kind) => sum + changes[kind].noise, 0)], distribution: 'uniform' }
}

/**
 * Pictures [n, h, w, c] on [0, 1], changed one kind after the other, as the noise says that `augmentNoise` describes. The same noise is
 * the same change. Numbers may leave [0, 1]: cutting them off would cut off gradients.
 */
export function augment(x: Tensor4D, kinds: Change[], noise: Tensor2D): Tensor4D {
  const n = x.shape[0]
  let at = 0
  const changed = kinds.reduce(
    (around, kind) => {
      const own = Array.from({ length: changes[kind].noise }, () => reshape(slice(noise, [0, at++], [n, 1]), [n, 1, 1, 1]))
      return changes[kind].apply(around, own)
    },
    sub(x, GREY) as Tensor4D,
  )
  return add(changed, GREY) as Tensor4D
}

/** Brightness ± ¼ of the whole range, saturation times [0, 2), contrast times [½, 1½). */
function recoloured(x: Tensor4D, [brightness, saturation, contrast]: Tensor[]): Tensor4D {
  const lit = add(x, mul(sub(brightness!, 0.5), 0.5))
  const saturated = spread(lit, [3], mul(saturation!, 2))
  return spread(saturated, [1, 2, 3], add(contrast!, 0.5)) as Tensor4D
}

/** Distances from the mean over these axes, times a factor. */
function spread(x: Tensor, axes: number[], factor: Tensor): Tensor {
  const centre = mean(x, axes, true)
  return add(mul(sub(x, centre), factor), centre)
}

/** By whole pixels, up to an eighth of each side; grey comes in. Rows and columns are moved by products with shifted identities. */
function translated(x: Tensor4D, [down, right]: Tensor[]): Tensor4D {
  const [n, h, w, c] = x.shape
  const rows = matMul(shifted(h, down!), reshape(x, [n, h, w * c]))
  const sideways = reshape(transpose(reshape(rows, [n, h, w, c]), [0, 2, 1, 3]), [n, w, h * c])
  const columns = matMul(shifted(w, right!), sideways)
  return transpose(reshape(columns, [n, w, h, c]), [0, 2, 1, 3]) as Tensor4D
}

/** [n, side, side]: 1 where an output's place less the shift is the input's place. */
function shifted(side: number, noise: Tensor): Tensor {
  const most = Math.round(side * SHIFT)
  const shift = sub(below(noise, 2 * most + 1), most)
  const apart = Float32Array.from({ length: side * side }, (_, i) => Math.floor(i / side) - (i % side))
  return sub(1, square(sign(sub(tensor(apart, [1, side, side]), reshape(shift, [noise.size, 1, 1])))))
}

/** A square of half each side turns grey, wherever its middle comes to lie; what is outside of the picture is lost. */
function cut(x: Tensor4D, [down, right]: Tensor[]): Tensor4D {
  const [n, h, w] = x.shape
  const rows = reshape(covered(h, down!), [n, h, 1, 1])
  const columns = reshape(covered(w, right!), [n, 1, w, 1])
  return mul(x, sub(1, mul(rows, columns))) as Tensor4D
}

/** [n, side]: 1 for places within the span that the cut takes. */
function covered(side: number, noise: Tensor): Tensor {
  const size = Math.round(side * CUT)
  const begin = sub(below(noise, side + 1), Math.floor(size / 2))
  const middle = add(reshape(begin, [noise.size, 1]), (size - 1) / 2)
  const places = tensor(Float32Array.from({ length: side }, (_, i) => i))
  return cast(lessEqual(abs(sub(places, middle)), (size - 1) / 2), 'float32')
}

/** Whole numbers 0 … count − 1 from noise on [0, 1). */
function below(noise: Tensor, count: number): Tensor {
  return cast(cast(mul(noise, count), 'int32'), 'float32')
}
