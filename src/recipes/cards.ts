/** Recipes as main and the renderer know them: data only. */
import { z } from 'zod'
import type { RecipeCard } from '../contract/recipes'
import type { Recipe } from './define'

/** A recipe's card; its settings as JSON Schema of what a person may give, so defaults make a setting optional. */
export function recipeCard(recipe: Recipe): RecipeCard {
  const { settings, training = {}, defaults: _ofData, build: _networks, revision: _ofStates, ...declared } = recipe
  return { ...declared, training, settings: z.toJSONSchema(settings, { io: 'input' }) as Record<string, unknown> }
}
