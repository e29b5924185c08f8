/** Which engine computes, on computers of several kinds. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEngines, type Engines, type EnginesOptions } from '../../../../src/main/engines'
import type { Trial } from '../../../../src/main/engines/checks'
import { engineOfFacts } from '../../../../src/main/engines/facts'
import type { Gpu } from '../../../../src/main/engines/nvidia'
import { createJobs, type Jobs } from '../../../../src/main/jobs'
import { makeWheel } from './support'

let folder: string
let home: string
let jobs: Jobs
let made: Engines[] = []
/** Engines that were started to see whether they do. */
let tried: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'choice-'))
  home = join(folder, 'home')
  await mkdir(home)
  jobs = createJobs()
  tried = []
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await jobs.close()
  for (const engines of made) await engines.close()
  made = []
  await rm(folder, { recursive: true, force: true })
})

const rtx: Gpu = { name: 'NVIDIA RTX', memoryBytes: 24e9, driver: '550.54.14', capability: 8.6 }
const started = (id: string, device: string, flags: Record<string, string> = {}): Trial => ({
  probe: { facts: { id, version: '1', device, threads: 1, flags }, memoryBytes: 8e9, driver: 'Driver 1.2' },
  failure: null,
})
const refused = (failure: string): Trial => ({ probe: null, failure })

const ENGINES = ['tensorflow-gpu', 'tensorflow']

/** A computer: `webgpu` and `cuda` are what starting those comes to. */
async function computer(world: {
  gpus?: Gpu[]
  webgpu?: Trial
  cuda?: Trial
  system?: NodeJS.Platform
  tensorflow?: boolean
  wait?: Promise<void>
}): Promise<Engines> {
  const file = join(folder, 'fake_engine-1.0-cp311-cp311-any_x1.whl')
  const wheel = await makeWheel(file)
  const options: EnginesOptions = {
    home,
    jobs,
    packages: ENGINES.filter((id) => world.system !== 'win32' && (id === 'tensorflow' || world.system !== 'darwin')).map(
      (id) => ({
        id,
        version: '1.0',
        wheels: [wheel],
      }),
    ),
    gpus: async () => world.gpus ?? [],
    fetch: async () => file,
    system: world.system ?? 'linux',
    attempt: async ({ id, library }) => {
      tried.push(library?.includes('gpu') ? 'tensorflow-gpu' : id)
      await world.wait
      return (library ? world.cuda : world.webgpu) ?? refused('nothing')
    },
  }
  const engines = createEngines(options)
  made.push(engines)
  if (world.tensorflow) await jobs.result((await engines.install({ engine: 'tensorflow' })).job)
  return engines
}
const fetchGpu = async (engines: Engines) => await jobs.result((await engines.install({ engine: 'tensorflow-gpu' })).job)
const stateOf = async (engines: Engines, id: string) =>
  (await engines.list({ check: 'known' })).find((engine) => engine.id === id)!

describe('the engine for NVIDIA GPUs', () => {
  it('is offered with its size, and chosen once it has found the GPU', async () => {
    const engines = await computer({ gpus: [rtx], cuda: started('tensorflow', 'GPU:0'), tensorflow: true })
    expect(await stateOf(engines, 'tensorflow-gpu')).toMatchObject({
      ready: false,
      installable: true,
      reason: 'not-installed',
      device: 'NVIDIA RTX',
      memoryBytes: 24e9,
      driver: '550.54.14',
      untried: true,
    })
    expect((await engines.choose()).library).not.toContain('gpu')
    expect(await fetchGpu(engines)).toMatchObject({ ready: true, reason: 'installed' })
    const choice = await engines.choose()
    expect(choice).toMatchObject({ id: 'tensorflow' })
    expect(choice.library).toContain('tensorflow-gpu-1.0')
    expect((await engines.list())[0]!.why).toContain('Not yet tried on this kind of GPU')
  })

  it.each([
    ['none', [], 'no-gpu', /No NVIDIA GPU/],
    ['an old driver', [{ ...rtx, driver: '470.82.01' }], 'driver-old', /470\.82\.01 is too old .* 525\.60\.13 or newer/],
    ['another kind', [{ ...rtx, capability: 12 }], 'gpu-unsupported', /NVIDIA RTX/],
  ] as const)('is neither offered nor chosen with %s, even when it is on the disk', async (_, gpus, reason, why) => {
    const engines = await computer({ gpus: [...gpus], cuda: started('tensorflow', 'GPU:0'), tensorflow: true })
    expect(await fetchGpu(engines)).toMatchObject({ ready: false, installable: false, reason })
    expect((await engines.choose()).library).not.toContain('gpu')
    await expect(engines.choose('tensorflow-gpu')).rejects.toMatchObject({
      code: 'engine-unusable',
      message: expect.stringMatching(why) as string,
    })
    expect(tried).toEqual([])
  })

  it('is not chosen when TensorFlow does not find the GPU after all', async () => {
    const engines = await computer({ gpus: [rtx], cuda: started('tensorflow', 'CPU'), tensorflow: true })
    expect(await fetchGpu(engines)).toMatchObject({ ready: false, reason: 'failed' })
    expect((await engines.choose()).library).not.toContain('gpu')
  })
})

describe('WebGPU', () => {
  const real = started('webgpu', 'apple, metal-3', { adapter: 'hardware' })

  it.each(['win32', 'darwin'] as const)('is the fast engine on %s', async (system) => {
    const engines = await computer({ system, webgpu: real, tensorflow: system === 'darwin' })
    expect((await engines.choose()).id).toBe('webgpu')
    expect((await engines.list())[0]).toMatchObject({
      id: 'webgpu',
      reason: 'works',
      device: 'apple, metal-3',
      memoryBytes: 8e9,
      driver: 'Driver 1.2',
      untried: true,
    })
  })

  it('comes after TensorFlow on Linux, where nothing waits for a first trial of it', async () => {
    const engines = await computer({ webgpu: real })
    expect((await engines.choose()).id).toBe('wasm')
    expect(tried).toEqual([])
    expect((await engines.choose('webgpu')).id).toBe('webgpu')
    expect((await engines.choose()).id).toBe('webgpu')
    expect(tried).toEqual(['webgpu'])
  })

  it.each([
    ['what the driver says', started('webgpu', 'mesa', { adapter: 'software' })],
    ['its name', started('webgpu', 'mesa, llvmpipe (LLVM 15, 256 bits)', { adapter: 'hardware' })],
  ])('is never chosen by itself in software, known by %s', async (_, webgpu) => {
    const engines = await computer({ system: 'win32', webgpu })
    expect((await engines.choose()).id).toBe('wasm')
    expect((await engines.choose('webgpu')).id).toBe('webgpu')
    const states = await engines.list()
    expect(states.map(({ id }) => id)).toEqual(['tensorflow', 'wasm', 'webgpu'])
    expect(states[2]).toMatchObject({ ready: true, reason: 'software', untried: false })
  })

  it('says why it does not start', async () => {
    const engines = await computer({ system: 'win32', webgpu: refused('no adapter') })
    await expect(engines.choose('webgpu')).rejects.toMatchObject({ code: 'engine-unusable' })
    expect((await stateOf(engines, 'webgpu')).why).toContain('no adapter')
  })

  it('is tried once, in the background, and again only when asked or when the computer has changed', async () => {
    const gate = Promise.withResolvers<void>()
    const engines = await computer({ system: 'win32', webgpu: real, wait: gate.promise })
    expect((await engines.list())[0]).toMatchObject({ id: 'webgpu', ready: false, reason: 'checking' })
    await engines.list()
    gate.resolve()
    expect((await engines.choose()).id).toBe('webgpu')
    const later = await computer({ system: 'win32', webgpu: refused('gone') })
    expect((await later.choose()).id).toBe('webgpu')
    expect(tried).toEqual(['webgpu'])
    expect((await later.list({ check: 'afresh' }))[0]).toMatchObject({ reason: 'failed' })
    expect((await later.choose()).id).toBe('wasm')
    expect(tried).toEqual(['webgpu', 'webgpu'])
  })

  it('is tried again when what was remembered is damaged', async () => {
    await writeFile(join(home, 'engine-checks.json'), '{"webgpu":')
    const engines = await computer({ system: 'win32', webgpu: real })
    expect((await engines.choose()).id).toBe('webgpu')
  })
})

it.skipIf(process.platform === 'win32')('who asks what is missing hears of Python before anything is fetched', async () => {
  const engines = await computer({})
  vi.stubEnv('PATH', join(folder, 'empty'))
  const [, tensorflow] = await engines.list({ check: 'afresh' })
  expect(tensorflow).toMatchObject({ id: 'tensorflow', installable: true })
  expect(tensorflow!.why).toMatch(/Not installed yet.*Python 3 with pip is needed; there is no Python/)
})

it('a run goes on with the engine that computed it', () => {
  expect(engineOfFacts({ id: 'tensorflow', device: 'CPU' })).toBe('tensorflow')
  expect(engineOfFacts({ id: 'tensorflow', device: 'GPU:0' })).toBe('tensorflow-gpu')
  expect(engineOfFacts({ id: 'webgpu', device: 'apple' })).toBe('webgpu')
})
