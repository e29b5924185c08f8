/** Recipes as main and the renderer know them: data only. */
import { z } from 'zod'
import type { RecipeCard } from '../contract/recipes'
import type { Recipe } from './define'

/** A recipe's card; its settings as JSON Schema of what a person may give, so defaults make a setting optional. */
export function recipeCard(recipe: Recipe): RecipeCard {
  const {
    id,
    title,
    summary,
    paper,
    data,
    goals,
    likelihood,
    prior,
    abilities,
    converges,
    training = {},
    rules,
    presets,
    parts,
    stages,
  } = recipe
  const settings = z.toJSONSchema(recipe.settings, { io: 'input' }) as Record<string, unknown>
  return {
    id,
    title,
    summary,
    paper,
    data,
    goals,
    likelihood,
    prior,
    abilities,
    converges,
    training,
    settings,
    rules,
    presets,
    parts,
    stages,
  }
}
