/** What can be chosen about a GAN, what fits the data and the rest of the choice, and what cannot go together. */
import { z } from 'zod'
import { ADVERSARIAL } from '../nn/objectives/adversarial'
import type { PictureFacts, Recipe } from './define'
import { ARCHITECTURES, NORMS, UPSAMPLINGS } from './gan-layers'
import { layersFor } from './pictures'
import * as words from './texts/gan'

const BOUNDS = ['none', 'clipping', 'gradient-penalty', 'r1'] as const

export const GanSettings = z.strictObject({
  latentSize: z.int().min(2).max(512).default(64).meta(words.settings.latentSize),
  architecture: z.enum(ARCHITECTURES).default('conv').meta(words.settings.architecture),
  loss: z.enum(ADVERSARIAL).default('non-saturating').meta(words.settings.loss),
  byTags: z.boolean().default(false).meta(words.settings.byTags),
  byText: z.boolean().default(false).meta(words.settings.byText),
  growing: z.boolean().default(false).meta(words.settings.growing),
  augment: z.boolean().default(false).meta(words.settings.augment),
  width: z.int().min(4).max(1024).default(64).meta(words.settings.width),
  layers: z.int().min(1).max(6).default(3).meta(words.settings.layers),
  prior: z.enum(['normal', 'uniform']).default('normal').meta(words.settings.prior),
  upsampling: z.enum(UPSAMPLINGS).default('nearest').meta(words.settings.upsampling),
  generatorNorm: z.enum(NORMS).default('batch').meta(words.settings.generatorNorm),
  critic: z.enum(ARCHITECTURES).default('conv').meta(words.settings.critic),
  criticNorm: z.enum(NORMS).default('none').meta(words.settings.criticNorm),
  spectralNorm: z.boolean().default(false).meta(words.settings.spectralNorm),
  bound: z.enum(BOUNDS).default('none').meta(words.settings.bound),
  /** λ of the gradient penalty, γ of R₁. */
  penalty: z.number().min(0).max(1000).default(10).meta(words.settings.penalty),
  /** Largest size of a critic's weight. */
  clip: z.number().min(0.001).max(1).default(0.01).meta(words.settings.clip),
  criticSteps: z.int().min(1).max(20).default(1).meta(words.settings.criticSteps),
  /** Times the run's learning rate (Heusel et al. 2017). */
  criticRate: z.number().min(0.01).max(100).default(1).meta(words.settings.criticRate),
  averaging: z.number().min(0).max(0.9999).default(0.99).meta(words.settings.averaging),
  labelSmoothing: z.number().min(0).max(0.5).default(0).meta(words.settings.labelSmoothing),
  /** Deviation at the first step, of pixels on [0, 1] (Sønderby et al. 2016). */
  instanceNoise: z.number().min(0).max(1).default(0).meta(words.settings.instanceNoise),
  instanceNoiseSteps: z.int().min(1).max(1_000_000).default(2000).meta(words.settings.instanceNoiseSteps),
  dropout: z.number().min(0).max(0.9).default(0).meta(words.settings.dropout),
  minibatchDeviation: z.boolean().default(false).meta(words.settings.minibatchDeviation),
  fadeSteps: z.int().min(1).max(1_000_000).default(300).meta(words.settings.fadeSteps),
})
export type GanSettings = z.infer<typeof GanSettings>

/** Sets of fewer pictures than this a critic learns by heart. */
const FEW = 1000

function defaultBound({ loss, spectralNorm, criticNorm }: Partial<GanSettings>): GanSettings['bound'] {
  if (spectralNorm) return 'none'
  // No slope of one picture's score where the batch's norm mixes them.
  if (criticNorm === 'batch') return loss === 'wasserstein' ? 'clipping' : 'none'
  return loss === 'wasserstein' ? 'gradient-penalty' : 'r1'
}

export function ganDefaults(data: PictureFacts, chosen: Partial<GanSettings>): Partial<GanSettings> {
  const side = Math.max(data.height, data.width)
  const architecture = chosen.architecture ?? (side < 16 && !chosen.growing ? 'mlp' : 'conv')
  const critic = chosen.critic ?? architecture
  const wasserstein = chosen.loss === 'wasserstein'
  const bound = chosen.bound ?? defaultBound(chosen)
  return {
    architecture,
    critic,
    width: architecture === 'mlp' ? 256 : 64,
    layers: architecture === 'conv' || architecture === 'residual' ? layersFor(side) : architecture === 'mlp' ? 2 : 3,
    augment: data.items < FEW,
    generatorNorm: architecture === 'transformer' ? 'layer' : architecture === 'mlp' ? 'none' : 'batch',
    criticNorm: critic === 'transformer' ? 'layer' : 'none',
    bound,
    penalty: bound === 'r1' ? 1 : 10,
    criticSteps: wasserstein ? 5 : 1,
  }
}

/**
 * Held back by R₁, without momentum of the gradients, and enlarging by repeated pixels: measured on Fashion-MNIST after 1,500 steps, a
 * Fréchet distance (classifier's features, 1,000 pictures) of 13.6, where the spectral norm, β₁ 0.5 and transposed convolutions gave
 * 36.7 at the same rate and 53 at a fifth of it.
 */
export const ganTraining: Recipe['training'] = { learningRate: 0.001, beta1: 0, beta2: 0.99 }

/** A critic that is to be near its best at every step must not be carried on by updates of before (Gulrajani et al. 2017, Arjovsky et al. 2017). */
export const ganTrainingWhen: Recipe['trainingWhen'] = [
  { when: { loss: ['wasserstein'] }, training: { learningRate: 0.0001, beta2: 0.9 } },
  { when: { loss: ['wasserstein'], bound: ['clipping'] }, training: { optimizer: 'rmsprop', learningRate: 0.00005 } },
]

/** An instance of a vector has one place, which is its own mean. */
const FLAT_NORMS = NORMS.filter((norm) => norm !== 'instance')

export const ganRules: Recipe['rules'] = [
  {
    when: { loss: ADVERSARIAL.filter((loss) => loss !== 'wasserstein') },
    setting: 'bound',
    allowed: BOUNDS.filter((bound) => bound !== 'clipping'),
    reason: words.rules.clipping,
  },
  {
    when: { loss: ['wasserstein'], spectralNorm: [false] },
    setting: 'bound',
    allowed: ['clipping', 'gradient-penalty'],
    reason: words.rules.wasserstein,
  },
  {
    when: { bound: ['gradient-penalty', 'r1'] },
    setting: 'criticNorm',
    allowed: NORMS.filter((norm) => norm !== 'batch'),
    reason: words.rules.penalty,
  },
  {
    when: { spectralNorm: [true] },
    setting: 'bound',
    allowed: BOUNDS.filter((bound) => bound !== 'clipping'),
    reason: words.rules.twice,
  },
  { when: { critic: ['transformer'] }, setting: 'spectralNorm', allowed: [false], reason: words.rules.attention },
  { when: { spectralNorm: [true] }, setting: 'criticNorm', allowed: ['none'], reason: words.rules.spectral },
  { when: { loss: ['wasserstein', 'hinge'] }, setting: 'labelSmoothing', allowed: [0], reason: words.rules.labels },
  { when: { architecture: ['mlp'] }, setting: 'generatorNorm', allowed: FLAT_NORMS, reason: words.rules.flat },
  { when: { critic: ['mlp'] }, setting: 'criticNorm', allowed: FLAT_NORMS, reason: words.rules.flat },
  { when: { architecture: ['transformer'] }, setting: 'generatorNorm', allowed: ['layer'], reason: words.rules.tokens },
  { when: { critic: ['transformer'] }, setting: 'criticNorm', allowed: ['layer'], reason: words.rules.tokens },
  { when: { byTags: [true] }, setting: 'byText', allowed: [false], reason: words.rules.told },
  { when: { growing: [true] }, setting: 'architecture', allowed: ['conv'], reason: words.rules.growing },
  { when: { growing: [true] }, setting: 'critic', allowed: ['conv'], reason: words.rules.growing },
]

export const ganPresets: NonNullable<Recipe['presets']> = [
  {
    id: 'article-gan',
    ...words.presets.article,
    settings: {
      architecture: 'mlp',
      critic: 'mlp',
      width: 128,
      layers: 2,
      latentSize: 100,
      loss: 'non-saturating',
      generatorNorm: 'none',
      criticNorm: 'none',
      spectralNorm: false,
      bound: 'none',
      augment: false,
      averaging: 0,
    },
    training: { learningRate: 0.0002, beta1: 0.5, beta2: 0.999 },
  },
]
