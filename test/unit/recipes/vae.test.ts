import '../../support/backend'
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { memory, tensor, tidy, zeros } from '../../../src/nn/ops'
import { parameterCount } from '../../../src/nn/module'
import { layerWidths } from '../../../src/recipes/pictures'
import { resolveSettings } from '../../../src/recipes/settings'
import { vae } from '../../../src/recipes/vae'
import { buildRecipe, noiseTensors, squares, trainStep } from '../../support/recipes'

const facts = (size: number, channels: number) => ({
  kind: 'images' as const,
  height: size,
  width: size,
  channels,
  items: 100,
  tags: [],
})

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

  it.each(['bernoulli', 'gaussian', 'logistic'])(
    'measures in %s as it scores, and both terms add up to the bound',
    (likelihood) => {
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
    },
  )

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

  it('holds a capacity that rises, from both sides', () => {
    const data = facts(8, 1)
    const settings = { architecture: 'mlp', width: 16, layers: 1, latentSize: 4, price: 'capacity', capacity: 3, klWarmup: 40 }
    const run = buildRecipe(vae, settings, data, { learningRate: 0.01 })
    const { phase } = run.phases[0]!
    expect([9, 19, 39, 1000].map((step) => phase.schedule!(step).capacity)).toEqual([0.75, 1.5, 3, 3])
    expect(phase.schedule!(0).klWeight).toBe(100)
    const x = squares(8, data)
    let parts: Record<string, number> = {}
    for (let step = 0; step < 400; step++) parts = trainStep(run, run.phases[0]!, x, step)
    expect(Math.abs(parts.kl! - 3)).toBeLessThan(0.4)
    expect(parts.loss).toBeCloseTo(parts.reconstruction! + 100 * Math.abs(parts.kl! - 3), 1)
    x.dispose()
    run.dispose()
  })

  it.each([
    ['one', 'gaussian'],
    ['per-pixel', 'gaussian'],
    ['by-latent', 'gaussian'],
    ['one', 'logistic'],
    ['by-latent', 'logistic'],
  ])('learns a tolerance %s (%s), never below the floor, and redraws the better for it', (tolerance, likelihood) => {
    const data = facts(8, 1)
    const settings = {
      architecture: 'mlp',
      width: 32,
      layers: 1,
      latentSize: 6,
      tolerance,
      likelihood,
      sigma: 0.3,
      leastSigma: 0.05,
    }
    const run = buildRecipe(vae, settings, data, { learningRate: 0.01 })
    const x = squares(8, data)
    const first = trainStep(run, run.phases[0]!, x, 0).loss!
    let last = 0
    for (let step = 1; step < 250; step++) last = trainStep(run, run.phases[0]!, x, step).loss!
    expect(last).toBeLessThan(first - 20)
    const learned = run.weights.deviation?.deviation
    expect(learned?.shape).toEqual({ one: [1], 'per-pixel': [8, 8, 1], 'by-latent': undefined }[tolerance])
    if (learned) expect([...learned.dataSync()].every((v) => 0.05 + Math.exp(v) < 0.3)).toBe(true)
    tidy(() => {
      const redrawn = run.built.abilities.decode!(run.weights, zeros([2, 6]) as Tensor2D)
      expect(redrawn.shape).toEqual([2, 8, 8, 1])
    })
    x.dispose()
    run.dispose()
  })

  it('begins a learned tolerance at σ', () => {
    const data = facts(8, 3)
    const nll = (settings: object) => {
      const { built, weights, dispose } = buildRecipe(vae, { width: 8, latentSize: 3, sigma: 0.3, ...settings }, data)
      const all = tidy(() => {
        const x = squares(4, data)
        return [
          ...built.abilities.measure!(weights, x, noiseTensors(built.abilities.scoreNoise!(4), 0)).reconstruction!.dataSync(),
        ]
      })
      dispose()
      return all
    }
    for (const likelihood of ['gaussian', 'logistic']) {
      const fixed = nll({ likelihood })
      for (const tolerance of ['one', 'per-pixel'])
        nll({ likelihood, tolerance }).forEach((value, i) => expect(value).toBeCloseTo(fixed[i]!, 2))
    }
  })

  it('sees black and white pictures anew each time, and says why nothing else goes with them', () => {
    const data = facts(8, 1)
    const { built, weights, phases, settings, dispose } = buildRecipe(vae, { binarise: true, width: 8, latentSize: 3 }, data)
    expect(settings.likelihood).toBe('bernoulli')
    expect(phases[0]!.phase.noise!(5).pixels).toEqual({ shape: [5, 8, 8, 1], distribution: 'uniform' })
    tidy(() => {
      const x = squares(5, data)
      const { measure, scoreNoise } = built.abilities
      const [a, b] = [0, 1].map((step) => measure!(weights, x, noiseTensors(scoreNoise!(5), step)))
      expect([...a!.reconstruction!.dataSync()]).not.toEqual([...b!.reconstruction!.dataSync()])
      // The error is still that of the picture itself.
      expect([...a!.mse!.dataSync()]).toEqual([...b!.mse!.dataSync()])
    })
    dispose()
    for (const wrong of [
      { binarise: true, likelihood: 'gaussian' },
      { likelihood: 'bernoulli', tolerance: 'one' },
    ])
      expect(() => resolveSettings(vae, wrong, data)).toThrow(/black and white|tolerance/)
  })

  it('weighs one sample as the bound does, and more samples the same whether at once or one by one', () => {
    const data = facts(8, 1)
    const { built, weights, dispose } = buildRecipe(vae, { binarise: true, width: 8, latentSize: 3 }, data)
    const { logWeights } = built.abilities
    tidy(() => {
      const x = squares(4, data)
      const pixels = noiseTensors(logWeights!.itemNoise(4), 0)
      const eps = noiseTensors(logWeights!.sampleNoise(4, 3), 1).eps!
      const three = logWeights!.of(weights, x, 3, { ...pixels, eps })
      expect(three.shape).toEqual([4, 3])
      const rows = eps.arraySync() as number[][]
      for (const k of [0, 1, 2]) {
        const own = rows.filter((_, i) => i % 3 === k)
        const one = logWeights!.of(weights, x, 1, { ...pixels, eps: tensor(own.flat(), [4, 3]) })
        one.dataSync().forEach((value, i) => expect(value).toBeCloseTo((three.arraySync() as number[][])[i]![k]!, 3))
      }
      // On average over the noise a weight is the ELBO: over many samples the two must meet.
      const many = logWeights!.of(weights, x, 2000, { ...pixels, ...noiseTensors(logWeights!.sampleNoise(4, 2000), 2) })
      const bounds = Array.from({ length: 300 }, (_, step) => [
        ...built.abilities.measure!(weights, x, {
          ...pixels,
          ...noiseTensors({ eps: { shape: [4, 3], distribution: 'normal' } }, step),
        }).elbo!.dataSync(),
      ])
      many
        .mean(1)
        .dataSync()
        .forEach((value, i) => {
          const elbo = bounds.reduce((sum, bound) => sum + bound[i]!, 0) / bounds.length
          expect(Math.abs(value - elbo)).toBeLessThan(0.3)
        })
    })
    dispose()
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
