/** The graphics device, through Dawn: the same WebGPU as in a browser, on the system's own interface. */
import { createRequire } from 'node:module'
import { create, globals } from 'webgpu'

/** Dawn would also try the interfaces that no training should run on; results differ between them. */
const INTERFACES: Partial<Record<NodeJS.Platform, string>> = { linux: 'vulkan', darwin: 'metal', win32: 'd3d12' }

/** Devices have more than WebGPU promises; what is not asked for is not given. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupsPerDimension',
] as const

export interface OpenDevice {
  gpu: GPU
  device: GPUDevice
  info: GPUAdapterInfo
  interface: string
  /** Dawn's package. */
  version: string
}

/** Throws a plain `Error` where there is no device that WebGPU can use. */
export async function openDevice(): Promise<OpenDevice> {
  const name = INTERFACES[process.platform]
  if (!name) throw new Error(`WebGPU does not run on ${process.platform}`)
  Object.assign(globalThis, globals)
  const gpu = create([`backend=${name}`])
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) throw new Error(`no graphics device with a working ${name} driver was found`)
  const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]))
  const device = await adapter.requestDevice({ requiredLimits })
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version: string }
  return { gpu, device, info: adapter.info, interface: name, version }
}
