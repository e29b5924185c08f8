import '../../support/backend'
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { memory, tidy, zeros } from '../../../src/nn/ops'
import { parameterCount } from '../../../src/nn/module'
import { layerWidths } from '../../../src/recipes/pictures'
import { vae } from '../../../src/recipes/vae'
import { buildRecipe, noiseTensors, squares, trainStep } from '../../support/recipes'

const facts = (size: number, channels: number) => ({ height: size, width: size, channels, items: 100, tags: [] })

describe('vae', () => {
  it.each([
    [8, 1],
    [9, 3],
    [16, 4],
    [27, 3],
    [28, 1],
    [50, 3],
    [64, 3],
    [256, 1],
  ])('builds and redraws for pictures of %i × %i', (size, channels) => {
    for (const architecture of ['mlp', 'conv']) {
      const { built, weights, dispose } = buildRecipe(vae, { architecture, width: 8, latentSize: 4 }, facts(size, channels))
      tidy(() => {
        const x = squares(2, facts(size, channels))
        const z = built.abilities.encode!(weights, x)
        expect(z.shape).toEqual([2, 4])
        const y = built.abilities.decode!(weights, z)
        expect(y.shape).toEqual(x.shape)
        const values = y.dataSync()
        expect(values.every((v) => v >= 0 && v <= 1)).toBe(true)
      })
      dispose()
    }
  })

  it('has the layers of the settings', () => {
    const net = { activation: 'relu' as const, width: 64, layers: 3 }
    expect(layerWidths({ ...net, architecture: 'conv' })).toEqual([16, 32, 64])
    expect(layerWidths({ ...net, architecture: 'mlp' })).toEqual([256, 128, 64])
    // x → 128 → 64 → z, both ways, by hand.
    const { built, dispose } = buildRecipe(vae, { architecture: 'mlp', width: 64, layers: 2, latentSize: 8 }, facts(28, 1))
    expect(parameterCount(built.networks.encoder!)).toBe(784 * 128 + 128 + 128 * 64 + 64 + 64 * 16 + 16)
    expect(parameterCount(built.networks.decoder!)).toBe(8 * 64 + 64 + 64 * 128 + 128 + 128 * 784 + 784)
    dispose()
  })

  it('warms the weight of the KL up, then keeps it at β', () => {
    const { phases, dispose } = buildRecipe(vae, { beta: 4, klWarmup: 10, width: 4, latentSize: 2 }, facts(8, 1))
    const weight = (step: number) => phases[0]!.phase.schedule!(step).klWeight
    expect([0, 4, 9, 10, 1000].map(weight)).toEqual([0.4, 2, 4, 4, 4])
    dispose()
  })

  it.each(['bernoulli', 'gaussian'])('measures in %s as it scores, and both terms add up to the bound', (likelihood) => {
    const data = facts(8, 3)
    const { built, weights, dispose } = buildRecipe(vae, { likelihood, width: 8, latentSize: 3 }, data)
    tidy(() => {
      const x = squares(5, data)
      const noise = noiseTensors(built.abilities.scoreNoise!(5), 0)
      const score = built.abilities.score!(weights, x, noise).dataSync()
      const measured = built.abilities.measure!(weights, x, noise)
      const [reconstruction, kl, elbo, mse] = ['reconstruction', 'kl', 'elbo', 'mse'].map((name) => measured[name]!.dataSync())
      const redrawn = built.abilities.decode!(weights, built.abilities.encode!(weights, x)).dataSync()
      const original = x.dataSync()
      for (let i = 0; i < 5; i++) {
        expect(score[i]).toBeCloseTo(reconstruction![i]! + kl![i]!, 4)
        expect(elbo![i]).toBeCloseTo(-score[i]!, 4)
        let error = 0
        for (let j = i * 192; j < (i + 1) * 192; j++) error += (original[j]! - redrawn[j]!) ** 2
        expect(mse![i]).toBeCloseTo(error / 192, 5)
      }
    })
    dispose()
  })

  it.each([
    ['mlp', 'bernoulli', 'relu'],
    ['conv', 'gaussian', 'leaky-relu'],
  ])('learns 8 pictures by heart: %s, %s', (architecture, likelihood, activation) => {
    const data = facts(8, 1)
    const settings = {
      architecture,
      likelihood,
      activation,
      width: architecture === 'mlp' ? 32 : 12,
      layers: architecture === 'mlp' ? 2 : 1,
      latentSize: 8,
      beta: 0.01,
      klWarmup: 0,
    }
    const run = buildRecipe(vae, settings, data, { learningRate: 0.01 })
    const x = squares(8, data)
    for (let step = 0; step < 250; step++) trainStep(run, run.phases[0]!, x, step)
    const mse = tidy(() => {
      const redrawn = run.built.abilities.decode!(run.weights, run.built.abilities.encode!(run.weights, x)) as Tensor4D
      return redrawn.sub(x).square().mean().dataSync()[0]!
    })
    expect(mse).toBeLessThan(0.004)
    x.dispose()
    run.dispose()
  })

  it('decodes many latents at once as it decodes one', () => {
    const { built, weights, dispose } = buildRecipe(vae, { width: 8, latentSize: 3 }, facts(13, 3))
    tidy(() => {
      const one = built.abilities.decode!(weights, zeros([1, 3]) as Tensor2D).dataSync()
      const three = built.abilities.decode!(weights, zeros([3, 3]) as Tensor2D).dataSync()
      expect([...three.subarray(one.length * 2)]).toEqual([...one])
    })
    dispose()
  })

  it('makes no tensors that it does not free', () => {
    const data = facts(8, 1)
    const before = memory().numTensors
    const run = buildRecipe(vae, { width: 8, latentSize: 2 }, data)
    const x = squares(4, data)
    trainStep(run, run.phases[0]!, x, 0)
    const during = memory().numTensors
    for (let step = 1; step < 5; step++) trainStep(run, run.phases[0]!, x, step)
    expect(memory().numTensors).toBe(during)
    x.dispose()
    run.dispose()
    expect(memory().numTensors).toBe(before)
  })
})
