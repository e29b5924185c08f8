/** The layer table of ARCHITECTURE.md: no arrow of ours breaks it, and each rule does catch the arrow it is there for. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser'
import { afterAll, describe, expect, it } from 'vitest'

const { forbidden, options } = createRequire(import.meta.url)(resolve('.dependency-cruiser.cjs')) as {
  forbidden: { name: string }[]
  options: ICruiseOptions
}

async function violations(baseDir: string): Promise<{ modules: number; found: string[] }> {
  const { tsConfig: _unused, enhancedResolveOptions, ...rest } = options as ICruiseOptions & Record<string, unknown>
  const result = await cruise(
    ['src'],
    { ...rest, baseDir, validate: true, ruleSet: { forbidden: forbidden as never[] } },
    enhancedResolveOptions as never,
  )
  const { summary, modules } = result.output as ICruiseResult
  return { modules: modules.length, found: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`) }
}

describe('layers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latent-layers-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('no arrow turns back', async () => {
    const { modules, found } = await violations(process.cwd())
    expect(found).toEqual([])
    expect(modules).toBeGreaterThan(50)
  }, 120_000)

  it('each rule catches its arrow', async () => {
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    for (const name of ['zod', 'electron', 'better-sqlite3', '@tensorflow/tfjs-core', 'vue']) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }))
      write(`node_modules/${name}/index.js`, 'module.exports = {}')
    }
    write(
      'package.json',
      JSON.stringify({
        dependencies: { zod: '1', electron: '1', 'better-sqlite3': '1', '@tensorflow/tfjs-core': '1', vue: '1' },
      }),
    )
    for (const area of ['contract', 'nn', 'recipes', 'engines', 'trainer', 'main', 'preload', 'renderer'])
      write(`src/${area}/good.ts`, 'export const good = 1')
    const use = (path: string) => `import '${path}'`
    const arrows: Record<string, [from: string, to: string]> = {
      'contract-imports-nothing': ['src/contract/a.ts', '../main/good'],
      'data-imports-contract': ['src/data/a.ts', '../nn/good'],
      'nn-imports-contract': ['src/nn/a.ts', '../trainer/good'],
      'recipes-import-nn': ['src/recipes/a.ts', '../engines/good'],
      'engines-import-nothing-of-ours': ['src/engines/a.ts', '../contract/good'],
      'trainer-imports-what-trains': ['src/trainer/a.ts', '../main/good'],
      'main-imports-contract': ['src/main/a.ts', '../nn/good'],
      'preload-imports-contract': ['src/preload/a.ts', '../main/good'],
      'renderer-imports-contract': ['src/renderer/a.ts', '../main/good'],
      'contract-packages': ['src/contract/b.ts', 'vue'],
      'nn-has-no-node': ['src/nn/b.ts', 'node:fs'],
      'renderer-has-no-node': ['src/renderer/b.ts', 'node:fs'],
      'electron-only-in-its-host': ['src/main/b.ts', 'electron'],
      'sql-only-in-store': ['src/main/c.ts', 'better-sqlite3'],
      'ops-is-the-only-door-to-tfjs-ops': ['src/nn/c.ts', '@tensorflow/tfjs-core'],
      'no-circles': ['src/main/d.ts', './e'],
    }
    for (const [from, to] of Object.values(arrows)) write(from, use(to))
    write('src/main/e.ts', use('./d'))
    const { found } = await violations(folder)
    for (const [rule, [from]] of Object.entries(arrows))
      expect(
        found.filter((one) => one.startsWith(`${rule}: ${from}`)),
        rule,
      ).not.toEqual([])
    expect(Object.keys(arrows).sort()).toEqual(forbidden.map(({ name }) => name).sort())
  })
})
