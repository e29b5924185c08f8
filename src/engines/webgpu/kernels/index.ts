/** Our own kernels in the place of tfjs's that are wrong, that add in no fixed order, that read back, or that are slow. */
import { getKernel, registerKernel, unregisterKernel, type KernelFunc } from '@tensorflow/tfjs-core'
import { convolutions } from './convolution'
import { logical, ordering, tile, transpose } from './copies'
import { matrixProduct } from './matmul'
import { cumulative, segmentSum, sum } from './sums'
import { unaries } from './unary'

export function registerKernels(): void {
  const own = (name: string): KernelFunc => getKernel(name, 'webgpu').kernelFunc
  const kernels: Record<string, unknown> = {
    All: logical(own('All')),
    Any: logical(own('Any')),
    ArgMax: ordering(own('ArgMax')),
    ArgMin: ordering(own('ArgMin')),
    BatchMatMul: matrixProduct,
    Cumprod: cumulative('*'),
    Cumsum: cumulative('+'),
    Sum: sum(own('Sum')),
    Tile: tile,
    Transpose: transpose(own('Transpose')),
    UnsortedSegmentSum: segmentSum,
    ...convolutions,
    ...unaries,
  }
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    unregisterKernel(kernelName, 'webgpu')
    registerKernel({ kernelName, backendName: 'webgpu', kernelFunc: kernelFunc as KernelFunc })
  }
}
