/** Where an eager step's time goes. */
import * as tf from '@tensorflow/tfjs-core'

/** Milliseconds and calls by kernel and shapes of its inputs while `work` runs, measured around each kernel's function. */
export function profiled(work: () => void): [kernel: string, ms: number, calls: number][] {
  const spent = new Map<string, { ms: number; calls: number }>()
  const backend = tf.getBackend()
  const originals = tf.getKernelsForBackend(backend)
  const replace = (kernel: tf.KernelConfig) => {
    tf.unregisterKernel(kernel.kernelName, backend)
    tf.registerKernel(kernel)
  }
  for (const kernel of originals) {
    replace({
      ...kernel,
      kernelFunc: (args) => {
        const start = performance.now()
        const result = kernel.kernelFunc(args)
        const shapes = Object.values(args.inputs ?? {}).map((one) => `[${(one as tf.TensorInfo | undefined)?.shape ?? ''}]`)
        const key = `${kernel.kernelName} ${shapes.join(' ')}`
        const entry = spent.get(key) ?? { ms: 0, calls: 0 }
        spent.set(key, { ms: entry.ms + performance.now() - start, calls: entry.calls + 1 })
        return result
      },
    })
  }
  try {
    work()
  } finally {
    originals.forEach(replace)
  }
  return [...spent].map(([kernel, { ms, calls }]): [string, number, number] => [kernel, ms, calls]).sort((a, b) => b[1] - a[1])
}
