import '../../support/backend'
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { TrainingSettings } from '../../../src/contract/nouns'
import { registerGradients } from '../../../src/engines/gradients'
import { ADVERSARIAL } from '../../../src/nn/objectives/adversarial'
import { averagePool, inputGradient, memory, slice, sub, tensor, tidy, upsample } from '../../../src/nn/ops'
import type { PictureFacts } from '../../../src/recipes/define'
import { gan } from '../../../src/recipes/gan'
import { scaleSizes } from '../../../src/recipes/gan-growing'
import { mapWidths } from '../../../src/recipes/gan-layers'
import { resolveSettings } from '../../../src/recipes/settings'
import { modelGraphs } from '../../../src/trainer/exports/graphs'
import { footprint } from '../../../src/trainer/footprint'
import { buildRecipe, phaseGradients, squares, tagRows, trainStep } from '../../support/recipes'

registerGradients()

const facts = (height: number, width = height, channels = 1): PictureFacts => {
  return { kind: 'images', height, width, channels, items: 2000, tags: ['round', 'red', 'small'] }
}
const small = { width: 8, latentSize: 4, layers: 1 }
const latents = (count: number, size = 4) =>
  tensor(
    Float32Array.from({ length: count * size }, (_, i) => Math.sin(i)),
    [count, size],
  ) as Tensor2D

/** One step of every kind of player and game, each of which has something of its own. */
const KINDS: Record<string, unknown>[] = [
  ...ADVERSARIAL.map((loss) => ({ loss, architecture: 'mlp' })),
  { architecture: 'conv', upsampling: 'nearest', criticNorm: 'batch' },
  { architecture: 'residual', generatorNorm: 'instance' },
  { architecture: 'transformer' },
  { architecture: 'conv', critic: 'transformer', bound: 'gradient-penalty', loss: 'wasserstein', minibatchDeviation: true },
  { architecture: 'conv', loss: 'wasserstein', bound: 'clipping' },
  { architecture: 'residual', bound: 'r1', criticNorm: 'layer', generatorNorm: 'layer' },
  { architecture: 'conv', instanceNoise: 0.2, dropout: 0.3, augment: true, minibatchDeviation: true, labelSmoothing: 0.1 },
  { architecture: 'conv', byTags: true, prior: 'uniform' },
  { growing: true, byTags: true, dropout: 0.2, minibatchDeviation: true },
  { growing: true, loss: 'wasserstein' },
]

describe('gan', () => {
  it.each(KINDS)('plays with %j: both move, nobody else does, and every gradient arrives', (kind) => {
    const data = facts(12, 16, 3)
    const run = buildRecipe(gan, { ...small, ...kind }, data)
    const x = squares(4, data)
    // What shifts all scores alike has no slope where only their differences count, as they do within a hinge’s margins.
    const idle = (name: string) =>
      ['wasserstein', 'hinge'].includes(String(kind.loss)) && ['critic/score/bias', 'critic/norm/shift'].includes(name)
    for (const one of run.phases) {
      const parts = trainStep(run, one, x, 0)
      expect(Object.values(parts).every(Number.isFinite)).toBe(true)
      if (kind.growing) continue
      const silent = tidy(() => {
        const grads = phaseGradients(run, one.phase, x, 1)
        return Object.keys(grads).filter((name) => !idle(name) && grads[name]!.dataSync().every((value) => value === 0))
      })
      expect(silent, one.phase.name).toEqual([])
    }
    tidy(() => {
      const { abilities } = run.built
      const rows = abilities.byTags ? tagRows(2, 3) : undefined
      const made = abilities.decode!(run.shown, latents(2), rows)
      expect(made.shape).toEqual([2, 12, 16, 3])
      expect(made.dataSync().every((value) => value >= 0 && value <= 1)).toBe(true)
      expect(abilities.score!(run.shown, x, {}).shape).toEqual([4])
    })
    for (const stage of run.built.stages)
      expect(
        footprint(run.built, stage, data, TrainingSettings.parse({}), { scratch: () => 0, captured: true })(8).peak,
      ).toBeGreaterThan(0)
    if (!run.built.abilities.byTags) expect(modelGraphs(run.built, run.shown, data).decoder!.nodes.length).toBeGreaterThan(0)
    x.dispose()
    run.dispose()
  })

  it.each([
    [8, 8, 1],
    [9, 13, 4],
    [28, 28, 1],
    [50, 37, 3],
  ])('makes and judges pictures of %i × %i with %i channels, with every kind of network', (height, width, channels) => {
    const data = facts(height, width, channels)
    for (const architecture of ['mlp', 'conv', 'residual', 'transformer', 'growing']) {
      const kind = architecture === 'growing' ? { growing: true } : { architecture }
      const run = buildRecipe(gan, { ...small, ...kind, layers: 2 }, data)
      tidy(() => {
        expect(run.built.abilities.decode!(run.shown, latents(2)).shape).toEqual([2, height, width, channels])
        expect(run.built.abilities.score!(run.shown, squares(2, data), {}).shape).toEqual([2])
      })
      run.dispose()
    }
  })

  it('is as deep as the picture is large, and halves its maps towards it', () => {
    const layers = (side: number) => resolveSettings(gan, {}, facts(side)).layers
    expect([28, 32, 64, 128].map(layers)).toEqual([2, 2, 3, 4])
    expect(mapWidths(64, 3)).toEqual([64, 32, 16])
  })

  it('takes what suits the game and the data, and what a person chose before that', () => {
    const settings = (chosen: Record<string, unknown>, data = facts(32)) => resolveSettings(gan, chosen, data)
    expect(settings({})).toMatchObject({
      architecture: 'conv',
      spectralNorm: false,
      bound: 'r1',
      penalty: 1,
      criticSteps: 1,
      augment: false,
    })
    expect(settings({ loss: 'wasserstein' })).toMatchObject({
      bound: 'gradient-penalty',
      penalty: 10,
      criticSteps: 5,
      criticNorm: 'none',
    })
    expect(settings({ loss: 'wasserstein', spectralNorm: true })).toMatchObject({ bound: 'none' })
    expect(settings({ spectralNorm: true })).toMatchObject({ bound: 'none' })
    expect(settings({ criticNorm: 'batch' })).toMatchObject({ bound: 'none' })
    expect(settings({ loss: 'wasserstein', criticNorm: 'batch' })).toMatchObject({ bound: 'clipping' })
    expect(settings({}, { ...facts(32), items: 200 })).toMatchObject({ augment: true })
    expect(settings({}, facts(8))).toMatchObject({ architecture: 'mlp', critic: 'mlp' })
    expect(settings({ growing: true }, facts(8))).toMatchObject({ architecture: 'conv' })
  })

  it.each([
    [{ loss: 'hinge', bound: 'clipping' }, 'bound'],
    [{ loss: 'wasserstein', bound: 'none', spectralNorm: false }, 'bound'],
    [{ bound: 'gradient-penalty', criticNorm: 'batch' }, 'criticNorm'],
    [{ spectralNorm: true, criticNorm: 'batch' }, 'criticNorm'],
    [{ loss: 'wasserstein', spectralNorm: true, bound: 'clipping' }, 'bound'],
    [{ loss: 'hinge', labelSmoothing: 0.1 }, 'labelSmoothing'],
    [{ architecture: 'mlp', generatorNorm: 'instance' }, 'generatorNorm'],
    [{ growing: true, architecture: 'transformer' }, 'architecture'],
    [{ critic: 'transformer', spectralNorm: true }, 'spectralNorm'],
  ])('refuses %j and names %s', (chosen, setting) => {
    expect(() => resolveSettings(gan, chosen, facts(32))).toThrow(
      expect.objectContaining({ code: 'settings-wrong', details: expect.objectContaining({ setting }) }),
    )
  })

  it('wants tags where it is to make by tags', () => {
    const build = () => buildRecipe(gan, { byTags: true }, { ...facts(8), tags: [] })
    expect(build).toThrow(expect.objectContaining({ code: 'settings-wrong' }))
  })

  it('makes other pictures of other tags, and of several tags those of their sum', () => {
    const run = buildRecipe(gan, { ...small, byTags: true }, facts(8))
    tidy(() => {
      const decode = (rows: number[]) =>
        run.built.abilities.decode!(run.shown, latents(1), tensor(rows, [1, 3]) as Tensor2D).dataSync()
      expect(decode([1, 0, 0])).not.toEqual(decode([0, 1, 0]))
      const table = run.weights.generator!['condition/kernel']!
      const values = table.dataSync()
      // A tag whose vector is the sum of two others' makes what those make together.
      const size = values.length / 3
      const sums = Float32Array.from(values, (value, i) => (i < 2 * size ? value : values[i - 2 * size]! + values[i - size]!))
      for (const weights of [run.weights, run.shown]) weights.generator!['condition/kernel']!.assign(tensor(sums, table.shape))
      decode([0, 0, 1]).forEach((value, i) => expect(value).toBeCloseTo(decode([1, 1, 0])[i]!, 5))
    })
    run.dispose()
  })

  it('keeps the critic’s weights within the clipping limit', () => {
    const run = buildRecipe(gan, { ...small, loss: 'wasserstein', bound: 'clipping', clip: 0.02 }, facts(8))
    const x = squares(4, facts(8))
    trainStep(run, run.phases[0]!, x, 0)
    for (const weight of Object.values(run.weights.critic!))
      expect(Math.max(...weight.dataSync().map(Math.abs))).toBeLessThanOrEqual(0.02 + 1e-7)
    x.dispose()
    run.dispose()
  })

  it('fades the noise on pictures out, and a new size in', () => {
    const noisy = buildRecipe(gan, { ...small, instanceNoise: 0.4, instanceNoiseSteps: 100 }, facts(8))
    const noise = (step: number) => noisy.phases[0]!.phase.schedule!(step).noise
    expect([0, 50, 100, 1000].map(noise)).toEqual([0.4, 0.2, 0, 0])
    noisy.dispose()
    const growing = buildRecipe(gan, { ...small, growing: true, fadeSteps: 4 }, facts(16))
    const second = growing.built.stages[1]!.phases[0]!
    expect([0, 1, 3, 9].map((step) => second.schedule!(step).fade)).toEqual([0.25, 0.5, 1, 1])
    growing.dispose()
  })

  it('uses the critic’s own pace', () => {
    const run = buildRecipe(gan, { ...small, criticRate: 4 }, facts(8))
    const [critic, generator] = run.phases
    const training = TrainingSettings.parse({ learningRate: 0.001 })
    expect(critic!.phase.training!(training)).toEqual({ learningRate: 0.004 })
    expect(generator!.phase.training).toBeUndefined()
    run.dispose()
  })
})

describe('a penalty on slopes', () => {
  /** How much the slope of all scores at a picture differs from that of its own score alone, at most. */
  function mixed(settings: Record<string, unknown>): number {
    const [data, count] = [facts(16), 8]
    const run = buildRecipe(gan, { ...small, architecture: 'conv', critic: 'conv', layers: 2, ...settings }, data)
    const differences = tidy(() => {
      const x = squares(count, data)
      const score = (at: Tensor) => run.built.networks.critic!.forward(run.weights.critic!, at, { training: true })
      const slope = (of: (at: Tensor) => Tensor, i: number) => {
        const own = slice(inputGradient(of, x), [i, 0, 0, 0], [1, -1, -1, -1])
        return Math.hypot(...own.dataSync())
      }
      return Array.from({ length: count }, (_, i) => {
        return Math.abs(slope(score, i) / slope((at) => slice(score(at), [i, 0], [1, 1]), i) - 1)
      })
    })
    run.dispose()
    return Math.max(...differences)
  }

  it('may be had with the batch’s deviation: one number that all pictures share hardly slopes with any of them', () => {
    const penalised = { loss: 'wasserstein', bound: 'gradient-penalty' }
    expect(mixed({ ...penalised, minibatchDeviation: false })).toBeLessThan(1e-5)
    const shared = mixed({ ...penalised, minibatchDeviation: true })
    expect(shared).toBeGreaterThan(0)
    expect(shared).toBeLessThan(0.03)
  })
})

describe('a growing gan', () => {
  it('goes through sizes from 8 or less, as often as both sides can be halved', () => {
    expect(scaleSizes({ height: 64, width: 64 })).toEqual([[8, 8], [16, 16], [32, 32], [64, 64]]) // prettier-ignore
    expect(scaleSizes({ height: 28, width: 20 })).toEqual([[7, 5], [14, 10], [28, 20]]) // prettier-ignore
    expect(scaleSizes({ height: 9, width: 16 })).toEqual([[9, 16]])
  })

  it('draws full pictures at any moment, to which sizes that are not faded in add nothing', () => {
    const data = facts(16)
    const run = buildRecipe(gan, { ...small, growing: true, averaging: 0, fadeSteps: 2 }, data)
    const draw = () => tidy(() => run.built.abilities.decode!(run.shown, latents(2)).clone())
    const unlike = (pictures: ReturnType<typeof draw>) =>
      tidy(() =>
        Math.max(
          ...sub(pictures, upsample(averagePool(pictures, 2), 2))
            .dataSync()
            .map(Math.abs),
        ),
      )
    const before = draw()
    expect(before.shape).toEqual([2, 16, 16, 1])
    expect(unlike(before)).toBeLessThan(1e-6)

    const x = squares(4, data)
    const names = run.built.stages.map(({ name, phases }) => ({ name, trains: phases.map(({ trains }) => trains) }))
    expect(names).toEqual([
      { name: 'size-1', trains: [['critic1'], ['generator1']] },
      {
        name: 'size-2',
        trains: [
          ['critic1', 'critic2'],
          ['generator1', 'generator2'],
        ],
      },
    ])
    trainStep(run, run.phases[2]!, x, 0)
    expect(run.weights.generator2!.share!.dataSync()[0]).toBe(0.5)
    trainStep(run, run.phases[2]!, x, 1)
    expect(run.weights.generator2!.share!.dataSync()[0]).toBe(1)
    const after = draw()
    expect(unlike(after)).toBeGreaterThan(1e-3)
    for (const one of [before, after, x]) one.dispose()
    run.dispose()
  })

  it('keeps no tensors', () => {
    const data = facts(16)
    const run = buildRecipe(gan, { ...small, growing: true }, data)
    const x = squares(4, data)
    for (const phase of run.phases) trainStep(run, phase, x, 0)
    const count = memory().numTensors
    for (const phase of run.phases) trainStep(run, phase, x, 1)
    expect(memory().numTensors).toBe(count)
    x.dispose()
    run.dispose()
  })
})
