/**
 * Makes a fresh checkout usable: packages (when the lock file changed) and Node 24, nothing else. Node built-ins only, because
 * nothing is installed yet. Says what it does on stderr; silent when there is nothing to do. Called by `start`, `test` and `latent`
 * themselves: npm runs no `pre` scripts where `ignore-scripts` is set.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { node24, root } from './node24.mjs'

const stampFile = join(root, 'node_modules', '.latent-setup')

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

/** Ends the program with one plain sentence where something cannot be had. */
export function setup() {
  const now = lockHash()
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== now) {
    console.error('Getting the packages (once, about a minute) …')
    // Inside `npm start`, npm tells its own program; otherwise it is the one on the path.
    const npm = process.env.npm_execpath
    // Not `npm ci`: it refuses the lock where a registry lacks optional packages of other systems. The lock still names every version.
    const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
    const done = npm
      ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
      : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
    if (done.status !== 0) {
      console.error('The packages could not be fetched. Check the network and try again; nothing else was changed.')
      process.exit(1)
    }
    writeFileSync(stampFile, now)
  }
  if (!node24()) {
    console.error('Node 24 is needed and has no package for this system. Install it from nodejs.org, then try again.')
    process.exit(1)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) setup()
