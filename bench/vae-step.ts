/**
 * One engine's side of `vae-engines.mjs`: trains the recipe `vae` on made-up pictures and says how long each step took.
 * Reads `steps N` or `profile N` from stdin, answers with a line of JSON.
 */
import { createInterface } from 'node:readline'
import * as tf from '@tensorflow/tfjs-core'
import { TrainingSettings } from '../src/contract/nouns'
import { engines } from '../src/engines/index'
import { lossGradients, makeVariable } from '../src/nn/ops'
import { createOptimizer } from '../src/nn/optimizers'
import { drawNoise, fillUniform, initialValues } from '../src/nn/random'
import { recipeById } from '../src/recipes/index'
import { resolveSettings } from '../src/recipes/settings'

const [id = 'wasm', library, threads = '2', size = '64', batch = '64'] = process.argv.slice(2)
const data = { height: Number(size), width: Number(size), channels: 3, items: 2000 }
const batchSize = Number(batch)

const engine = await engines[id]!()
const facts = await engine.start({ library: library || undefined, threads: Number(threads) })
const recipe = recipeById('vae')
const built = recipe.build(resolveSettings(recipe, {}, data), data)
const phase = built.stages[0]!.phases[0]!

const weights = Object.fromEntries(
  Object.entries(built.networks).map(([network, { parameters }]) => [
    network,
    Object.fromEntries(parameters.map((one) => [one.name, makeVariable(initialValues(one, 1, network), one.shape)])),
  ]),
)
const flat = Object.fromEntries(
  phase.trains.flatMap((network) => Object.entries(weights[network]!).map(([name, weight]) => [`${network}/${name}`, weight])),
)
const optimizer = createOptimizer(TrainingSettings.parse({}), flat)
const batches = [0, 1, 2, 3].map((i) =>
  fillUniform(new Float32Array(batchSize * data.height * data.width * data.channels), 1, 'x', i),
)

/** A whole training step as a run does it: batch and noise in, gradients, optimiser, losses read back. */
function step(index: number): Record<string, number> {
  return tf.tidy(() => {
    const x = tf.tensor4d(batches[index % batches.length]!, [batchSize, data.height, data.width, data.channels])
    const noise = Object.fromEntries(
      Object.entries(phase.noise!(batchSize)).map(([name, spec]) => [
        name,
        tf.tensor(drawNoise(spec, 1, name, index), spec.shape),
      ]),
    )
    const schedule = Object.fromEntries(Object.entries(phase.schedule!(index)).map(([name, value]) => [name, tf.scalar(value)]))
    const { parts, grads } = lossGradients(() => phase.loss({ weights, x, noise, schedule }), flat)
    optimizer.apply(grads)
    return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.dataSync()[0]!]))
  })
}

let done = 0
function steps(count: number) {
  const times: number[] = []
  const before = process.cpuUsage()
  let losses: Record<string, number> = {}
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    losses = step(done++)
    times.push(performance.now() - start)
  }
  const { user, system } = process.cpuUsage(before)
  const cpu = { user: user / 1000 / count, system: system / 1000 / count }
  return { times, cpu, losses, tensors: tf.memory().numTensors, rss: process.memoryUsage.rss() }
}

/** Milliseconds a step by kernel, measured around each kernel's function. */
function profile(count: number): { kernels: [string, number, number][] } {
  const spent = new Map<string, { ms: number; calls: number }>()
  const backend = tf.getBackend()
  const originals = tf.getKernelsForBackend(backend)
  for (const kernel of originals) {
    tf.unregisterKernel(kernel.kernelName, backend)
    tf.registerKernel({
      ...kernel,
      kernelFunc: (args) => {
        const start = performance.now()
        const result = kernel.kernelFunc(args)
        const shapes = Object.values(args.inputs ?? {}).map((one) => `[${(one as tf.TensorInfo | undefined)?.shape ?? ''}]`)
        const key = process.env.SHAPES ? `${kernel.kernelName} ${shapes.join(' ')}` : kernel.kernelName
        const entry = spent.get(key) ?? { ms: 0, calls: 0 }
        spent.set(key, { ms: entry.ms + performance.now() - start, calls: entry.calls + 1 })
        return result
      },
    })
  }
  steps(count)
  for (const kernel of originals) {
    tf.unregisterKernel(kernel.kernelName, backend)
    tf.registerKernel(kernel)
  }
  const kernels = [...spent].map(([name, { ms, calls }]): [string, number, number] => [name, ms / count, calls / count])
  return { kernels: kernels.sort((a, b) => b[1] - a[1]) }
}

console.log(JSON.stringify({ facts }))
for await (const line of createInterface({ input: process.stdin })) {
  const [what, count] = line.split(' ')
  console.log(JSON.stringify(what === 'profile' ? profile(Number(count)) : steps(Number(count))))
}
