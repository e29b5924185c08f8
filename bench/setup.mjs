/**
 * A virtual environment with the newest PyTorch that the person's own pip finds; a second call finds it there.
 * `LATENT_BENCH_PYTHON` names a Python that has PyTorch already. `node bench/setup.mjs` prints the Python it ends with.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const windows = process.platform === 'win32'

/** The environment's folder: outside of the project, so that every checkout shares it. */
function folder() {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'latent-studio', 'bench')
  if (windows) return join(process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'latent-studio', 'bench')
  return join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'latent-studio', 'bench')
}

const hasTorch = (python) => spawnSync(python, ['-c', 'import torch']).status === 0

/** Its messages go to stderr, so that stdout stays the caller's. Throws when it fails. */
function run(command, args, failure) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error(`${failure}${error ? ` (${error.message})` : ''}`)
}

/** Path of a Python with PyTorch. Throws a plain `Error` that says what is missing. */
export function peer() {
  const given = process.env.LATENT_BENCH_PYTHON
  if (given) {
    if (!hasTorch(given)) throw new Error(`${given} (LATENT_BENCH_PYTHON) cannot import torch.`)
    return given
  }
  const environment = folder()
  const python = join(environment, windows ? 'Scripts\\python.exe' : 'bin/python')
  if (existsSync(python) && hasTorch(python)) return python
  // A half-made one, from an interrupted download, is of no use to pip.
  rmSync(environment, { recursive: true, force: true })
  const system = windows ? 'python' : 'python3'
  run(system, ['-m', 'venv', environment], 'No virtual environment could be made: install Python 3 with its venv module.')
  run(python, ['-m', 'pip', 'install', '--quiet', 'torch', 'numpy'], 'pip could not install PyTorch.')
  return python
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(peer())
