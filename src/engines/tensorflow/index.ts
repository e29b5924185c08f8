/** TensorFlow's official C library as an engine: op by op as tfjs calls it, and whole steps as one function. */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { eagerly, type Engine, type Facts } from '../engine'
import { registerGradients } from '../gradients'
import { createBinding, type Binding } from './binding'
import { captured } from './capture'
import { registerBackend } from './kernels'
import { openLibrary } from './library'

let open: { binding: Binding; library: string; threads: number } | undefined

/** The widest instruction set that TensorFlow and oneDNN choose kernels by; results differ in the last bits between them. */
function instructionSet(): string {
  if (process.arch !== 'x64') return process.arch
  const found = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? []
  return (
    ['amx_tile', 'avx512_bf16', 'avx512_vnni', 'avx512f', 'avx2', 'avx', 'sse4_2'].find((flag) => found.includes(flag)) ?? 'x64'
  )
}

export const tensorflow: Engine = {
  id: 'tensorflow',
  async start({ library, threads }) {
    if (!library) throw new Error('the folder of the TensorFlow library was not given')
    if (open && (open.library !== library || open.threads !== threads))
      throw new Error('TensorFlow runs already, with other settings')
    if (!open) {
      registerGradients()
      const binding = createBinding(openLibrary(library), threads)
      registerBackend(binding)
      open = { binding, library, threads }
    }
    if (!(await tf.setBackend('tensorflow'))) throw new Error('the TensorFlow backend did not start')
    return {
      id: 'tensorflow',
      version: open.binding.TF_Version,
      device: open.binding.device,
      threads,
      flags: { oneDNN: process.env.TF_ENABLE_ONEDNN_OPTS ?? 'default', isa: instructionSet(), mode: 'captured' },
    } satisfies Facts
  },
  compiles: true,
  compile: (step, mode) => (mode === 'eager' ? eagerly(step) : captured(step, mode, open!.binding)),
}
