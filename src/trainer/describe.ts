/** What a recipe with certain settings would be: its networks, their parameters, and whether there is memory to train it. */
import type { Needs } from '../contract/memory'
import type { Command } from '../contract/trainer'
import { registerGradients } from '../engines/gradients'
import { parameterCount } from '../nn/module'
import { bytesOf } from '../contract/facts'
import type { DataFacts, Recipe } from '../recipes/define'
import { recipeById } from '../recipes/index'
import { resolveSettings } from '../recipes/settings'
import { formatOf } from './formats'
import { estimate, fitOf, type Fit, type Memory } from './memory'

type Question = Extract<Command, { type: 'describe' }>

/** Throws `recipe-unknown`, `settings-wrong`. */
export function describe(question: Question, recipe: Recipe = recipeById(question.recipe)): Needs {
  registerGradients()
  const { data, training, stored, room, engine } = question
  const settings = resolveSettings(recipe, question.settings, data)
  const { networks: all } = recipe.build(settings, data)
  const networks = Object.entries(all).map(([name, network]) => ({ name, parameters: parameterCount(network) }))
  const parameters = networks.reduce((sum, network) => sum + network.parameters, 0)

  const memoryFor = (items: DataFacts): ((batch: number) => Memory) => {
    const built = recipe.build(resolveSettings(recipe, question.settings, items), items)
    const bytes = stored * (bytesOf(items) / bytesOf(data))
    return estimate(built, items, { training, stored: bytes, engine: engine.id })
  }
  const memory = memoryFor(data)
  const fitted = (memory: (batch: number) => Memory, batch: number): Fit => fitOf(memory(batch), engine.id, room)
  const batch = Math.min(training.batchSize, data.items)
  const { fit, short } = fitted(memory, batch)
  const fits = (one: Fit): boolean => one.fit === 'fits'
  const remedies = {
    batchSize: short && (powersBelow(batch).find((less) => fits(fitted(memory, less))) ?? null),
    size:
      short &&
      (formatOf(data)
        .smaller(data)
        .find((one) => fits(fitted(memoryFor(one.data), batch)))?.size ??
        null),
  }
  const defaults = { ...settings, ...defaultsOf(recipe, question) }
  return { parameters, networks, settings, defaults, memoryBytes: memory(batch).process, fit, short, remedies }
}

/** Of each setting that was chosen, what it would be without: other choices may have a say in that. */
function defaultsOf(recipe: Recipe, { settings, data }: Pick<Question, 'settings' | 'data'>): Record<string, unknown> {
  const without = Object.keys(settings).map((name) => {
    const { [name]: _, ...others } = settings
    // What the others forbid is still the default: the form says why it cannot be taken.
    const filled = recipe.settings.safeParse({ ...recipe.defaults?.(data, others), ...others })
    return [name, filled.data?.[name]]
  })
  return Object.fromEntries(without)
}

/** Powers of two below `most`, the largest first. */
function powersBelow(most: number): number[] {
  const all: number[] = []
  for (let power = 1; power < most; power *= 2) all.unshift(power)
  return all
}
