/** `npm run package`: the app as an unpacked folder in `dist/`, for the system it runs on. */
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from './build.mjs'
import { node24, root, run } from './node24.mjs'

const electron = join(root, 'node_modules', 'electron')
const named = join(electron, 'path.txt')

// Probed by its files: `require('electron')` outside Electron would start a download.
if (!existsSync(named) || !existsSync(join(electron, 'dist', readFileSync(named, 'utf8').trim()))) {
  console.error(
    'Electron’s program is not here, so there is nothing to pack the studio into. Run `node node_modules/electron/install.js`, then try again.',
  )
  process.exit(1)
}

const failed = await build({ quiet: true })
if (failed) process.exit(failed)

process.exitCode = await run(
  'electron-builder',
  ['--dir', '--publish', 'never', `--config.electronDist=${join(electron, 'dist')}`],
  {
    env: { ...process.env, LATENT_NODE: relative(root, node24()) },
  },
)
