/** Engines of several wheels, and what is left of attempts that fail: through the real installer, with small wheels. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { access, chmod, constants, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StudioError } from '../../../../src/contract/errors'
import { cuda } from '../../../../src/main/engines/cuda'
import type { Fetch } from '../../../../src/main/engines/fetch'
import { fetchByPip } from '../../../../src/main/engines/fetch'
import { conditionOf, install } from '../../../../src/main/engines/install'
import type { Package } from '../../../../src/main/engines/package'
import { packages } from '../../../../src/main/engines/wheels'
import { makeWheel } from './support'

const NAME = 'engine-1.0'
let folder: string
let home: string
let source: Package
let shelf: string
let progress: number[]

const left = async () => (await readdir(join(home, 'engines')).catch(() => [])).sort()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'install-'))
  home = join(folder, 'home')
  shelf = join(folder, 'shelf')
  await mkdir(shelf)
  progress = []
  const wheel = (name: string, contents: Record<string, Buffer>, files: Record<string, string>) =>
    makeWheel(join(shelf, `${name}-1.0-py3-none-any_x1.whl`), { name, contents, files })
  source = {
    id: 'tensorflow-gpu',
    version: '1.0',
    wheels: [
      await wheel('one', { 'a/lib/liba.so': Buffer.alloc(200_000, 'a') }, { 'a/lib/liba.so': 'liba.so' }),
      await wheel('two', { 'b/lib/libb.so': Buffer.alloc(100_000, 'b') }, { 'b/lib/libb.so': 'libb.so' }),
      await wheel(
        'three',
        { 'c/bin/ptxas': Buffer.from('#!'), 'c/data.bc': Buffer.from('bc') },
        { 'c/bin/ptxas': 'cuda/bin/ptxas', 'c/data.bc': 'cuda/data.bc' },
      ),
    ],
  }
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const job = (signal = new AbortController().signal) => ({ signal, progress: (done: number) => void progress.push(done) })

const fetched: string[] = []
/** Copies from the shelf, as pip would download; `before` may throw instead. */
const fetchFromShelf =
  (before: (name: string) => void = () => {}): Fetch =>
  async (wheel, to, _, onBytes) => {
    before(wheel.package)
    fetched.push(wheel.package)
    onBytes(wheel.bytes)
    const path = join(to, `${wheel.package}.whl`)
    await copyFile(join(shelf, `${wheel.package}-1.0-py3-none-any_x1.whl`), path)
    return path
  }
const attempt = (fetch: Fetch, signal?: AbortSignal) => install(home, NAME, source, 'any', fetch, job(signal))
const failed = (fetch: Fetch, signal?: AbortSignal) =>
  attempt(fetch, signal).then(
    () => expect.fail('it was installed'),
    (thrown: unknown) => thrown as StudioError,
  )

beforeEach(() => void fetched.splice(0))

describe('an engine of several wheels', () => {
  it('becomes one folder, with programs that may run, and progress over all of them', async () => {
    await attempt(fetchFromShelf())
    expect(await left()).toEqual([NAME])
    const target = join(home, 'engines', NAME)
    expect((await readdir(target, { recursive: true })).sort()).toEqual(
      ['cuda', 'cuda/bin', 'cuda/bin/ptxas', 'cuda/data.bc', 'engine.json', 'liba.so', 'libb.so'].map((name) => join(name)),
    )
    expect(await conditionOf(target)).toBe('installed')
    if (process.platform !== 'win32') {
      await access(join(target, 'cuda', 'bin', 'ptxas'), constants.X_OK)
      expect((await stat(join(target, 'cuda', 'data.bc'))).mode & 0o111).toBe(0)
    }
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(progress.at(-1)).toBe(source.wheels.reduce((sum, { bytes }) => sum + bytes, 0))
    await rm(join(target, 'cuda', 'data.bc'))
    expect(await conditionOf(target)).toBe('broken')
  })

  it('does not fetch again what was whole before it was cancelled, and shows nothing half done meanwhile', async () => {
    const abort = new AbortController()
    // In the middle of unpacking the last wheel: its first file is there by then.
    const stopping = { ...job(abort.signal), progress: () => void (existsSync(halfWay()) && abort.abort()) }
    const halfWay = () => {
      const working = readdirSync(join(home, 'engines')).find((name) => name.startsWith('.install-'))
      return join(home, 'engines', working ?? 'none', 'engine', 'cuda', 'bin', 'ptxas')
    }
    const error = await install(home, NAME, source, 'any', fetchFromShelf(), stopping).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'cancelled' })
    expect(await left()).toEqual([`.partial-${NAME}`])
    const kept = await readdir(join(home, 'engines', `.partial-${NAME}`), { recursive: true })
    expect(kept.filter((name) => /liba|libb|ptxas|data/.test(name)).sort()).toEqual(['liba.so', 'libb.so'])
    expect(await conditionOf(join(home, 'engines', NAME))).toBe('not-installed')
    expect(fetched).toEqual(['one', 'two', 'three'])
    fetched.splice(0)
    await attempt(fetchFromShelf())
    expect(fetched).toEqual(['three'])
    expect(await left()).toEqual([NAME])
    expect(await conditionOf(join(home, 'engines', NAME))).toBe('installed')
  })

  it('fetches again what was kept and is damaged, and only that', async () => {
    await failed(
      fetchFromShelf((name) => {
        if (name === 'three') throw new Error('no')
      }),
    )
    await writeFile(join(home, 'engines', `.partial-${NAME}`, 'libb.so'), 'short')
    fetched.splice(0)
    await attempt(fetchFromShelf())
    expect(fetched).toEqual(['two', 'three'])
    expect(await readFile(join(home, 'engines', NAME, 'libb.so'))).toEqual(Buffer.alloc(100_000, 'b'))
  })

  it('frees the disk of everything when the disk is full', async () => {
    const error = await failed(
      fetchFromShelf((name) => {
        if (name === 'two') throw Object.assign(new Error('write'), { code: 'ENOSPC' })
      }),
    )
    expect(error.code).toBe('disk-full')
    expect(await left()).toEqual([])
  })

  it('asks for room before it fetches anything', async () => {
    const huge = { ...source, wheels: [{ ...source.wheels[0]!, unpackedBytes: 1e18 }, ...source.wheels.slice(1)] }
    const error = await install(home, NAME, huge, 'any', fetchFromShelf(), job()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'disk-short' })
    expect((error as StudioError).message).toMatch(/tensorflow-gpu engine needs 1000000000\.\d GB .* and [\d.]+ [MG]B are free/)
    expect(fetched).toEqual([])
    expect(await left()).toEqual([])
  })
})

describe.skipIf(process.platform === 'win32')('what stands in the way', () => {
  /** The only programs that can be found. */
  async function programs(all: Record<string, string>): Promise<void> {
    const bin = join(folder, 'bin')
    await mkdir(bin, { recursive: true })
    for (const [name, script] of Object.entries(all)) {
      await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`)
      await chmod(join(bin, name), 0o755)
    }
    vi.stubEnv('PATH', bin)
  }

  it('is told when Python has no pip', async () => {
    await programs({ python3: '[ "$1" = --version ] && exit 0; echo "No module named pip" >&2; exit 1' })
    const error = await failed(fetchByPip)
    expect(error.code).toBe('engine-pip')
    expect(await left()).toEqual([])
  })

  it('is told when there is no Python', async () => {
    await programs({})
    expect((await failed(fetchByPip)).code).toBe('engine-python')
    expect(await left()).toEqual([])
  })

  it('is told when the studio’s folder is a file', async () => {
    await writeFile(home, '')
    const error = await failed(fetchFromShelf())
    expect(error).toMatchObject({ code: 'home-unwritable', details: { folder: home } })
  })

  it.skipIf(process.getuid?.() === 0)('is told when the studio’s folder may not be written to', async () => {
    await mkdir(home)
    await chmod(home, 0o500)
    const error = await failed(fetchFromShelf())
    await chmod(home, 0o700)
    expect(error).toMatchObject({ code: 'home-unwritable', details: { folder: home } })
  })

  it('is swept when the studio was killed in the middle', async () => {
    // A process of its own that has begun to write, and is killed there.
    const child = spawn(process.execPath, [
      '-e',
      `const { mkdirSync, writeFileSync } = require('node:fs')
       const working = ${JSON.stringify(join(home, 'engines'))} + '/.install-' + process.pid + '-0123abcd'
       mkdirSync(working + '/engine', { recursive: true })
       writeFileSync(working + '/engine/liba.so', 'half')
       console.log('written')
       setInterval(() => {}, 1000)`,
    ])
    await new Promise((resolve) => child.stdout.once('data', resolve))
    expect(await left()).toHaveLength(1)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    await attempt(fetchFromShelf())
    expect(await left()).toEqual([NAME])
  })
})

describe('the published packages', () => {
  it('of NVIDIA’s libraries lie flat in one folder, without two of one name', () => {
    const names = [...cuda, packages['linux-x64']![0]!.wheels[0]!].flatMap(({ files }) => Object.values(files))
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => name.includes('.so')).every((name) => !name.includes('/'))).toBe(true)
    expect(names).toContain('cuda/bin/ptxas')
  })

  it('are named by their whole hash', () => {
    for (const one of Object.values(packages).flat())
      for (const wheel of one.wheels) {
        expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/)
        expect(wheel.unpackedBytes).toBeGreaterThan(0)
      }
  })
})
