/** `npm start`: the desktop window where Electron and a display are at hand, else the same studio in the browser. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { root, run } from './node24.mjs'
import { setup } from './setup.mjs'

const electron = join(root, 'node_modules', 'electron')

/** Probed by its files: `require('electron')` outside Electron would start a download. */
function electronProgram() {
  const named = join(electron, 'path.txt')
  const program = existsSync(named) ? join(electron, 'dist', readFileSync(named, 'utf8').trim()) : null
  return program && existsSync(program) ? program : null
}

/** One sentence when a window cannot open here, else null. */
function whyNoWindow() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return 'There is no display here'
  if (process.getuid?.() === 0) return 'Electron does not run safely as root'
  if (!electronProgram()) {
    console.error('Getting Electron (once) …')
    spawnSync(process.execPath, [join(electron, 'install.js')], { cwd: electron, stdio: 'ignore', timeout: 180_000 })
    if (!electronProgram()) return 'Electron could not be fetched'
  }
  return null
}

setup()
const failed = await build({ quiet: true })
if (failed) {
  console.error('The studio could not be built; the lines above say why.')
  process.exit(failed)
}

const why = whyNoWindow()
if (why) {
  console.log(`${why}: serving the studio to your browser instead.`)
  process.exitCode = await run(join(root, 'out', 'main', 'web.js'), ['--fetch-engine', ...process.argv.slice(2)])
} else {
  const { status } = spawnSync(electronProgram(), [root, ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
