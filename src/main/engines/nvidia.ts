/** The NVIDIA GPUs of this computer and whether TensorFlow's CUDA wheels can use them. Needs the driver only, no CUDA. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Gpu {
  name: string
  memoryBytes: number | null
  driver: string
  /** Compute capability; null where only the kernel's own files could be asked. */
  capability: number | null
}

export type Fit = 'fits' | 'no-gpu' | 'driver-old' | 'gpu-unsupported'

/**
 * The lowest driver for CUDA 12.x on Linux (NVIDIA, "CUDA Toolkit Release Notes", minor version compatibility: CUDA 12.x >= 525.60.13;
 * TensorFlow's installation page names the same).
 */
const LEAST_DRIVER = '525.60.13'
/**
 * The wheel brings machine code for sm_60 to sm_89 and, for Hopper, intermediate code of CUDA 12.5 (`build_info.py`). Only a driver
 * of that release translates it (NVIDIA, "CUDA Compatibility": minor version compatibility does not cover PTX).
 */
const LEAST_DRIVER_FOR_HOPPER = '555.42.02'
const LEAST_CAPABILITY = 6
const HOPPER = 9
/** From Blackwell on, that intermediate code is refused: tensorflow/tensorflow issues 89272 and 99592, open for 2.20. */
const BLACKWELL = 10

const PROC = '/proc/driver/nvidia'
const ASK_MS = 10_000
const run = promisify(execFile)

/** One line a GPU: name, memory in MiB, driver, compute capability (missing with old drivers, which do not know the question). */
async function askTool(): Promise<Gpu[] | null> {
  const ask = async (fields: string) => {
    const asked = await run('nvidia-smi', [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'], { timeout: ASK_MS })
    return asked.stdout
  }
  const text = await ask('name,memory.total,driver_version,compute_cap')
    .catch(() => ask('name,memory.total,driver_version'))
    .catch(() => null)
  if (text === null) return null
  const rows = text.split('\n').map((line) => line.split(',').map((field) => field.trim()))
  return rows
    .filter(([, , driver]) => driver && isVersion(driver))
    .map(([name, memory, driver, capability]) => ({
      name: name!,
      memoryBytes: Number(memory) > 0 ? Number(memory) * 2 ** 20 : null,
      driver: driver!,
      capability: Number(capability) || null,
    }))
}

/** Without the tool: what the kernel module says of itself and its devices. */
async function askKernel(proc: string): Promise<Gpu[]> {
  const version = await readFile(join(proc, 'version'), 'utf8').catch(() => '')
  const driver = /Kernel Module.*?\s(\d+(?:\.\d+)+)\s/.exec(version)?.[1]
  if (!driver) return []
  const places = await readdir(join(proc, 'gpus')).catch(() => [])
  const texts = await Promise.all(
    places.map((place) => readFile(join(proc, 'gpus', place, 'information'), 'utf8').catch(() => '')),
  )
  const names = texts.map((text) => /^Model:\s*(.+)$/m.exec(text)?.[1]?.trim()).filter((name) => name !== undefined)
  return names.map((name) => ({ name, memoryBytes: null, driver, capability: null }))
}

/** Best first, as `fitOf` judges them. Empty where there is no NVIDIA GPU or no driver for it. */
export async function readGpus(proc = PROC): Promise<Gpu[]> {
  const gpus = (await askTool()) ?? (await askKernel(proc))
  return gpus.toSorted((a, b) => Number(fitOf(b).fit === 'fits') - Number(fitOf(a).fit === 'fits'))
}

const isVersion = (text: string) => /^\d+(\.\d+)*$/.test(text)

function atLeast(version: string, least: string): boolean {
  const [have, need] = [version, least].map((text) => text.split('.').map(Number)) as [number[], number[]]
  const place = need.findIndex((part, i) => (have[i] ?? 0) !== part)
  return place < 0 || (have[place] ?? 0) > need[place]!
}

/** Whether the CUDA wheels can use this GPU; `needed`: the driver that could. */
export function fitOf(gpu: Gpu | undefined): { fit: Fit; needed: string } {
  const capability = gpu?.capability ?? LEAST_CAPABILITY
  const needed = capability >= HOPPER ? LEAST_DRIVER_FOR_HOPPER : LEAST_DRIVER
  if (!gpu) return { fit: 'no-gpu', needed }
  if (capability < LEAST_CAPABILITY || capability >= BLACKWELL) return { fit: 'gpu-unsupported', needed }
  return { fit: atLeast(gpu.driver, needed) ? 'fits' : 'driver-old', needed }
}
