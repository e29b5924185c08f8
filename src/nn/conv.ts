/** Convolutions on [n, height, width, channels] that halve and double the sides of any size, odd ones too. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { biased, biasOf, fanInLimit } from './dense'
import type { Network } from './module'
import { add, conv2d as convolve, conv2dTranspose, pad } from './ops'

/** Side after `times` halvings with stride 2, rounded up: what `conv2d` gives and `transposedConv2d` takes back. */
export function halved(side: number, times: number): number {
  for (let i = 0; i < times; i++) side = Math.ceil(side / 2)
  return side
}

interface ConvOptions {
  inputs: number
  outputs: number
  kernel?: number
  stride?: number
  gain?: number
  /** Default true; see `norm.ts` for when it is idle. */
  bias?: boolean
}

/** 'Same' convolution: [n, h, w, inputs] → [n, ⌈h/stride⌉, ⌈w/stride⌉, outputs]. Parameters `<name>/kernel` [k, k, inputs, outputs], `<name>/bias`. */
export function conv2d(
  name: string,
  { inputs, outputs, kernel = 4, stride = 2, gain = 1, bias = true }: ConvOptions,
): Network<Tensor, Tensor> {
  const limit = fanInLimit(kernel * kernel * inputs, gain)
  return {
    parameters: [
      { name: `${name}/kernel`, shape: [kernel, kernel, inputs, outputs], initial: { kind: 'uniform', limit } },
      ...biasOf(name, outputs, bias),
    ],
    forward: (weights, x) => biased(name, weights, convolve(x as Tensor4D, weights[`${name}/kernel`] as never, stride, 'same')),
  }
}

interface EnlargingOptions extends ConvOptions {
  height: number
  width: number
}

/**
 * Transposed convolution to a given side: [n, ⌈h/stride⌉, ⌈w/stride⌉, inputs] → [n, h, w, outputs].
 * Parameters `<name>/kernel` [k, k, outputs, inputs], `<name>/bias`. A kernel that the stride divides leaves no checkerboard
 * (Odena et al. 2016), hence 4 and 2.
 */
export function transposedConv2d(
  name: string,
  { inputs, outputs, height, width, kernel = 4, stride = 2, gain = 1, bias = true }: EnlargingOptions,
): Network<Tensor, Tensor> {
  // Each output pixel is reached by (kernel / stride)² taps, not by kernel².
  const limit = fanInLimit((kernel / stride) ** 2 * inputs, gain)
  return {
    parameters: [
      { name: `${name}/kernel`, shape: [kernel, kernel, outputs, inputs], initial: { kind: 'uniform', limit } },
      ...biasOf(name, outputs, bias),
    ],
    forward: (weights, x) =>
      biased(
        name,
        weights,
        conv2dTranspose(x as Tensor4D, weights[`${name}/kernel`] as never, [x.shape[0]!, height, width, outputs], stride, 'same'),
      ),
  }
}

/**
 * Every pixel repeated to twice the sides, then a 'same' 3 × 3 convolution, which leaves no checkerboard (Odena et al. 2016), less the
 * last row or column where that is too much: [n, ⌈h/2⌉, ⌈w/2⌉, inputs] → [n, h, w, outputs]. Parameters `<name>/kernel`
 * [3, 3, outputs, inputs], as a transposed convolution's, and `<name>/bias`. Computed without the repeated pixels: two taps on equal
 * ones are one tap with their sum, so that it is a transposed convolution by 2 with a kernel of 4, at 4 products instead of 9.
 */
export function enlargingConv2d(
  name: string,
  { inputs, outputs, height, width, gain = 1, bias = true }: Omit<EnlargingOptions, 'kernel' | 'stride'>,
): Network<Tensor, Tensor> {
  const kernel = `${name}/kernel`
  return {
    parameters: [
      { name: kernel, shape: [3, 3, outputs, inputs], initial: { kind: 'uniform', limit: fanInLimit(9 * inputs, gain) } },
      ...biasOf(name, outputs, bias),
    ],
    forward(weights, x) {
      const taps = summed(summed(weights[kernel]!, 0), 1) as Tensor4D
      return biased(name, weights, conv2dTranspose(x as Tensor4D, taps, [x.shape[0]!, height, width, outputs], 2, 'same'))
    },
  }
}

/** a, b, c along an axis → a, a + b, b + c, c. */
function summed(kernel: Tensor, axis: number): Tensor {
  const along = (before: number): Tensor =>
    pad(
      kernel,
      kernel.shape.map((_, i) => (i === axis ? [before, 1 - before] : [0, 0])),
    )
  return add(along(0), along(1))
}
