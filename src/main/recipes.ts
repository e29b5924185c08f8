/** The catalogue of recipes: main knows no recipe by name, it reads what the build wrote down. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { StudioError } from '../contract/errors'
import { RecipeCard } from '../contract/recipes'
import { appRoot } from './programs'

const Catalogue = z.object({ recipes: z.array(RecipeCard), training: z.record(z.string(), z.unknown()) })

export interface Recipes {
  list(): Promise<RecipeCard[]>
  /** JSON Schema of the settings all recipes share. */
  training(): Promise<Record<string, unknown>>
  /** Or the error `recipe-unknown`. */
  get(id: string): Promise<RecipeCard>
}

export function createRecipes(file = join(appRoot(), 'out', 'main', 'recipes.json')): Recipes {
  let read: Promise<z.infer<typeof Catalogue>> | undefined
  const catalogue = () => (read ??= readFile(file, 'utf8').then((text) => Catalogue.parse(JSON.parse(text))))
  return {
    list: async () => (await catalogue()).recipes,
    training: async () => (await catalogue()).training,
    async get(id) {
      const found = (await catalogue()).recipes.find((recipe) => recipe.id === id)
      if (!found) throw new StudioError('recipe-unknown', { id })
      return found
    },
  }
}
