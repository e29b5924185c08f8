import '../../../support/backend'
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { invert } from '../../../../src/nn/latent/inversion'
import { add, matMul, memory, mul, reshape, sigmoid, slice, square, sub, tensor } from '../../../../src/nn/ops'
import { fillNormal, fillUniform } from '../../../../src/nn/random'

const [pixels, size] = [12, 3]
const W = fillNormal(new Float32Array(size * pixels), 7, 'weights', 0)
const kernel = tensor(W, [size, pixels]) as Tensor2D
const pictures = (x: ReturnType<typeof matMul>) => reshape(x, [x.shape[0]!, 3, 4, 1]) as Tensor4D
const linear = (z: Tensor2D) => pictures(mul(matMul(z, kernel), 0.1) as Tensor2D)
const bent = (z: Tensor2D) => pictures(sigmoid(matMul(z, kernel)))
const latents = (n: number) => tensor(fillNormal(new Float32Array(n * size), 3, 'latents', 0), [n, size]) as Tensor2D

describe('inversion', () => {
  it('finds the latents that pictures were drawn from', async () => {
    const z = tensor(fillUniform(new Float32Array(5 * size), 3, 'latents', 0, -0.9, 0.9), [5, size]) as Tensor2D
    const target = bent(z)
    const found = await invert(bent, target, { latentSize: size, prior: 'uniform' })
    ;[...z.dataSync()].forEach((value, i) => expect(found.latents[i]).toBeCloseTo(value, 2))
    for (const error of found.errors) expect(error).toBeLessThan(1e-5)
  })

  it('weighs pixels against a normal prior as Bayes does', async () => {
    // For x = Az + ε the most probable z solves (AᵀA/σ² + 1) z = Aᵀx/σ².
    const sigma = 0.3
    const x = fillUniform(new Float32Array(pixels), 5, 'picture', 0)
    const found = await invert(linear, tensor(x, [1, 3, 4, 1]) as Tensor4D, {
      latentSize: size,
      prior: 'normal',
      deviation: sigma,
      steps: 200,
    })
    for (let i = 0; i < size; i++) {
      let left = found.latents[i]!
      for (let p = 0; p < pixels; p++) {
        let drawn = 0
        for (let j = 0; j < size; j++) drawn += 0.1 * W[j * pixels + p]! * found.latents[j]!
        left -= (0.1 * W[i * pixels + p]! * (x[p]! - drawn)) / sigma ** 2
      }
      expect(left).toBeCloseTo(0, 3)
    }
  })

  it('stays where a uniform prior has something', async () => {
    const far = pictures(sigmoid(matMul(mul(latents(4), 5) as Tensor2D, kernel)))
    const found = await invert(bent, far, { latentSize: size, prior: 'uniform' })
    expect(Math.max(...found.latents.map(Math.abs))).toBeCloseTo(1, 5)
  })

  it('is not caught in the first valley: the best of several starts counts', async () => {
    // Two valleys, at −1 and at 1; the second is the deep one, and the first start is on the way to the other.
    const wells = (z: Tensor2D) => reshape(add(square(sub(square(z), 1)), mul(sub(1, z), 0.2)), [z.shape[0], 1, 1, 1]) as Tensor4D
    const zero = tensor([0], [1, 1, 1, 1]) as Tensor4D
    const depth = async (starts: number) =>
      (await invert(wells, zero, { latentSize: 1, prior: 'normal', deviation: 0.01, starts })).errors[0]!
    const one = await depth(1)
    const many = await depth(8)
    expect(one).toBeGreaterThan(0.05)
    expect(many).toBeLessThan(0.001)
  })

  it('gives a picture the same answer among others and alone', async () => {
    const target = bent(latents(3))
    const together = await invert(bent, target, { latentSize: size, prior: 'normal' })
    const alone = await invert(bent, slice(target, [2, 0, 0, 0], [1, 3, 4, 1]), { latentSize: size, prior: 'normal' })
    ;[...alone.latents].forEach((value, i) => expect(together.latents[2 * size + i]).toBeCloseTo(value, 4))
  })

  it('can look through features alone', async () => {
    const target = bent(latents(2))
    const mirrored = (x: Tensor4D) => mul(x, -1)
    const found = await invert(bent, target, { latentSize: size, prior: 'normal', features: mirrored, featureShare: 1 })
    const plain = await invert(bent, target, { latentSize: size, prior: 'normal' })
    ;[...plain.latents].forEach((value, i) => expect(found.latents[i]).toBeCloseTo(value, 3))
  })

  it('tells each step, ends when told to, and keeps no tensors', async () => {
    const target = bent(latents(2))
    const before = memory().numTensors
    const steps: string[] = []
    await invert(bent, target, {
      latentSize: size,
      prior: 'normal',
      steps: 2,
      onStep: (done, of) => void steps.push(`${done}/${of}`),
    })
    expect(steps).toEqual(['1/8', '2/8', '3/8', '4/8', '5/8', '6/8', '7/8', '8/8'])
    const stop = () => Promise.reject(new Error('enough'))
    await expect(invert(bent, target, { latentSize: size, prior: 'normal', onStep: stop })).rejects.toThrow('enough')
    expect(memory().numTensors).toBe(before)
    target.dispose()
  })
})
