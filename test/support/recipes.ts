/** A recipe built, with weights and optimisers, and single steps of it: the training loop without files or processes. */
import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core'
import { TrainingSettings } from '../../src/contract/nouns'
import type { Weights } from '../../src/nn/module'
import { dispose, lossGradients, makeVariable, scalar, tensor, tidy } from '../../src/nn/ops'
import type { Optimizer } from '../../src/nn/optimizers'
import { createOptimizer } from '../../src/nn/optimizers'
import { drawNoise, fillUniform, initialValues } from '../../src/nn/random'
import type { Built, DataFacts, NoiseSpec, Phase, Recipe } from '../../src/recipes/define'
import { resolveSettings } from '../../src/recipes/settings'

export interface Trained {
  built: Built
  weights: Record<string, Weights>
  optimizers: Record<string, Optimizer>
  phases: Phase[]
  dispose(): void
}

export function buildRecipe(
  recipe: Recipe,
  chosen: Record<string, unknown>,
  data: DataFacts,
  training: Partial<TrainingSettings> = {},
): Trained {
  const built = recipe.build(resolveSettings(recipe, chosen, data), data)
  const weights: Record<string, Weights> = {}
  for (const [name, network] of Object.entries(built.networks))
    weights[name] = Object.fromEntries(network.parameters.map((p) => [p.name, makeVariable(initialValues(p, 1, name), p.shape)]))
  const phases = built.stages.flatMap((stage) => stage.phases)
  const optimizers: Record<string, Optimizer> = {}
  for (const phase of phases)
    optimizers[phase.name] = createOptimizer(TrainingSettings.parse(training), moved(weights, phase.trains))
  return {
    built,
    weights,
    optimizers,
    phases,
    dispose: () =>
      dispose([...Object.values(weights), ...Object.values(optimizers).map((o) => o.slots)].flatMap((w) => Object.values(w))),
  }
}

/** The variables of these networks as `<network>/<parameter>`. */
export function moved(weights: Record<string, Weights>, networks: string[]): Record<string, Variable> {
  const all: Record<string, Variable> = {}
  for (const network of networks)
    for (const [name, variable] of Object.entries(weights[network]!)) all[`${network}/${name}`] = variable
  return all
}

export function noiseTensors(specs: Record<string, NoiseSpec>, step: number): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, tensor(drawNoise(spec, 1, name, step), spec.shape)]),
  )
}

/** One update by one phase; the parts before it. */
export function trainStep({ weights, optimizers }: Trained, phase: Phase, x: Tensor4D, step: number): Record<string, number> {
  return tidy(() => {
    const noise = noiseTensors(phase.noise?.(x.shape[0]) ?? {}, step)
    const schedule = Object.fromEntries(
      Object.entries(phase.schedule?.(step) ?? {}).map(([name, value]) => [name, scalar(value)]),
    )
    const { parts, grads } = lossGradients(() => phase.loss({ weights, x, noise, schedule }), moved(weights, phase.trains))
    optimizers[phase.name]!.apply(grads)
    return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.dataSync()[0]!]))
  })
}

/** Simple shapes to learn: a bright square at a place of its own on each picture. [count, height, width, channels] */
export function squares(count: number, { height, width, channels }: DataFacts): Tensor4D {
  const values = new Float32Array(count * height * width * channels)
  const colours = fillUniform(new Float32Array(count * channels), 3, 'colours', 0, 0.3, 1)
  for (let n = 0; n < count; n++) {
    const top = Math.floor((((n * 3) % count) / count) * (height / 2))
    const left = Math.floor((((n * 5) % count) / count) * (width / 2))
    for (let y = top; y < top + height / 2; y++)
      for (let x = left; x < left + width / 2; x++)
        for (let c = 0; c < channels; c++) values[((n * height + y) * width + x) * channels + c] = colours[n * channels + c]!
  }
  return tensor(values, [count, height, width, channels]) as Tensor4D
}
