/** The engines the trainer can start, by id. Loaded on demand: each brings a large library. */
import type { Engine } from './engine'

export const engines: Record<string, () => Promise<Engine>> = {
  tensorflow: async () => (await import('./tensorflow/index')).tensorflow,
  webgpu: async () => (await import('./webgpu/index')).webgpu,
  wasm: async () => (await import('./wasm/index')).wasm,
}
