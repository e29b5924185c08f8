/**
 * Features of pictures that need no foreign weights: a convolutional network whose weights are drawn from a fixed seed and never
 * trained. Such a network tells texture and layout apart well enough to measure by (Naeem et al. 2020, section 4.2, who find random
 * features steadier than ImageNet's away from photographs). Whatever changes the numbers changes the name.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { averagePool, conv2d, dispose, mul, relu, reshape, sub, tensor, tidy } from '../ops'
import { fillNormal } from '../random'
import { resized, type PictureShape } from './pictures'
import { rowsOf, type Breathe, type Rows } from './rows'

export const RANDOM_FEATURES = 'random-features-1'

const SEED = 1
/** Pictures are brought to this side. */
const SIDE = 32
/** Channels of each 3 × 3 convolution; a mean over 2 × 2 pixels follows all but the last. */
const WIDTHS = [32, 64, 128, 64]
const KERNEL = 3
/** The last layer's means over quarters of the picture: where things are matters. */
const QUARTERS = 2
/** Pictures in one pass. */
const BATCH = 128

export interface Features {
  /** Of u8 pictures [n, height, width, channels]. */
  of(pictures: Uint8Array, breathe: Breathe): Promise<Rows>
  dispose(): void
}

/** 256 numbers a picture. */
export function randomFeatures(shape: PictureShape): Features {
  const kernels = WIDTHS.map((outputs, i) => {
    const inputs = i === 0 ? shape.channels : WIDTHS[i - 1]!
    const values = fillNormal(new Float32Array(KERNEL * KERNEL * inputs * outputs), SEED, `${RANDOM_FEATURES}/${i}`, 0)
    // Keeps the signal's size through ReLU (He et al. 2015, eq. 10).
    const deviation = Math.sqrt(2 / (KERNEL * KERNEL * inputs))
    for (let j = 0; j < values.length; j++) values[j]! *= deviation
    return tensor(values, [KERNEL, KERNEL, inputs, outputs]) as Tensor4D
  })
  const forward = (pictures: Tensor): Tensor =>
    kernels.reduce<Tensor>(
      (x, kernel, i) => {
        const y = relu(conv2d(x as Tensor4D, kernel, 1, 'same'))
        return averagePool(y, i < kernels.length - 1 ? 2 : y.shape[1] / QUARTERS)
      },
      mul(sub(pictures, 0.5), 2),
    )
  return {
    of: (pictures, breathe) => inBatches(pictures, shape, SIDE, breathe, forward),
    dispose: () => dispose(kernels),
  }
}

/** The rows that `forward` makes of pictures in [0, 1], [batch, side, side, channels]. */
export async function inBatches(
  pictures: Uint8Array,
  shape: PictureShape,
  side: number,
  breathe: Breathe,
  forward: (x: Tensor) => Tensor,
): Promise<Rows> {
  const each = shape.height * shape.width * shape.channels
  const count = pictures.length / each
  let out = new Float32Array(0)
  for (let from = 0; from < count; from += BATCH) {
    const some = Math.min(BATCH, count - from)
    const values = resized(pictures.subarray(from * each, (from + some) * each), shape, side)
    const made = tidy(() => {
      const y = forward(tensor(values, [some, side, side, shape.channels]))
      return reshape(y, [some, y.size / some])
    })
    try {
      if (out.length === 0) out = new Float32Array(count * made.shape[1]!)
      out.set(await made.data(), from * made.shape[1]!)
    } finally {
      made.dispose()
    }
    await breathe()
  }
  return rowsOf(out, out.length / count)
}
