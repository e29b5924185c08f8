/** What a process needs around it for an engine's libraries to find each other. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineChoice } from '../../contract/trainer'

/**
 * TensorFlow asks the system's loader for NVIDIA's libraries by name, and XLA looks for its assembler in a folder of its own; the
 * loader reads its search path once, when a process starts. Empty for engines without CUDA.
 */
export function environmentOf(engine: EngineChoice): NodeJS.ProcessEnv {
  const cuda = join(engine.library ?? '', 'cuda')
  if (!engine.library || !existsSync(cuda)) return {}
  const path = [engine.library, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':')
  // XLA splits its flags at blanks unless they are quoted.
  return { LD_LIBRARY_PATH: path, XLA_FLAGS: `--xla_gpu_cuda_data_dir="${cuda}"` }
}
