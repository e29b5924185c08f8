/** A program of the build: writes the catalogue for main, which imports no recipe. `node catalogue.js OUT.json` */
import { writeFileSync } from 'node:fs'
import { recipeCard } from './cards'
import { recipes } from './index'
import { trainingSchema } from './training'

const file = process.argv[2]
if (!file) throw new Error('usage: catalogue OUT.json')
writeFileSync(file, JSON.stringify({ recipes: recipes.map(recipeCard), training: trainingSchema() }))
