import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StudioError } from '../../../../src/contract/errors'
import type { Job } from '../../../../src/contract/nouns'
import { createEngines, type Engines } from '../../../../src/main/engines'
import type { Fetch } from '../../../../src/main/engines/fetch'
import type { Wheel } from '../../../../src/main/engines/package'
import { createJobs, type Jobs } from '../../../../src/main/jobs'
import { contents, makeWheel, sha256 } from './support'

/** A computer without a GPU, for which there are these wheels. */
function world(wheels: Wheel[] | null = [wheel], fetch?: Fetch) {
  const engines = createEngines({
    home,
    jobs,
    packages: wheels ? [{ id: 'tensorflow', version: '1.0', wheels }] : [],
    gpus: async () => [],
    attempt: async () => ({ probe: null, failure: 'there is no GPU' }),
    fetch,
  })
  made.push(engines)
  return engines
}

let made: Engines[] = []
let folder: string
let home: string
let jobs: Jobs
let file: string
let wheel: Wheel
const name = `tensorflow-1.0-${process.platform}-${process.arch}`

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engines-'))
  home = join(folder, 'home')
  jobs = createJobs()
  file = join(folder, 'fake_engine-1.0-cp311-cp311-any_x1.whl')
  wheel = await makeWheel(file)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await jobs.close()
  for (const engines of made) await engines.close()
  made = []
  await rm(folder, { recursive: true, force: true })
})

/** What is left of all attempts: the engines folder's names. */
const left = () => readdir(join(home, 'engines')).catch(() => [])

async function failure(fetch: Fetch | undefined, of: Wheel | null = wheel): Promise<StudioError> {
  const engines = world(of && [of], fetch)
  const { job } = await engines.install({ engine: 'tensorflow' })
  return await jobs.result(job).then(
    () => expect.fail('it was installed'),
    (thrown: unknown) => thrown as StudioError,
  )
}

describe('the engine manager', () => {
  it('offers the built-in engine before anything is installed', async () => {
    const engines = world()
    const [fast, builtIn] = (await engines.list()).filter(({ id }) => id !== 'webgpu')
    expect(fast).toMatchObject({
      id: 'tensorflow',
      ready: false,
      installable: true,
      reason: 'not-installed',
      downloadBytes: wheel.bytes,
    })
    expect(builtIn).toMatchObject({ id: 'wasm', ready: true, reason: 'built-in' })
    expect((await engines.choose()).id).toBe('wasm')
    await expect(engines.choose('tensorflow')).rejects.toMatchObject({ code: 'engine-missing' })
    await expect(engines.choose('abacus')).rejects.toMatchObject({ code: 'engine-unknown' })
    await expect(engines.install({ engine: 'abacus' })).rejects.toMatchObject({ code: 'engine-unknown' })
  })

  it('knows the versions of what is built in', async () => {
    const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as { dependencies: Record<string, string> }
    const states = await world().list({ check: 'afresh' })
    const [builtIn, webgpu] = ['wasm', 'webgpu'].map((id) => states.find((state) => state.id === id))
    expect(webgpu!.version).toBe(dependencies.webgpu)
    expect(builtIn!.version).toBe(dependencies['@tensorflow/tfjs-backend-wasm'])
  })

  it('installs only the libraries, whole, and then chooses them', async () => {
    const seen: number[] = []
    const fetch: Fetch = async (_, download, signal, onBytes) => {
      onBytes(wheel.bytes / 2)
      const path = join(download, 'fetched.whl')
      await copyFile(file, path)
      return path
    }
    const engines = world([wheel], fetch)
    const first = await engines.install({ engine: 'tensorflow' })
    expect((await engines.list())[0]).toMatchObject({ installing: true })
    expect(await engines.install({ engine: 'tensorflow' })).toEqual(first)
    const result = await jobs.result(first.job, (job: Job) => seen.push(job.done))
    expect(result).toMatchObject({ id: 'tensorflow', ready: true, installing: false, reason: 'installed' })
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(seen.at(-1)).toBe(wheel.bytes)
    expect(await left()).toEqual([name])
    const library = join(home, 'engines', name)
    expect((await readdir(library)).sort()).toEqual(['engine.json', 'libbig.so.2', 'libsmall.so.2'])
    expect(await readFile(join(library, 'libbig.so.2'))).toEqual(contents['tensorflow/libbig.so.2'])
    expect(await engines.choose()).toMatchObject({ id: 'tensorflow', library })
    expect(await engines.choose('wasm')).toMatchObject({ id: 'wasm' })
  })

  it('sees a damaged engine and replaces it', async () => {
    vi.stubEnv('LATENT_STUDIO_WHEEL', file)
    const engines = world()
    await jobs.result((await engines.install({ engine: 'tensorflow' })).job)
    await truncate(join(home, 'engines', name, 'libbig.so.2'), 1000)
    expect((await engines.list())[0]).toMatchObject({ ready: false, installable: true, reason: 'broken' })
    expect((await engines.choose()).id).toBe('wasm')
    await jobs.result((await engines.install({ engine: 'tensorflow' })).job)
    expect((await engines.list())[0]).toMatchObject({ ready: true })
    expect(await left()).toEqual([name])
  })

  it('takes the fitting wheel out of a folder that the person names', async () => {
    const shelf = join(folder, 'shelf')
    await mkdir(shelf)
    await writeFile(join(shelf, 'fake_engine-1.0-cp311-cp311-other_system.whl'), 'x')
    await copyFile(file, join(shelf, 'fake_engine-1.0-cp311-cp311-any_x2.whl'))
    vi.stubEnv('LATENT_STUDIO_WHEEL', shelf)
    const engines = world()
    await jobs.result((await engines.install({ engine: 'tensorflow' })).job)
    expect((await engines.choose()).id).toBe('tensorflow')
    vi.stubEnv('LATENT_STUDIO_WHEEL', join(folder, 'nowhere'))
    await rm(join(home, 'engines'), { recursive: true })
    expect((await failure(undefined)).message).toContain('does not exist')
  })

  it.each([
    ['cut off', async () => await truncate(file, 1000), /1000 bytes instead/],
    ['changed', async () => await writeFile(file, Buffer.alloc(wheel.bytes)), /checksum/],
  ])('refuses a file that is %s, and leaves nothing', async (_, change, reason) => {
    await change()
    const error = await failure(async () => file)
    expect(error).toMatchObject({ code: 'engine-damaged' })
    expect(error.message).toMatch(reason)
    expect(await left()).toEqual([])
  })

  it.each([
    ['a wrong list', { lies: true }, /libsmall.so.2 is damaged/],
    ['a library missing', { without: 'tensorflow/libbig.so.2' }, /libbig.so.2 is missing/],
  ])('refuses a wheel with %s, and leaves nothing', async (_, options, reason) => {
    const bad = await makeWheel(file, options)
    const error = await failure(async () => file, bad)
    expect(error.message).toMatch(reason)
    expect(await left()).toEqual([])
  })

  it('refuses what is no zip', async () => {
    const bytes = Buffer.alloc(5000, 7)
    await writeFile(file, bytes)
    const error = await failure(async () => file, { ...wheel, bytes: 5000, sha256: sha256(bytes).toString('hex') })
    expect(error.message).toMatch(/not a whole wheel/)
    expect(await left()).toEqual([])
  })

  it('says when the disk is full, and leaves nothing', async () => {
    const error = await failure(async () => {
      throw Object.assign(new Error('write'), { code: 'ENOSPC' })
    })
    expect(error.code).toBe('disk-full')
    expect(await left()).toEqual([])
  })

  it('says when there is none for this system', async () => {
    const engines = world(null)
    expect((await engines.list())[0]).toMatchObject({ ready: false, installable: false, reason: 'unsupported-platform' })
    expect((await engines.choose()).id).toBe('wasm')
    expect(await failure(undefined, null)).toMatchObject({ code: 'engine-install' })
  })

  it('removes what an ended program left, and nothing of a living one', async () => {
    await mkdir(join(home, 'engines', '.install-4194399-00000000'), { recursive: true })
    await mkdir(join(home, 'engines', `.install-${process.ppid}-00000000`), { recursive: true })
    await failure(async () => Promise.reject(new Error('no')))
    expect(await left()).toEqual([`.install-${process.ppid}-00000000`])
  })
})

describe.skipIf(process.platform === 'win32')('fetching by pip', () => {
  /** A program that stands in for Python: answers `--version`, and runs `script` for `download` (`$DEST` is where to). */
  async function fakePython(script: string): Promise<void> {
    const bin = join(folder, 'bin')
    await mkdir(bin, { recursive: true })
    const text = `#!/bin/sh\n[ "$3" = --version ] && exit 0\necho "$@" > "${folder}/arguments"\nfor last; do :; done; DEST="$last"\n${script}\n`
    await writeFile(join(bin, 'python3'), text)
    await chmod(join(bin, 'python3'), 0o755)
    vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`)
  }

  it('asks for exactly this wheel, and nothing else', async () => {
    await fakePython(`cp "${file}" "$DEST"`)
    const engines = world()
    await jobs.result((await engines.install({ engine: 'tensorflow' })).job)
    expect((await engines.choose()).id).toBe('tensorflow')
    const asked = await readFile(join(folder, 'arguments'), 'utf8')
    for (const part of [
      '-m pip download',
      '--no-deps',
      '--only-binary=:all:',
      '--platform any_x1 --platform any_x2',
      'fake-engine==1.0',
    ])
      expect(asked).toContain(part)
    expect(asked).not.toContain('://')
  })

  it('says that Python is needed where there is none', async () => {
    vi.stubEnv('PATH', join(folder, 'empty'))
    const error = await failure(undefined)
    expect(error).toMatchObject({ code: 'engine-python' })
    expect(await left()).toEqual([])
  })

  it.each([
    ['WARNING: Retrying … NewConnectionError(…): Network is unreachable', 'engine-network', /could not be reached/],
    ['ERROR: No matching distribution found for fake-engine==1.0', 'engine-install', /does not have it/],
    ['OSError: [Errno 28] No space left on device', 'disk-full', /disk is full/],
    ['something new', 'engine-install', /something new/],
  ])('puts “%s” in plain words', async (words, code, sentence) => {
    await fakePython(`echo "${words}" >&2; exit 1`)
    const error = await failure(undefined)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(sentence)
    expect(await left()).toEqual([])
  })

  it('shows the growing file, and when cancelled ends pip and leaves nothing', async () => {
    await fakePython(`echo $$ > "${folder}/pid"; head -c 1000 /dev/zero > "$TMPDIR/half.whl"; exec sleep 600`)
    const engines = world()
    const { job } = await engines.install({ engine: 'tensorflow' })
    const grown = Promise.withResolvers<void>()
    const ended = jobs.result(job, (now) => now.done > 0 && grown.resolve())
    await grown.promise
    jobs.cancel(job)
    await expect(ended).rejects.toMatchObject({ code: 'cancelled' })
    expect(jobs.list().find((one) => one.id === job)!.state).toBe('cancelled')
    expect(await left()).toEqual([])
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'))
    expect(() => process.kill(pid, 0)).toThrow()
    expect((await engines.list())[0]).toMatchObject({ ready: false, installing: false })
    expect(existsSync(join(home, 'engines', name))).toBe(false)
  })
})
