/** Builds main, preload and renderer when their sources changed since the last build. `--force` builds anyway. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, run } from './node24.mjs'

const stampFile = join(root, 'out', 'stamp')

/** Names, sizes and times of every source: cheap, and changes whenever an edit does. */
function stamp() {
  const hash = createHash('sha256')
  const visit = (path) => {
    const stat = statSync(path)
    if (stat.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name))
    else hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`)
  }
  for (const name of ['src', 'resources', 'electron.vite.config.ts', 'package-lock.json']) visit(join(root, name))
  return hash.digest('hex')
}

/** Resolves to the exit code; 0 and silent when nothing changed. */
export async function build({ force = false, quiet = false } = {}) {
  const now = stamp()
  if (!force && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === now) return 0
  const code = await run('electron-vite', ['build', ...(quiet ? ['--logLevel', 'warn'] : [])], {
    stdio: quiet ? ['ignore', 2, 2] : 'inherit',
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (code !== 0) return code
  const listed = await run(join(root, 'out', 'main', 'catalogue.js'), [join(root, 'out', 'main', 'recipes.json')])
  if (listed === 0) writeFileSync(stampFile, now)
  return listed
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await build({ force: process.argv.includes('--force') })
