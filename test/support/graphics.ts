/** A driver for WebGPU on machines without a graphics device: the one that Chromium brings, which computes on the processor. */
import { existsSync } from 'node:fs'

const FOLDERS = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome']
const DEVICES = ['/dev/dri', '/dev/nvidia0', '/dev/dxg']

/** The environment that names it; empty where there is a real device, or another driver was chosen. */
export function graphicsEnvironment(): Record<string, string> {
  if (process.platform !== 'linux' || process.env.VK_DRIVER_FILES || DEVICES.some((path) => existsSync(path))) return {}
  const driver = FOLDERS.map((folder) => `${folder}/vk_swiftshader_icd.json`).find((path) => existsSync(path))
  // The second name is for loaders from before 2022.
  return driver ? { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver } : {}
}
