/**
 * The generative adversarial network (Goodfellow et al. 2014; with convolutions Radford et al. 2015): a generator that makes pictures
 * from latents and a critic that tells made from real play against each other, in each step the critic first.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { StudioError } from '../contract/errors'
import { augment, augmentNoise, CHANGES } from '../nn/augment'
import type { Pass, Weights } from '../nn/module'
import type { Adversarial } from '../nn/objectives/adversarial'
import { adversarial, gradientPenalty, interpolate, zeroCentredPenalty } from '../nn/objectives/adversarial'
import { add, clipByValue, mean, mul, neg, reshape, scalar, sign, sub, tidy } from '../nn/ops'
import type { Built, NoiseSpec, Phase, PictureFacts } from './define'
import { defineRecipe } from './define'
import { byTags, byText, type GanCondition } from './gan-condition'
import { growingPlayers } from './gan-growing'
import { plainPlayers, type Players, type Scale } from './gan-players'
import { ganDefaults, ganPresets, ganRules, GanSettings, ganTraining, ganTrainingWhen } from './gan-settings'
import * as words from './texts/gan'

type Input = Parameters<Phase['loss']>[0]
type Noises = Record<string, NoiseSpec>
type Side = 'real' | 'made'

const PLAY = { name: 'play', title: words.play }
const GROW = words.sizes.map((title, i) => ({ name: `size-${i + 1}`, title }))

function build(settings: GanSettings, data: PictureFacts): Built {
  const { latentSize, prior, averaging } = settings
  const condition = conditionOf(settings, data)
  const players = (settings.growing ? growingPlayers : plainPlayers)(
    { ...settings, norm: settings.generatorNorm, condition },
    { ...settings, architecture: settings.critic, norm: settings.criticNorm, condition },
    data,
  )
  const stages = settings.growing ? GROW.slice(0, players.scales.length) : [PLAY]
  const score = (weights: Record<string, Weights>, pictures: Tensor): Tensor1D =>
    reshape(players.judge(weights, pictures, {}), [pictures.shape[0]!])

  return {
    networks: players.networks,
    prior,
    averages: averaging > 0 ? { networks: players.scales.at(-1)!.generator, decay: averaging } : undefined,
    stages: stages.map((about, i) => {
      return { ...about, share: 1 / stages.length, phases: game(settings, data, condition, players, players.scales[i]!) }
    }),
    abilities: {
      latentSize,
      byTags: settings.byTags,
      byText: settings.byText,
      decode: (weights, latents, condition) => players.generate(weights, latents, { condition }),
      scoreNoise: (count) => ({ z: { shape: [count, latentSize], distribution: prior } }),
      // How little the critic takes a picture for a real one: no likelihood, and only as good as the critic is.
      score: (weights, pictures) => neg(score(weights, pictures)),
      measure: condition
        ? undefined
        : (weights, pictures, noise) => {
            const made = players.generate(weights, latentsOf(settings, noise), {})
            return verdicts(settings.loss, score(weights, pictures), score(weights, made))
          },
    },
  }
}

/** Throws `settings-wrong` where there is nothing to tell. */
function conditionOf(settings: GanSettings, data: PictureFacts): GanCondition | null {
  const told = (['byTags', 'byText'] as const).find((one) => settings[one])
  if (!told) return null
  const condition = told === 'byTags' ? byTags(data) : byText(data)
  if (!Object.values(condition.reads).includes(true))
    throw new StudioError('settings-wrong', { setting: told, reason: words.untold[told].en })
  return condition
}

/** Noise on [0, 1) or normal → latents of the prior. */
function latentsOf({ prior }: GanSettings, { z }: Record<string, Tensor>): Tensor2D {
  return (prior === 'uniform' ? sub(mul(z!, 2), 1) : z!) as Tensor2D
}

/** The two phases of a step, at one scale (Goodfellow et al. 2014, algorithm 1). */
function game(
  settings: GanSettings,
  data: PictureFacts,
  condition: GanCondition | null,
  players: Players,
  scale: Scale,
): Phase[] {
  const { bound, instanceNoise, instanceNoiseSteps, latentSize, prior } = settings
  const { critic: ofCritic, generator: ofGenerator } = adversarial[settings.loss]
  const { fade } = scale

  const schedule = (step: number): Record<string, number> => ({
    ...(instanceNoise > 0 && { noise: instanceNoise * Math.max(0, 1 - step / instanceNoiseSteps) }),
    ...(fade && { fade: Math.min(1, (step + 1) / settings.fadeSteps) }),
  })
  const latents = (count: number): Noises => ({
    z: { shape: [count, latentSize], distribution: prior },
    ...condition?.noise(count),
  })
  const told = (input: Input) => condition?.of(input, input.noise)
  /** What disturbs the critic's view of one side. */
  const disturbance = (side: Side, count: number): Noises => {
    const shape = [count, scale.height, scale.width, data.channels]
    const own: Noises = {
      ...(settings.augment && { change: augmentNoise([...CHANGES], count) }),
      ...(instanceNoise > 0 && { pixels: { shape, distribution: 'normal' } }),
    }
    for (const [name, features] of Object.entries(players.dropouts))
      own[name] = { shape: [count, features], distribution: 'uniform' }
    return Object.fromEntries(Object.entries(own).map(([name, spec]) => [`${side}/${name}`, spec]))
  }

  const make = (input: Input): Tensor4D =>
    players.generate(input.weights, latentsOf(settings, input.noise), { training: true, condition: told(input) }, scale.index)
  const seen = (side: Side, pictures: Tensor4D, { noise, schedule }: Input): Tensor => {
    const changed = settings.augment ? augment(pictures, [...CHANGES], noise[`${side}/change`] as Tensor2D) : pictures
    return instanceNoise > 0 ? add(changed, mul(noise[`${side}/pixels`]!, schedule.noise!)) : changed
  }
  const judge = (side: Side, pictures: Tensor, input: Input): Tensor => {
    const { weights, noise } = input
    const own = Object.entries(noise).filter(([name]) => name.startsWith(`${side}/`))
    const pass: Pass = {
      training: true,
      condition: told(input),
      noise: Object.fromEntries(own.map(([name, values]) => [name.slice(side.length + 1), values])),
    }
    return players.judge(weights, pictures, pass, scale.index)
  }
  /** Made pictures stand for items only where they are of the items' own tags. */
  const averageMade = ({ average }: Input, each: Tensor): Scalar => (condition ? average(each) : mean(each))

  /** How far the critic's slope is from what it is to be, without its weight. */
  const slope = (input: Input, real: Tensor, made: Tensor): Scalar => {
    const score = (x: Tensor): Tensor => judge('real', x, input)
    if (bound === 'gradient-penalty') return mean(gradientPenalty(score, interpolate(real, made, input.noise.share!)))
    if (bound === 'r1') return mean(zeroCentredPenalty(score, real))
    return scalar(0)
  }

  return [
    {
      name: 'critic',
      trains: scale.critic,
      repeat: settings.criticSteps,
      ...condition?.reads,
      training: ({ learningRate }) => ({ learningRate: learningRate * settings.criticRate }),
      noise: (count) => ({
        ...latents(count),
        ...disturbance('real', count),
        ...disturbance('made', count),
        ...(bound === 'gradient-penalty' && { share: { shape: [count, 1], distribution: 'uniform' } }),
      }),
      schedule,
      loss: (input) => {
        const real = seen('real', scale.shrink(input.x), input)
        const made = seen('made', make(input), input)
        const [scoreReal, scoreMade] = [judge('real', real, input), judge('made', made, input)]
        const mistakesOnReal = input.average(ofCritic.real(scoreReal, 1 - settings.labelSmoothing))
        const critic = add(mistakesOnReal, averageMade(input, ofCritic.made(scoreMade))) as Scalar
        const penalty = slope(input, real, made)
        return {
          total: add(critic, mul(penalty, settings.penalty)) as Scalar,
          parts: { critic, real: mean(scoreReal), made: mean(scoreMade), penalty },
        }
      },
      after: (weights, schedule) => {
        if (bound === 'clipping') for (const name of scale.critic) clip(weights[name]!, settings.clip)
        fade?.(weights, schedule.fade!)
      },
    },
    {
      name: 'generator',
      trains: scale.generator,
      ...condition?.reads,
      noise: (count) => ({ ...latents(count), ...disturbance('made', count) }),
      schedule,
      loss: (input) => {
        const made = seen('made', make(input), input)
        const generator = averageMade(input, ofGenerator(judge('made', made, input)))
        return { total: generator, parts: { generator } }
      },
    },
  ]
}

/** Every weight within ±limit (Arjovsky et al. 2017, algorithm 1). */
function clip(weights: Weights, limit: number): void {
  for (const weight of Object.values(weights)) if (weight.trainable) tidy(() => weight.assign(clipByValue(weight, -limit, limit)))
}

/** The score from which on a critic says "real"; a Wasserstein critic has none, for only differences of its scores mean anything. */
const THRESHOLDS: Record<Adversarial, number | null> = {
  minimax: 0,
  'non-saturating': 0,
  'least-squares': 0.5,
  wasserstein: null,
  hinge: 0,
}

/** Scores of held-out and of made pictures, and 1 where the critic is right about one, [n] each. */
function verdicts(loss: Adversarial, real: Tensor1D, made: Tensor1D): Record<string, Tensor> {
  const scores = { criticReal: real, criticMade: made }
  const threshold = THRESHOLDS[loss]
  if (threshold === null) return scores
  const saysReal = (score: Tensor): Tensor => mul(add(sign(sub(score, threshold)), 1), 0.5)
  return { ...scores, realAccuracy: saysReal(real), madeAccuracy: sub(1, saysReal(made)) }
}

export const gan = defineRecipe<GanSettings>({
  id: 'gan',
  title: words.title,
  summary: words.summary,
  about: words.about,
  paper: 'Goodfellow et al. 2014, Generative Adversarial Networks, arXiv:1406.2661; Radford et al. 2015, DCGAN, arXiv:1511.06434',
  data: ['images'],
  goals: ['more-like-these', 'morph'],
  likelihood: 'none',
  prior: 'normal',
  revision: 2,
  abilities: ['decode', 'generate', 'score'],
  converges: false,
  training: ganTraining,
  trainingWhen: ganTrainingWhen,
  settings: GanSettings,
  defaults: ganDefaults,
  rules: ganRules,
  presets: ganPresets,
  parts: words.parts,
  stages: [PLAY, ...GROW],
  build,
})
