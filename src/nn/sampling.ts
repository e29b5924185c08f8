/** Which tokens may be drawn, and how boldly: what is done to logits before a draw. Not for a loss: nothing here has a slope. */
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { add, cast, cumsum, div, lessEqual, max, mul, neg, slice, softmax, sub, topk } from './ops'

export interface Boldness {
  /** Logits are divided by it (Ackley et al. 1985): below 1 the likely becomes likelier. Above 0. */
  temperature?: number
  /** Only so many of the likeliest tokens (Fan et al. 2018); 0 for all. */
  topK?: number
  /** Only the likeliest tokens that hold this share of all chances together (Holtzman et al. 2020); 1 for all. */
  nucleus?: number
}

/** So unlikely that a draw never comes there, and no overflow of float32. */
const NEVER = -1e9

/** Logits [n, k] → logits [n, k] of the tokens that are left. The likeliest is always among them. */
export function narrowed(logits: Tensor2D, { temperature = 1, topK = 0, nucleus = 1 }: Boldness): Tensor2D {
  let left = temperature === 1 ? logits : (div(logits, temperature) as Tensor2D)
  const [n, k] = left.shape
  if (topK > 0 && topK < k) left = notBelow(left, slice(topk(left, topK).values, [0, topK - 1], [n, 1]))
  if (nucleus < 1) {
    const sorted = topk(left, k).values
    const before = cumsum(softmax(sorted), 1, true)
    // A token is left where those before it do not hold the share yet; the first always is.
    const out = sub(1, cast(lessEqual(before, nucleus), 'float32'))
    const least = neg(max(sub(neg(sorted), mul(out, -NEVER)), 1, true))
    left = notBelow(left, least as Tensor2D)
  }
  return left
}

/** Everything below `least` [n, 1] becomes impossible. */
function notBelow(logits: Tensor2D, least: Tensor2D): Tensor2D {
  const allowed = cast(lessEqual(least, logits), 'float32')
  return add(logits, mul(sub(1, allowed), NEVER)) as Tensor2D
}
