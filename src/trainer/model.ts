/** A recipe built for its data, with its weights: what a run trains and a server answers from. */
import type { Tensor2D, Variable } from '@tensorflow/tfjs-core'
import { StudioError } from '../contract/errors'
import { parameterCount, type Weights } from '../nn/module'
import { dispose, makeVariable, tensor, tidy } from '../nn/ops'
import { initialValues } from '../nn/random'
import type { Built, DataFacts, PictureFacts, Recipe, TextFacts } from '../recipes/define'
import { resolveSettings } from '../recipes/settings'
import { asFloats, floats, type TensorBytes } from './safetensors'

export interface Model {
  recipe: Recipe
  /** All settings, also those that were not chosen. */
  settings: Record<string, unknown>
  data: DataFacts
  built: Built<never>
  weights: Record<string, Weights>
  /** Running means of the networks that have one; see `Built.averages`. */
  averages: Record<string, Weights>
  /** What abilities compute with: the averages where there are any. */
  shown: Record<string, Weights>
  parameters: number
}

export interface PictureModel extends Model {
  data: PictureFacts
  built: Built
}
export interface TextModel extends Model {
  data: TextFacts
  built: Built<Tensor2D>
}

/** Saved tensors by name; see `CheckpointManifest`. */
export type Saved = Map<string, TensorBytes>

interface About {
  settings: Record<string, unknown>
  seed: number
}

/**
 * Builds a recipe; the weights come from `saved`, or from the seed. Throws `settings-wrong`, and an `Error` when `saved` does
 * not fit. The recipe is one for this kind of data.
 */
export function buildModel(recipe: Recipe, about: About, data: PictureFacts, saved: Saved | null): PictureModel
export function buildModel(recipe: Recipe, about: About, data: TextFacts, saved: Saved | null): TextModel
export function buildModel(recipe: Recipe, about: About, data: DataFacts, saved: Saved | null): Model
export function buildModel(recipe: Recipe, about: About, data: DataFacts, saved: Saved | null): Model {
  const settings = resolveSettings(recipe, about.settings, data)
  const built = recipe.build(settings, data)
  const variables = (network: string, prefix: string): Weights =>
    Object.fromEntries(
      built.networks[network]!.parameters.map((parameter) => {
        const { name, shape, kept } = parameter
        const values = saved
          ? savedValues(saved, `${prefix}${network}/${name}`, shape)
          : initialValues(parameter, about.seed, network)
        return [name, makeVariable(values, shape, !kept && prefix === '')]
      }),
    )
  const networks = Object.keys(built.networks)
  const weights = Object.fromEntries(networks.map((network) => [network, variables(network, '')]))
  const averaged = built.averages?.networks ?? []
  const averages = Object.fromEntries(averaged.map((network) => [network, variables(network, AVERAGE)]))
  const parameters = Object.values(built.networks).reduce((sum, network) => sum + parameterCount(network), 0)
  return { recipe, settings, data, built, weights, averages, shown: { ...weights, ...averages }, parameters }
}

export function disposeModel({ weights, averages }: Model): void {
  dispose([...Object.values(weights), ...Object.values(averages)])
}

/** Of the averages' names in a checkpoint. */
export const AVERAGE = 'average/'

/** The variables of these networks (or all), as `<network>/<parameter>`; `learned`: without what networks keep for themselves. */
export function variablesOf(
  weights: Record<string, Weights>,
  networks = Object.keys(weights),
  learned = false,
): Record<string, Variable> {
  const all: Record<string, Variable> = {}
  for (const network of networks) {
    if (!weights[network]) throw new Error(`there is no network ${network}`)
    for (const [name, variable] of Object.entries(weights[network]))
      if (!learned || variable.trainable) all[`${network}/${name}`] = variable
  }
  return all
}

/** The values of these variables, each under `prefix` + its name. Throws `loss-not-finite` when a number is none. */
export async function readVariables(
  variables: Record<string, Variable>,
  prefix: string,
  step: number,
  into: Saved = new Map(),
): Promise<Saved> {
  for (const [name, variable] of Object.entries(variables)) {
    const values = (await variable.data()) as Float32Array
    if (!areFinite(values)) throw new StudioError('loss-not-finite', { step })
    into.set(prefix + name, floats([...variable.shape], values))
  }
  return into
}

/** Sets variables to saved values. Throws an `Error` when one is missing or of another shape. */
export function writeVariables(variables: Record<string, Variable>, prefix: string, saved: Saved): void {
  for (const [name, variable] of Object.entries(variables)) {
    const values = savedValues(saved, prefix + name, variable.shape)
    tidy(() => variable.assign(tensor(values, variable.shape)))
  }
}

function areFinite(values: Float32Array): boolean {
  // NaN and ±∞ are the only numbers whose difference from themselves is not 0.
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) return false
  return true
}

function savedValues(saved: Saved, name: string, shape: number[]): Float32Array {
  const found = saved.get(name)
  if (!found) throw new Error(`${name} is missing`)
  if (found.shape.join() !== shape.join()) throw new Error(`${name} is [${found.shape.join()}], not [${shape.join()}]`)
  return asFloats(found)
}
