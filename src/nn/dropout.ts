/** Dropout from noise that is an input: the same items lose the same features on every engine. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Pass } from './module'
import { cast, lessEqual, mul, reshape, sub } from './ops'

/**
 * Whole features are silenced with chance `rate` in a training pass, and the others made up for it: units of [n, units] (Srivastava et al.
 * 2014), maps of [n, h, w, maps], whose neighbouring places would tell what a single one was (Tompson et al. 2015, §3.2).
 * The pass's noise of this name is uniform on [0, 1), [n, features]. Throws where it is missing.
 */
export function dropout(name: string, rate: number): (x: Tensor, pass: Pass) => Tensor {
  return (x, { training = false, noise = {} }) => {
    if (!training || rate === 0) return x
    if (!noise[name]) throw new Error(`dropout: the pass has no noise named ${name}`)
    const kept = sub(1, cast(lessEqual(noise[name], rate), 'float32'))
    const places = x.shape.map((side, axis) => (axis === 0 || axis === x.rank - 1 ? side : 1))
    return mul(x, mul(reshape(kept, places), 1 / (1 - rate)))
  }
}
