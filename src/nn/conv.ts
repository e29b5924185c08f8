/** Convolutions on [n, height, width, channels] that halve and double the sides of any size, odd ones too. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { biased, biasOf, fanInLimit } from './dense'
import type { Network } from './module'
import { conv2d as convolve, conv2dTranspose } from './ops'

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

/**
 * Transposed convolution to a given side: [n, ⌈h/stride⌉, ⌈w/stride⌉, inputs] → [n, h, w, outputs].
 * Parameters `<name>/kernel` [k, k, outputs, inputs], `<name>/bias`. A kernel that the stride divides leaves no checkerboard
 * (Odena et al. 2016), hence 4 and 2.
 */
export function transposedConv2d(
  name: string,
  {
    inputs,
    outputs,
    height,
    width,
    kernel = 4,
    stride = 2,
    gain = 1,
    bias = true,
  }: ConvOptions & { height: number; width: number },
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
