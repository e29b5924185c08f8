/**
 * `npm run -s latent -- COMMAND …`: installs and builds what is missing or stale, then goes on in Node 24. Node built-ins only.
 * Its own words go to stderr, so that stdout is the command's alone.
 */
import { join } from 'node:path'
import { build } from './build.mjs'
import { root, run } from './node24.mjs'
import { setup } from './setup.mjs'

setup()
const failed = await build({ quiet: true })
if (failed) {
  console.error('The studio could not be built; the lines above say why.')
  process.exit(failed)
}
// npm moves to the package's folder; paths are meant from where the person stands.
const cwd = process.env.npm_lifecycle_event === 'latent' ? (process.env.INIT_CWD ?? process.cwd()) : process.cwd()
process.exitCode = await run(join(root, 'out', 'main', 'cli.js'), process.argv.slice(2), { cwd })
