/** `doctor`, `engine list` and `engine install`, as a person or a script meets them. */
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EngineState } from '../../../src/contract/engines'
import { ensureEngine } from '../../../src/main/hosts/cli/commands/engines'
import { main } from '../../../src/main/hosts/cli/main'
import type { Session } from '../../../src/main/hosts/cli/session'

let folder: string
let out: string
let err: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-engines-'))
  await mkdir(join(folder, 'bin'))
  vi.stubEnv('LATENT_STUDIO_HOME', join(folder, 'studio'))
  // No Python, no driver's tool.
  vi.stubEnv('PATH', join(folder, 'bin'))
  out = ''
  err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const last = () => JSON.parse(out.trimEnd().split('\n').at(-1)!) as Record<string, unknown>

async function fakeTool(line: string): Promise<void> {
  await writeFile(join(folder, 'bin', 'nvidia-smi'), `#!/bin/sh\necho "${line}"\n`)
  await chmod(join(folder, 'bin', 'nvidia-smi'), 0o755)
}

describe.skipIf(`${process.platform}-${process.arch}` !== 'linux-x64')('doctor', () => {
  it('tells the machine, each engine with its device, and how to get what is missing', async () => {
    await fakeTool('NVIDIA GeForce RTX 3090, 24576, 550.54.14, 8.6')
    expect(await main(['doctor', '--json'])).toBe(0)
    const { machine, engines, engine, missing } = last() as Record<string, never> & { engines: Record<string, unknown>[] }
    expect(machine).toMatchObject({
      cores: expect.any(Number) as number,
      memoryBytes: expect.any(Number) as number,
      instructionSet: expect.stringMatching(/^(amx|avx|sse|x64)/) as string,
    })
    expect(engine).toBe('wasm')
    expect(engines.find(({ id }) => id === 'tensorflow-gpu')).toMatchObject({
      ready: false,
      device: 'NVIDIA GeForce RTX 3090',
      memory: 24576 * 2 ** 20,
      driver: '550.54.14',
      installable: true,
      untried: true,
    })
    expect(missing).toMatchObject([
      { engine: 'tensorflow-gpu', command: 'latent engine install tensorflow-gpu', downloadBytes: 2_442_480_323 },
      { engine: 'tensorflow', command: 'latent engine install tensorflow' },
    ])
  })

  it('is readable, and says what stands in the way', async () => {
    await fakeTool('NVIDIA GeForce RTX 3090, 24576, 470.82.01, 8.6')
    expect(await main(['doctor'])).toBe(0)
    expect(out).toMatch(/^\d+ processors \((amx|avx|sse|x64)/m)
    expect(out).toContain(
      'tensorflow-gpu (NVIDIA GeForce RTX 3090, 25.8 GB, driver 470.82.01): The NVIDIA driver 470.82.01 is too old for it: it needs 525.60.13 or newer.',
    )
    expect(out).toContain('Not yet tried on this kind of GPU.')
    expect(out).toContain('there is no Python on this computer')
    expect(out).toContain('Training uses the wasm engine.')
    expect(out).not.toContain('latent engine install tensorflow-gpu')
  })
})

describe('engine install', () => {
  it.skipIf(process.platform === 'win32')('says the size first, and fails with one sentence, what to do, and 1', async () => {
    expect(await main(['engine', 'install', 'tensorflow', '--json'])).toBe(1)
    expect(err).toMatch(/Getting the tensorflow engine: [\d.]+ MB to download/)
    expect(last().error).toMatchObject({ code: 'engine-python', hint: expect.stringContaining('Install Python 3') as string })
    expect(await readdir(join(folder, 'studio', 'engines'))).toEqual([])
  })

  it('names the folder that cannot be written to', async () => {
    await writeFile(join(folder, 'studio'), '')
    expect(await main(['engine', 'install', 'tensorflow', '--json'])).toBe(1)
    expect(last().error).toMatchObject({
      code: 'home-unwritable',
      message: expect.stringContaining(join(folder, 'studio')) as string,
    })
  })
})

describe('train --engine', () => {
  const state = (change: Partial<EngineState>): EngineState => ({
    id: 'tensorflow-gpu',
    title: 'TensorFlow for NVIDIA GPUs',
    ready: false,
    installable: false,
    installing: false,
    downloadBytes: 2.4e9,
    version: '1',
    device: 'GPU',
    memoryBytes: null,
    driver: null,
    untried: true,
    why: 'Too old.',
    reason: 'driver-old',
    details: {},
    ...change,
  })
  function session(one: EngineState) {
    const [notes, installed]: [string[], string[]] = [[], []]
    const engines = {
      list: async () => [one],
      install: async ({ engine }: { engine: string }) => (installed.push(engine), { job: 'j' }),
    }
    const made = {
      client: { engines },
      progress: { note: (line: string) => notes.push(line) },
      job: async () => state({ ready: true, reason: 'installed' }),
    } as unknown as Session
    return { made, notes, installed }
  }

  it('computes with another engine, and says why, where the GPU cannot be used', async () => {
    const { made, notes, installed } = session(state({}))
    expect(await ensureEngine(made, 'tensorflow-gpu')).toBeUndefined()
    expect(notes).toEqual(['TensorFlow for NVIDIA GPUs: Too old. Another one is used.'])
    expect(installed).toEqual([])
  })

  it('fetches what is missing, its size told first', async () => {
    const { made, notes, installed } = session(state({ installable: true, reason: 'not-installed' }))
    expect(await ensureEngine(made, 'tensorflow-gpu')).toBe('tensorflow-gpu')
    expect(notes).toEqual(['Getting the tensorflow-gpu engine: 2.4 GB to download …'])
    expect(installed).toEqual(['tensorflow-gpu'])
  })

  it('knows only the engines there are', async () => {
    await expect(ensureEngine(session(state({})).made, 'abacus')).rejects.toMatchObject({ code: 'engine-unknown' })
  })
})
