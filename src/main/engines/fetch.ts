/** Gets a wheel: from where the person points to, or by the pip of this computer, whose own settings say where wheels come from. */
import { spawn } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from './failure'
import type { Wheel } from './package'

/** Brings the wheel and gives its path; it may use `folder`, and tells the bytes it has so far. */
export type Fetch = (wheel: Wheel, folder: string, signal: AbortSignal, onBytes: (bytes: number) => void) => Promise<string>

/** How pip may be reached, best first. */
const pips = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']] as const
const WATCH_MS = 250

interface Ended {
  /** null: the program could not be started, or was ended. */
  code: number | null
  output: string
}

/** Runs a program to its end; `signal` ends it. */
function run(command: readonly string[], env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command[0]!, command.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    const stop = () => child.kill()
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    let output = ''
    const read = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-20_000))
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    const end = (code: number | null) => {
      signal?.removeEventListener('abort', stop)
      resolve({ code, output })
    }
    child.on('error', () => end(null))
    child.on('close', end)
  })
}

/** Throws `engine-pip` or `engine-python`: which of the two is missing. */
export async function findPip(): Promise<readonly string[]> {
  const answers = async (...command: string[]) => (await run([...command, '--version'], process.env)).code === 0
  for (const pip of pips) if (await answers(...pip)) return pip
  throw new Failure((await answers('python3')) || (await answers('python')) ? 'engine-pip' : 'engine-python')
}

/** Size of the largest file below a folder: the one that grows. */
async function largest(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  )
  return Math.max(0, ...sizes)
}

/** The wheel that this package's name and platform fit, in a folder; null when there is none. */
async function wheelIn(folder: string, wheel: Wheel): Promise<string | null> {
  const start = `${wheel.package.replaceAll('-', '_')}-${wheel.version}-`
  const names = await readdir(folder)
  const found = names.find(
    (name) => name.startsWith(start) && name.endsWith('.whl') && wheel.platforms.some((platform) => name.includes(platform)),
  )
  return found ? join(folder, found) : null
}

/** pip's last words in ours. */
function failureOf(output: string): Failure {
  const cause = new Error(output)
  if (/No space left|Errno 28|disk full/i.test(output)) return new Failure('disk-full', {}, cause)
  if (
    /NewConnectionError|NameResolutionError|Max retries|ConnectTimeout|ReadTimeout|Connection(Reset|Refused)|Network is unreachable|ProxyError/i.test(
      output,
    )
  )
    return new Failure('engine-network', {}, cause)
  const because = (reason: string) => new Failure('engine-install', { reason }, cause)
  if (/No matching distribution|Could not find a version/i.test(output))
    return because('the server that pip asks does not have it')
  if (/hash|checksum|IncompleteRead|incomplete/i.test(output)) return because('the file arrived damaged')
  const last = output
    .split('\n')
    .filter((line) => line.trim())
    .at(-1)
  return because(last ? `pip said “${last.trim().slice(0, 200)}”` : 'pip ended without saying why')
}

/** Downloads the wheel into `folder`: only this one file, without what it depends on. */
export const fetchByPip: Fetch = async (wheel, folder, signal, onBytes) => {
  const pip = await findPip()
  signal.throwIfAborted()
  const watch = setInterval(() => void largest(folder).then((bytes) => bytes > 0 && !signal.aborted && onBytes(bytes)), WATCH_MS)
  try {
    const ended = await run(
      [
        ...pip,
        'download',
        '--no-deps',
        '--no-input',
        // The installed library is the cache: a second copy of a file this large helps nobody.
        '--no-cache-dir',
        '--disable-pip-version-check',
        '--only-binary=:all:',
        ...wheel.platforms.flatMap((platform) => ['--platform', platform]),
        '--python-version',
        '3.11',
        '--implementation',
        'cp',
        `${wheel.package}==${wheel.version}`,
        '--dest',
        folder,
      ],
      // Its working files belong to us, so that they can be watched and never stay behind.
      { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder },
      signal,
    )
    signal.throwIfAborted()
    if (ended.code !== 0) throw failureOf(ended.output)
  } finally {
    clearInterval(watch)
  }
  const path = await wheelIn(folder, wheel)
  if (!path) throw new Failure('engine-install', { reason: 'pip brought another file than the one asked for' })
  return path
}

/** The wheel at a path, or the one that fits in a folder of wheels. */
export function fetchFrom(path: string): Fetch {
  return async (wheel) => {
    const found = await stat(path).catch(() => null)
    if (!found) throw new Failure('path-not-found', { file: path })
    const file = found.isDirectory() ? await wheelIn(path, wheel) : path
    if (!file)
      throw new Failure('engine-install', {
        reason: `${path} holds no wheel of ${wheel.package} ${wheel.version} for this system`,
      })
    return file
  }
}
