/** The reference pages say what the recipes say. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const built = existsSync(join(root, 'out', 'main', 'recipes.json'))

describe.skipIf(!built && !process.env.CI)('docs/recipes [needs a build]', () => {
  it('is what `npm run docs:recipes` writes', () => {
    const check = () => execFileSync(process.execPath, ['scripts/recipe-pages.mjs', '--check'], { cwd: root, stdio: 'pipe' })
    expect(check).not.toThrow()
  })
})
