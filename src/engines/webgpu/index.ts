/** The computer's graphics device through WebGPU: no driver package of its own, on every system. Eager. */
import * as tf from '@tensorflow/tfjs-core'
import { eagerly, type Engine } from '../engine'
import { registerGradients } from '../gradients'
import { Backend } from './backend'
import { openDevice, type OpenDevice } from './device'
import { registerKernels } from './kernels/index'

let started: Promise<OpenDevice> | undefined

async function start(): Promise<OpenDevice> {
  registerGradients()
  // Else what is small is computed by the host until it has once been on the device: a resumed run would round otherwise.
  tf.env().set('WEBGPU_CPU_FORWARD', false)
  const open = await openDevice()
  tf.registerBackend('webgpu', () => withNavigator(open.gpu, () => new Backend(open.device, open.info)))
  registerKernels()
  return open
}

/** tfjs asks a browser's `navigator` whether there is WebGPU, in its constructor. Left there it would keep the process alive. */
function withNavigator<T>(gpu: GPU, make: () => T): T {
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true })
  try {
    return make()
  } finally {
    Reflect.deleteProperty(navigator, 'gpu')
  }
}

/** Of our own kernels: raised whenever one's arithmetic changes, so that a run from before is not called exact. */
const KERNELS = '1'

export const webgpu: Engine = {
  id: 'webgpu',
  async start() {
    started ??= start()
    const { info, interface: name, version } = await started
    if (!(await tf.setBackend('webgpu'))) throw new Error('WebGPU did not start')
    return {
      id: 'webgpu',
      version: tf.version_core,
      device: [info.vendor, info.architecture, info.description].filter(Boolean).join(', '),
      threads: 1,
      flags: {
        interface: name,
        dawn: version,
        kernels: KERNELS,
        // A driver that computes on the processor is for tests: slower than every other engine.
        adapter: info.isFallbackAdapter ? 'software' : 'hardware',
        mode: 'eager',
      },
    }
  },
  async about() {
    const { info } = await started!
    return { memoryBytes: null, driver: info.description || null }
  },
  compiles: false,
  compile: eagerly,
}
