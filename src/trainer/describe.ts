/** What a recipe with certain settings would be: its networks, their parameters, and whether there is memory to train it. */
import type { Needs } from '../contract/memory'
import type { Command } from '../contract/trainer'
import { registerGradients } from '../engines/gradients'
import { parameterCount } from '../nn/module'
import type { Recipe } from '../recipes/define'
import { recipeById } from '../recipes/index'
import { resolveSettings } from '../recipes/settings'
import { estimate, fitOf, type Fit, type Memory } from './memory'

type Question = Extract<Command, { type: 'describe' }>

/** Sides that are offered in the place of a larger one, in pixels: those that the wizard has. */
const SIDES = [128, 96, 64, 32, 28, 16]

/** Throws `recipe-unknown`, `settings-wrong`. */
export function describe(question: Question, recipe: Recipe = recipeById(question.recipe)): Needs {
  registerGradients()
  const { data, training, stored, room, engine } = question
  const settings = resolveSettings(recipe, question.settings, data)
  const { networks: all } = recipe.build(settings, data)
  const networks = Object.entries(all).map(([name, network]) => ({ name, parameters: parameterCount(network) }))
  const parameters = networks.reduce((sum, network) => sum + network.parameters, 0)

  const memoryAt = (side: number): ((batch: number) => Memory) => {
    const sized = { ...data, height: Math.round((data.height * side) / data.width), width: side }
    const built = recipe.build(resolveSettings(recipe, question.settings, sized), sized)
    const smaller = (sized.height * sized.width) / (data.height * data.width)
    return estimate(built, sized, { training, stored: stored * smaller, engine: engine.id })
  }
  const memory = memoryAt(data.width)
  const fitted = (memory: (batch: number) => Memory, batch: number): Fit => fitOf(memory(batch), engine.id, room)
  const batch = Math.min(training.batchSize, data.items)
  const { fit, short } = fitted(memory, batch)
  const fits = (one: Fit): boolean => one.fit === 'fits'
  const remedies = {
    batchSize: short && (powersBelow(batch).find((less) => fits(fitted(memory, less))) ?? null),
    size: short && (SIDES.find((side) => side < data.width && fits(fitted(memoryAt(side), batch))) ?? null),
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
