import '../../support/backend'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { enlargingConv2d } from '../../../src/nn/conv'
import { conv2d, makeVariable, slice, tensor, tidy, upsample } from '../../../src/nn/ops'
import { fillNormal } from '../../../src/nn/random'

const normals = (size: number, name: string): Float32Array => fillNormal(new Float32Array(size), 4, name, 0)

/** The kernel of a convolution is that of its transposed form turned by half a circle: [3, 3, outputs, inputs] → [3, 3, inputs, outputs]. */
function turned(kernel: Float32Array, outputs: number, inputs: number): Float32Array {
  return Float32Array.from({ length: kernel.length }, (_, at) => {
    const output = at % outputs
    const input = Math.floor(at / outputs) % inputs
    const place = Math.floor(at / (outputs * inputs))
    return kernel[(8 - place) * outputs * inputs + output * inputs + input]!
  })
}

describe('a convolution that enlarges', () => {
  it.each([
    [4, 4, 8, 8],
    [3, 5, 5, 9],
    [1, 2, 2, 3],
  ])('from %i × %i is the one of repeated pixels, at %i × %i', (rows, columns, height, width) => {
    const [inputs, outputs] = [3, 2]
    const layer = enlargingConv2d('conv', { inputs, outputs, height, width })
    const kernel = normals(9 * inputs * outputs, 'kernel')
    const weights = {
      'conv/kernel': makeVariable(kernel, [3, 3, outputs, inputs]),
      'conv/bias': makeVariable([0, 0], [outputs]),
    }
    const x = normals(2 * rows * columns * inputs, 'x')
    const [got, expected] = tidy(() => {
      const given = tensor(x, [2, rows, columns, inputs]) as Tensor4D
      const plain = tensor(turned(kernel, outputs, inputs), [3, 3, inputs, outputs]) as Tensor4D
      const whole = conv2d(upsample(given, 2), plain, 1, 'same')
      return [layer.forward(weights, given).dataSync(), slice(whole, [0, 0, 0, 0], [-1, height, width, -1]).dataSync()]
    })
    expect(got).toHaveLength(expected.length)
    got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
  })
})
