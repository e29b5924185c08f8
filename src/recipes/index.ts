/** The catalogue: one line a recipe. Order is the order on screen. */
import { StudioError } from '../contract/errors'
import type { Recipe } from './define'
import { gan } from './gan'
import { textLm } from './text-lm'
import { vae } from './vae'
import { vaeGan } from './vae-gan'

export const recipes: Recipe[] = [vae, gan, vaeGan, textLm]

/** Throws `recipe-unknown`. */
export function recipeById(id: string): Recipe {
  const recipe = recipes.find((one) => one.id === id)
  if (!recipe) throw new StudioError('recipe-unknown', { id })
  return recipe
}
