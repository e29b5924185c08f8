/** A recipe built for its data, with its weights: what a run trains and a server answers from. */
import type { Variable } from '@tensorflow/tfjs-core'
import { StudioError } from '../contract/errors'
import type { Weights } from '../nn/module'
import { dispose, makeVariable, tensor, tidy } from '../nn/ops'
import { initialValues } from '../nn/random'
import type { Built, DataFacts, Recipe } from '../recipes/define'
import { resolveSettings } from '../recipes/settings'
import { asFloats, floats, type TensorBytes } from './safetensors'

export interface Model {
  recipe: Recipe
  /** All settings, also those that were not chosen. */
  settings: Record<string, unknown>
  data: DataFacts
  built: Built
  weights: Record<string, Weights>
  parameters: number
}

/** Saved tensors by name; see `CheckpointManifest`. */
export type Saved = Map<string, TensorBytes>

/**
 * Builds a recipe; the weights come from `saved`, or from the seed. Throws `settings-wrong`, and an `Error` when `saved` does
 * not fit.
 */
export function buildModel(
  recipe: Recipe,
  about: { settings: Record<string, unknown>; seed: number },
  data: DataFacts,
  saved: Saved | null,
): Model {
  const settings = resolveSettings(recipe, about.settings, data)
  const built = recipe.build(settings, data)
  const weights: Record<string, Weights> = {}
  let parameters = 0
  for (const [network, { parameters: all }] of Object.entries(built.networks)) {
    weights[network] = {}
    for (const parameter of all) {
      const values = saved
        ? savedValues(saved, `${network}/${parameter.name}`, parameter.shape)
        : initialValues(parameter, about.seed, network)
      weights[network][parameter.name] = makeVariable(values, parameter.shape)
      parameters += values.length
    }
  }
  return { recipe, settings, data, built, weights, parameters }
}

export function disposeModel(model: Model): void {
  for (const weights of Object.values(model.weights)) dispose(weights)
}

/** The variables of these networks (or all), as `<network>/<parameter>`. */
export function variablesOf(weights: Record<string, Weights>, networks = Object.keys(weights)): Record<string, Variable> {
  const all: Record<string, Variable> = {}
  for (const network of networks) {
    if (!weights[network]) throw new Error(`there is no network ${network}`)
    for (const [name, variable] of Object.entries(weights[network])) all[`${network}/${name}`] = variable
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
