import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { environmentOf } from '../../../../src/main/engines/environment'
import { fitOf, readGpus, type Gpu } from '../../../../src/main/engines/nvidia'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'nvidia-'))))
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

/** Stands in for the driver's own tool. */
async function fakeTool(script: string): Promise<void> {
  await writeFile(join(folder, 'nvidia-smi'), `#!/bin/sh\n${script}\n`)
  await chmod(join(folder, 'nvidia-smi'), 0o755)
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`)
}

const nowhere = () => join(folder, 'no-proc')

describe.skipIf(process.platform === 'win32')('NVIDIA GPUs', () => {
  it('are read from the driver’s tool, the usable one first', async () => {
    await fakeTool('echo "NVIDIA GeForce GT 730, 2002, 550.54.14, 3.5"; echo "NVIDIA GeForce RTX 3090, 24576, 550.54.14, 8.6"')
    const gpus = await readGpus(nowhere())
    expect(gpus.map(({ name }) => name)).toEqual(['NVIDIA GeForce RTX 3090', 'NVIDIA GeForce GT 730'])
    expect(gpus[0]).toEqual({
      name: 'NVIDIA GeForce RTX 3090',
      memoryBytes: 24576 * 2 ** 20,
      driver: '550.54.14',
      capability: 8.6,
    })
  })

  it('are read from tools that do not know every question', async () => {
    await fakeTool('case "$1" in *compute_cap*) echo "Field is not valid" >&2; exit 2;; esac; echo "Tesla K80, 11441, 470.82.01"')
    expect(await readGpus(nowhere())).toEqual([
      { name: 'Tesla K80', memoryBytes: 11441 * 2 ** 20, driver: '470.82.01', capability: null },
    ])
  })

  it('are none where the tool fails or speaks of something else', async () => {
    await fakeTool('echo "NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver"; exit 9')
    expect(await readGpus(nowhere())).toEqual([])
    await fakeTool('echo "No devices were found"')
    expect(await readGpus(nowhere())).toEqual([])
  })

  it.each([
    ['NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC 2023', '535.129.03'],
    ['NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  555.42.02  Release Build  (x)', '555.42.02'],
  ])('are read from the kernel where there is no tool: %s', async (version, driver) => {
    vi.stubEnv('PATH', folder)
    await mkdir(join(folder, 'proc', 'gpus', '0000:01:00.0'), { recursive: true })
    await writeFile(join(folder, 'proc', 'version'), `${version}\nGCC version:  gcc version 12.2.0\n`)
    await writeFile(
      join(folder, 'proc', 'gpus', '0000:01:00.0', 'information'),
      'Model: \t\t NVIDIA GeForce RTX 3060\nIRQ:   \t\t 152\n',
    )
    expect(await readGpus(join(folder, 'proc'))).toEqual([
      { name: 'NVIDIA GeForce RTX 3060', memoryBytes: null, driver, capability: null },
    ])
  })
})

describe('TensorFlow’s CUDA libraries', () => {
  const gpu = (driver: string, capability: number | null): Gpu => ({ name: 'G', memoryBytes: 8e9, driver, capability })
  it.each([
    [undefined, 'no-gpu'],
    [gpu('525.60.13', 8.6), 'fits'],
    [gpu('525.60.12', 8.6), 'driver-old'],
    [gpu('525.9', 8.6), 'driver-old'],
    [gpu('470.82.01', null), 'driver-old'],
    [gpu('580.65.06', null), 'fits'],
    [gpu('550.54.14', 9), 'driver-old'],
    [gpu('555.42.02', 9), 'fits'],
    [gpu('580.65.06', 12), 'gpu-unsupported'],
    [gpu('550.54.14', 5.2), 'gpu-unsupported'],
  ] as const)('%j: %s', (one, fit) => expect(fitOf(one).fit).toBe(fit))

  it('are found through the environment, and only where there are any', async () => {
    vi.stubEnv('LD_LIBRARY_PATH', '/opt/own')
    const library = join(folder, 'with blank', 'engine')
    expect(environmentOf({ id: 'wasm', threads: 2 })).toEqual({})
    expect(environmentOf({ id: 'tensorflow', threads: 2, library })).toEqual({})
    await mkdir(join(library, 'cuda'), { recursive: true })
    expect(environmentOf({ id: 'tensorflow', threads: 2, library })).toEqual({
      LD_LIBRARY_PATH: `${library}:/opt/own`,
      XLA_FLAGS: `--xla_gpu_cuda_data_dir="${join(library, 'cuda')}"`,
    })
  })
})
