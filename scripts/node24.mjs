/** Runs a program of node_modules (or a script) under Node 24: `node scripts/node24.mjs vitest run`. Node built-ins only. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** The Node 24 that npm brought, or the running one when it is new enough; null when there is neither. */
export function node24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const own = join(
    root,
    'node_modules',
    `node-${platform}-${process.arch}`,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  )
  return existsSync(own) ? own : null
}

/** The file that a package's command starts, so that no shell or shim is needed on any system. */
function command(name) {
  if (/\.[cm]?js$/.test(name)) return name
  const folder = join(
    root,
    'node_modules',
    name === 'playwright' ? '@playwright/test' : name === 'depcruise' ? 'dependency-cruiser' : name,
  )
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0]))
}

/** Starts it and resolves to its exit code. Signals go to the child, so that Ctrl-C ends both. */
export function run(name, args, options = {}) {
  const node = node24()
  if (!node) {
    console.error('Node 24 is needed and was not found. Install it from nodejs.org (or `brew install node@24`), then try again.')
    return Promise.resolve(1)
  }
  const child = spawn(node, [command(name), ...args], { cwd: root, stdio: 'inherit', ...options })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((done) => child.on('exit', (code, signal) => done(code ?? (signal ? 1 : 0))))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name, ...args] = process.argv.slice(2)
  process.exitCode = await run(name, args)
}
