/**
 * The game of generator and critic in the plane, where it is known exactly what should be made: by the product's own losses, norms,
 * phases and optimisers, on small networks.
 */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { TrainingSettings } from '../../src/contract/nouns'
import type { Engine } from '../../src/engines/engine'
import { GAINS } from '../../src/nn/activations'
import { dense } from '../../src/nn/dense'
import { chain, type Network, type Weights } from '../../src/nn/module'
import { spectral } from '../../src/nn/norm'
import {
  adversarial,
  gradientPenalty,
  interpolate,
  zeroCentredPenalty,
  type Adversarial,
} from '../../src/nn/objectives/adversarial'
import { add, concat, dispose, leakyRelu, makeVariable, mean, mul, relu, reshape, slice, tensor, tidy } from '../../src/nn/ops'
import { drawNoise, fillNormal, fillUniform, initialValues } from '../../src/nn/random'
import type { Phase } from '../../src/recipes/define'
import { createRunner } from '../../src/trainer/phase'

/** Writes points of the plane, [n, 2], that are a function of the stream and the step. */
export interface Target {
  name: string
  draw(out: Float32Array, stream: string, step: number): Float32Array
}

/** One normal distribution: μ + L·ε. */
export interface Normal extends Target {
  mean: [number, number]
  covariance: [xx: number, xy: number, yy: number]
}

export function normal(mean: [number, number], [a, b, c]: [number, number, number]): Normal {
  return {
    name: 'one normal distribution',
    mean,
    covariance: [a * a, a * b, b * b + c * c],
    draw(out, stream, step) {
      fillNormal(out, 1, stream, step)
      for (let i = 0; i < out.length; i += 2) {
        const [x, y] = [out[i]!, out[i + 1]!]
        out[i] = mean[0] + a * x
        out[i + 1] = mean[1] + b * x + c * y
      }
      return out
    },
  }
}

/** Equal shares of normal distributions with one deviation. */
export interface Mixture extends Target {
  centres: [number, number][]
  deviation: number
}

function mixture(name: string, centres: [number, number][], deviation: number): Mixture {
  return {
    name,
    centres,
    deviation,
    draw(out, stream, step) {
      fillNormal(out, 1, stream, step)
      const which = fillUniform(new Float32Array(out.length / 2), 1, `${stream}/mode`, step, 0, centres.length)
      which.forEach((mode, i) => {
        const [x, y] = centres[Math.floor(mode)]!
        out[2 * i] = x + deviation * out[2 * i]!
        out[2 * i + 1] = y + deviation * out[2 * i + 1]!
      })
      return out
    },
  }
}

/** Eight on a circle of radius 2 (Metz et al. 2017, §3.1); 25 on a grid, 2 apart (Srivastava et al. 2017; Lin et al. 2018). */
export const ring = mixture(
  'ring of 8',
  Array.from({ length: 8 }, (_, i) => [2 * Math.cos((i * Math.PI) / 4), 2 * Math.sin((i * Math.PI) / 4)]),
  0.02,
)
export const grid = mixture(
  'grid of 25',
  Array.from({ length: 25 }, (_, i) => [2 * (i % 5) - 4, 2 * Math.floor(i / 5) - 4]),
  0.05,
)

/** How a game is played. */
export interface Game {
  loss: Adversarial
  penalty?: { kind: 'gradient' | 'zero-centred'; weight: number }
  /** The critic's updates in a step. */
  critics?: number
  networks: { generator: Network; critic: Network }
  latentSize: number
  batch: number
  training: Partial<TrainingSettings>
  /** Of the mean over the steps of the generator with which it is judged. */
  averageDecay: number
}

/** Two hidden layers each, between points of the plane. */
export function perceptrons(latentSize: number, width: number, normalised: boolean): Game['networks'] {
  const leaky = (x: Tensor): Tensor => leakyRelu(x)
  const rectify = (x: Tensor): Tensor => relu(x)
  const layers = (inputs: number, outputs: number, activate: (x: Tensor) => Tensor, gain: number): Network<Tensor, Tensor> =>
    chain(
      dense('layer1', inputs, width, gain),
      activate,
      dense('layer2', width, width, gain),
      activate,
      dense('layer3', width, outputs),
    )
  const critic = layers(2, 1, leaky, GAINS['leaky-relu'])
  return { generator: layers(latentSize, 2, rectify, GAINS.relu), critic: normalised ? spectral(critic) : critic }
}

/** A generator that can make every normal distribution, and a critic that can tell the ratio of any two. */
export function exactPlayers(): Game['networks'] {
  const squares = (x: Tensor): Tensor => {
    const [first, second] = [slice(x, [0, 0], [-1, 1]), slice(x, [0, 1], [-1, 1])]
    return concat([x, mul(first, first), mul(first, second), mul(second, second)], 1)
  }
  return { generator: dense('affine', 2, 2), critic: chain(squares, dense('ratio', 5, 1, 0.1)) }
}

function phasesOf({ loss, penalty, critics, networks, latentSize }: Game): Phase[] {
  const { critic, generator } = adversarial[loss]
  const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, 2])
  const score = (weights: Record<string, Weights>) => (x: Tensor) =>
    networks.critic.forward(weights.critic!, x, { training: true }) as Tensor
  const make = (weights: Record<string, Weights>, z: Tensor): Tensor =>
    networks.generator.forward(weights.generator!, z) as Tensor
  const z = (n: number) => ({ z: { shape: [n, latentSize], distribution: 'normal' as const } })
  return [
    {
      name: 'critic',
      trains: ['critic'],
      repeat: critics,
      noise: (n) => ({ ...z(n), share: { shape: [n], distribution: 'uniform' } }),
      loss({ weights, x, noise, average }) {
        const [real, made] = [flat(x), make(weights, noise.z!)]
        const judge = score(weights)
        const both = add(average(critic.real(judge(real))), mean(critic.made(judge(made)))) as Scalar
        if (!penalty) return { total: both, parts: { critic: both } }
        const each =
          penalty.kind === 'gradient'
            ? gradientPenalty(judge, interpolate(real, made, noise.share!))
            : zeroCentredPenalty(judge, real)
        return { total: add(both, mul(average(each), penalty.weight)), parts: { critic: both } }
      },
    },
    {
      name: 'generator',
      trains: ['generator'],
      noise: z,
      loss({ weights, noise }) {
        const fooled = mean(generator(score(weights)(make(weights, noise.z!)))) as Scalar
        return { total: fooled, parts: { generator: fooled } }
      },
    },
  ]
}

export interface Played {
  seconds: number
  losses: Record<string, number>
  /** Points that the generator makes, [n, 2], with the mean of its weights. */
  made(n: number): Float32Array
  /** The critic's scores of points. */
  scores(points: Float32Array): Float32Array
  dispose(): void
}

/** Plays a game on the engine that has been started. */
export function play(game: Game, target: Target, steps: number, engine: Pick<Engine, 'compile' | 'compiles'>): Played {
  const { networks, batch, latentSize } = game
  const variables = (names: string[]): Record<string, Weights> =>
    Object.fromEntries(
      names.map((network) => [
        network,
        Object.fromEntries(
          networks[network as keyof typeof networks].parameters.map((one) => [
            one.name,
            makeVariable(initialValues(one, 1, network), one.shape, !one.kept),
          ]),
        ),
      ]),
    )
  const weights = variables(Object.keys(networks))
  const averages = variables(['generator'])
  const phases = phasesOf(game)
  const built = {
    networks,
    stages: [],
    abilities: {},
    averages: { networks: ['generator'], decay: game.averageDecay },
  }
  const data = { kind: 'images' as const }
  // In one mode, whatever is fastest here and now, so that a game is the same game whenever it is played.
  const options = { model: { weights, averages, built, data }, training: TrainingSettings.parse(game.training), engine }
  const runner = createRunner(phases, options, engine.compiles ? 'plain' : undefined)

  const inputs = (step: number) =>
    phases.map(({ name, repeat = 1, noise }) => {
      const lead = repeat === 1 ? [] : [repeat]
      const x = target.draw(new Float32Array(repeat * batch * 2), name, step)
      const own = { x: { shape: [...lead, batch, 1, 1, 2], values: x } }
      const drawn = Object.entries(noise?.(batch) ?? {}).map(([key, { shape, distribution }]) => {
        const stacked = { shape: [...lead, ...shape], distribution }
        return [`noise/${key}`, { shape: stacked.shape, values: drawNoise(stacked, 1, `${name}/${key}`, step) }]
      })
      return { ...own, ...Object.fromEntries(drawn) }
    })

  const losses: Record<string, number> = {}
  runner.prepare(inputs(0), 0)
  const began = performance.now()
  for (let step = 0; step < steps; step++) {
    const parts = runner.run(inputs(step), step)
    if (step === steps - 1) for (const [name, part] of Object.entries(parts)) losses[name] = part.dataSync()[0]!
    dispose(parts)
  }
  const seconds = (performance.now() - began) / 1000
  const compute = (network: Network, own: Weights, values: Float32Array, width: number): Float32Array =>
    tidy(
      () =>
        (network.forward(own, tensor(values, [values.length / width, width]) as Tensor2D) as Tensor).dataSync() as Float32Array,
    )
  return {
    seconds,
    losses,
    made(n) {
      const z = drawNoise({ shape: [n, latentSize], distribution: 'normal' }, 1, 'judged', 0)
      return compute(networks.generator, averages.generator!, z, latentSize)
    },
    scores: (points) => compute(networks.critic, weights.critic!, points, 2),
    dispose() {
      runner.dispose()
      dispose([...Object.values(weights), ...Object.values(averages)] as never)
    },
  }
}

/**
 * V = E log D(x) + E log(1 − D(G(z))) (Goodfellow et al. 2014, eq. 1), which is −log 4 at the equilibrium, and the mean distance of D
 * from ½ over both.
 */
export function equilibrium(played: Played, target: Target, n: number): { value: number; distance: number } {
  const [real, made] = [target.draw(new Float32Array(2 * n), 'judged', 0), played.made(n)].map((points) =>
    Array.from(played.scores(points), (score) => 1 / (1 + Math.exp(-score))),
  ) as [number[], number[]]
  const average = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    value: average(real.map(Math.log)) + average(made.map((chance) => Math.log(1 - chance))),
    distance: average([...real, ...made].map((chance) => Math.abs(chance - 0.5))),
  }
}

/** Mean and covariance of points. */
export function moments(points: Float32Array): { mean: number[]; covariance: number[] } {
  const n = points.length / 2
  const average = (of: (x: number, y: number) => number): number => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += of(points[2 * i]!, points[2 * i + 1]!)
    return sum / n
  }
  const [mx, my] = [average((x) => x), average((_, y) => y)]
  return {
    mean: [mx, my],
    covariance: [average((x) => (x - mx) ** 2), average((x, y) => (x - mx) * (y - my)), average((_, y) => (y - my) ** 2)],
  }
}

/**
 * Modes near which something was made, and the share of points that are near one: within three deviations (Srivastava et al. 2017, §5;
 * Lin et al. 2018, §4.1).
 */
export function coverage(points: Float32Array, { centres, deviation }: Mixture): { modes: number; quality: number } {
  const hit = new Set<number>()
  let near = 0
  for (let i = 0; i < points.length; i += 2) {
    const distances = centres.map(([x, y]) => Math.hypot(points[i]! - x, points[i + 1]! - y))
    const least = Math.min(...distances)
    if (least > 3 * deviation) continue
    near++
    hit.add(distances.indexOf(least))
  }
  return { modes: hit.size, quality: near / (points.length / 2) }
}
