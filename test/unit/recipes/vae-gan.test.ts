import '../../support/backend'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TrainingSettings } from '../../../src/contract/nouns'
import { gradients, tidy } from '../../../src/nn/ops'
import { resolveSettings } from '../../../src/recipes/settings'
import { vae } from '../../../src/recipes/vae'
import { vaeGan, whoMoves } from '../../../src/recipes/vae-gan'
import { variablesOf } from '../../../src/trainer/model'
import { estimate } from '../../../src/trainer/memory'
import { buildRecipe, noiseTensors, squares, stepInput, trainStep, type Trained } from '../../support/recipes'
import { checkpoint, numbersOf, room, specOf, stateHash, trainHere, writeVersion } from '../trainer/support'

const facts = (size: number, channels: number) => ({
  kind: 'images' as const,
  height: size,
  width: size,
  channels,
  items: 100,
  tags: [],
})
/** Without anything that looks across the batch, so that what phases have in common is equal in them. */
const plain = { norm: 'none', spectralNorm: false, averageDecay: 0 }
const small = { ...plain, architecture: 'conv', width: 8, layers: 2, featureLayer: 2, latentSize: 3 }

const phaseOf = (run: Trained, name: string) => run.phases.find(({ phase }) => phase.name === name)!
/** A phase's total and parts, as numbers. */
function lossOf(run: Trained, name: string, x: Tensor4D, change: (input: ReturnType<typeof stepInput>) => void = () => {}) {
  return tidy(() => {
    const { phase } = phaseOf(run, name)
    const input = stepInput(run, phase, x, 0)
    change(input)
    const { total, parts } = phase.loss(input as never)
    return {
      total: total.dataSync()[0]!,
      ...Object.fromEntries(Object.entries(parts).map(([part, value]) => [part, value.dataSync()[0]!])),
    } as Record<string, number>
  })
}
const numbers = (run: Trained, networks?: string[]): Record<string, number[]> =>
  Object.fromEntries(Object.entries(variablesOf(run.weights, networks)).map(([name, one]) => [name, [...one.dataSync()]]))

describe('vae-gan', () => {
  it('has a phase for each network, in the order of the paper or of the weighted sum', () => {
    const trains = (order: string) => {
      const { built, dispose } = buildRecipe(vaeGan, { ...small, order }, facts(8, 1))
      dispose()
      return built.stages[0]!.phases.map(({ name, trains }) => [name, ...trains])
    }
    expect(trains('larsen')).toEqual([
      ['encoder', 'encoder'],
      ['decoder', 'decoder'],
      ['discriminator', 'discriminator'],
    ])
    expect(trains('weighted')).toEqual([
      ['discriminator', 'discriminator'],
      ['generator', 'decoder'],
      ['vae', 'encoder', 'decoder'],
    ])
  })

  it('gives encoder and decoder the losses of the paper: β·KL + error in features, γ·that + fooling', () => {
    const x = squares(4, facts(8, 1))
    const [none, some] = [0, 2].map((gamma) => buildRecipe(vaeGan, { ...small, gamma, beta: 3 }, facts(8, 1)))
    const encoder = lossOf(some!, 'encoder', x)
    expect(encoder.total).toBeCloseTo(3 * encoder.kl! + encoder.reconstruction!, 4)
    const [fooling, both] = [lossOf(none!, 'decoder', x), lossOf(some!, 'decoder', x)]
    expect(fooling.total).toBeCloseTo(fooling.generator!, 5)
    expect(both.total! - fooling.total!).toBeCloseTo(2 * encoder.reconstruction!, 3)
    x.dispose()
    none!.dispose()
    some!.dispose()
  })

  it('sees as far as the chosen layer of the discriminator, and no further', () => {
    const x = squares(4, facts(16, 1))
    for (const featureLayer of [1, 2, 3]) {
      const run = buildRecipe(vaeGan, { ...small, layers: 3, featureLayer }, facts(16, 1))
      const { phase } = phaseOf(run, 'encoder')
      const influence = (layer: string) =>
        tidy(() => {
          const input = stepInput(run, phase, x, 0)
          const kernel = { kernel: run.weights.discriminator![`${layer}/kernel`]! }
          return gradients(() => phase.loss(input as never).total, kernel)
            .grads.kernel!.abs()
            .sum()
            .dataSync()[0]!
        })
      for (const layer of [1, 2, 3])
        if (layer <= featureLayer) expect(influence(`conv${layer}`)).toBeGreaterThan(0)
        else expect(() => influence(`conv${layer}`)).toThrow('does not depend')
      expect(() => influence('score')).toThrow('does not depend')
      run.dispose()
    }
    x.dispose()
  })

  it.each(['larsen', 'weighted'])('lets the discriminator judge real, redrawn and new pictures, a third each: %s', (order) => {
    const x = squares(4, facts(8, 1))
    const run = buildRecipe(vaeGan, { ...small, order }, facts(8, 1))
    const usual = lossOf(run, 'discriminator', x)
    expect(usual.total).toBeCloseTo(usual.criticReal! + 2 * usual.criticMade!, 5)
    for (const name of ['eps', 'prior']) {
      const other = lossOf(run, 'discriminator', x, ({ noise }) => (noise[name] = noise[name]!.mul(-3)))
      expect(other.criticMade).not.toBe(usual.criticMade)
      expect(other.criticReal).toBe(usual.criticReal)
    }
    x.dispose()
    run.dispose()
  })

  it('is the VAE, number for number, where pixels judge and λ is 0', () => {
    const data = facts(8, 1)
    const x = squares(4, data)
    const shape = { architecture: 'conv', width: 8, layers: 2, latentSize: 3, beta: 2, sigma: 0.3 }
    const training = { learningRate: 0.01, beta1: 0.9 }
    const ours = buildRecipe(
      vaeGan,
      { ...plain, ...shape, order: 'weighted', reconstruction: 'pixels', lambda: 0, featureLayer: 2 },
      data,
      training,
    )
    const theirs = buildRecipe(vae, { ...shape, likelihood: 'gaussian' }, data, training)
    for (let step = 0; step < 5; step++)
      for (const run of [ours, theirs]) for (const phase of run.phases) trainStep(run, phase, x, step)
    expect(numbers(ours, ['encoder', 'decoder'])).toEqual(numbers(theirs))
    x.dispose()
    ours.dispose()
    theirs.dispose()
  })

  it('moves the decoder twice in the weighted order, by λ of the learning rate the first time', () => {
    const data = facts(8, 1)
    const x = squares(4, data)
    const moved = (lambda: number) => {
      const settings = { ...small, order: 'weighted', reconstruction: 'features', lambda }
      const run = buildRecipe(vaeGan, settings, data, { optimizer: 'sgd', learningRate: 0.01 })
      const states = [numbers(run, ['decoder'])]
      for (const phase of run.phases.slice(1)) {
        trainStep(run, phase, x, 0)
        states.push(numbers(run, ['decoder']))
      }
      run.dispose()
      const change = (a: number, b: number) =>
        states[b]!['decoder/conv1/kernel']!.map((v, i) => v - states[a]!['decoder/conv1/kernel']![i]!)
      return [change(0, 1), change(1, 2)]
    }
    const [half, whole] = [moved(0.5), moved(1)]
    for (const way of whole) expect(Math.max(...way.map(Math.abs))).toBeGreaterThan(0)
    half[0]!.forEach((value, i) => expect(value).toBeCloseTo(whole[0]![i]! / 2, 6))
    x.dispose()
  })

  // A picture's features leave more open than its pixels do; the mean of the eight is 0.1 away from each.
  it.each([
    [{ order: 'larsen' }, 0.04],
    [{ order: 'weighted', reconstruction: 'features' }, 0.04],
    [{ order: 'weighted', reconstruction: 'pixels', sigma: 0.1 }, 0.004],
  ])('learns 8 pictures by heart: %j', (settings, most) => {
    const data = facts(8, 1)
    const net = { architecture: 'mlp', width: 64, layers: 1, featureLayer: 1, latentSize: 8 }
    const chosen = { ...plain, ...net, spectralNorm: true, beta: 0.001, gamma: 10, lambda: 0.01, ...settings }
    const run = buildRecipe(vaeGan, chosen, data, { learningRate: 0.005, beta1: 0.9 })
    const x = squares(8, data)
    for (let step = 0; step < 250; step++) for (const phase of run.phases) trainStep(run, phase, x, step)
    const mse = tidy(() => {
      const noise = noiseTensors(run.built.abilities.scoreNoise!(8), 0)
      return run.built.abilities.measure!(run.shown, x, noise).mse!.mean().dataSync()[0]!
    })
    expect(mse).toBeLessThan(most)
    x.dispose()
    run.dispose()
  })

  it('scores as it measures; only pixels give a bound', () => {
    const data = facts(8, 3)
    for (const reconstruction of ['features', 'pixels']) {
      const run = buildRecipe(vaeGan, { ...small, order: 'weighted', reconstruction }, data)
      tidy(() => {
        const x = squares(5, data)
        const { abilities } = run.built
        const noise = noiseTensors(abilities.scoreNoise!(5), 0)
        const score = abilities.score!(run.shown, x, noise).dataSync()
        const measured = abilities.measure!(run.shown, x, noise)
        const [error, kl] = [measured.reconstruction!.dataSync(), measured.kl!.dataSync()]
        score.forEach((value, i) => expect(value).toBeCloseTo(error[i]! + kl[i]!, 3))
        expect('elbo' in measured).toBe(reconstruction === 'pixels')
      })
      run.dispose()
    }
  })

  it('refuses what makes no sense, and fits the layer that compares to the layers there are', () => {
    const refused = (chosen: Record<string, unknown>) => () => resolveSettings(vaeGan, chosen, facts(64, 3))
    expect(resolveSettings(vaeGan, {}, facts(64, 3))).toMatchObject({ layers: 3, featureLayer: 3 })
    expect(resolveSettings(vaeGan, { layers: 2 }, facts(64, 3))).toMatchObject({ featureLayer: 2 })
    expect(refused({ layers: 2, featureLayer: 3 })).toThrow(/no such layer/)
    expect(refused({ reconstruction: 'pixels' })).toThrow(/paper’s order/)
    expect(refused({ order: 'weighted', gate: true })).toThrow(/every network moves/)
    expect(refused({ loss: 'hinge', gate: true })).toThrow(/nats/)
    expect(refused({ order: 'weighted', reconstruction: 'pixels' })).not.toThrow()
  })

  it.each([{}, { order: 'weighted' }, { gate: true, spectralNorm: true, norm: 'batch' }])(
    'knows the memory it takes: %j',
    (chosen) => {
      const data = facts(16, 3)
      const built = vaeGan.build(resolveSettings(vaeGan, { ...small, ...chosen }, data), data)
      const memory = estimate(built, data, { training: TrainingSettings.parse({}), stored: 0, engine: 'wasm' })
      expect(memory(64).process).toBeGreaterThan(memory(8).process)
    },
  )
})

describe('the gate', () => {
  const gate = { equilibrium: 0.68, margin: 0.35 }
  it.each([
    ['nothing is known yet', {}, true, true],
    ['both are near the balance', { criticReal: 0.7, criticMade: 0.6 }, true, true],
    ['the discriminator is too strong', { criticReal: 0.7, criticMade: 0.3 }, true, false],
    ['the discriminator is too weak', { criticReal: 1.1, criticMade: 0.6 }, false, true],
    ['it is too strong on the one and too weak on the other', { criticReal: 0.1, criticMade: 2 }, true, true],
  ])('when %s', (_, parts, decoder, discriminator) => {
    expect(whoMoves(parts as Record<string, number>, gate)).toEqual({ decoder, discriminator })
  })

  let folder: string
  beforeEach(() => (folder = room()))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('lets players rest, and a run that was broken off goes on bit for bit', async () => {
    const version = writeVersion(join(folder, 'version'), 22, 4, 8)
    // So narrow that somebody rests in almost every step.
    const settings = { ...small, gate: true, equilibrium: 0.69, margin: 0.01 }
    const run = (name: string) => specOf(join(folder, name), version, { settings, stop: { by: 'steps', steps: 16 } })
    const [whole, broken] = [run('whole'), run('broken')]
    const expected = await trainHere(whole, vaeGan)
    const rows = (await trainHere(broken, vaeGan, { pauseAt: 5 })).rows
    for (const [from, pauseAt] of [
      [5, 6],
      [6, 11],
      [11, Infinity],
    ] as const)
      rows.push(...(await trainHere({ ...broken, resumeFrom: checkpoint(broken.folder, from) }, vaeGan, { pauseAt })).rows)
    expect(stateHash(broken.folder, 16)).toBe(stateHash(whole.folder, 16))
    expect(numbersOf(rows)).toEqual(numbersOf(expected.rows))
    // A loss that did not change since the row before: its player rested.
    const rested = (part: string) =>
      expected.rows.filter(({ losses }, i) => i > 0 && losses[part] === expected.rows[i - 1]!.losses[part])
    expect(rested('generator').length + rested('criticReal').length).toBeGreaterThan(0)
  })
})
