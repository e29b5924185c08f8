/**
 * Our side of the benchmark: one row of `bench/table.json` on one engine in one process.
 *
 *     side.js ROW ENGINE LIBRARY THREADS eager|compiled|MODE
 *
 * Prints a line of facts, then answers `steps N`, `peak N` and `profile N` on stdin, each with a line of JSON.
 */
import { createInterface } from 'node:readline'
import type { Tensor } from '@tensorflow/tfjs-core'
import { eagerly, type CompiledStep, type Mode, type Step } from '../../src/engines/engine'
import { engines } from '../../src/engines/index'
import { parameterCount, type Weights } from '../../src/nn/module'
import { dispose, makeVariable, matMul, memory, tensor, tidy } from '../../src/nn/ops'
import { fillUniform, initialValues } from '../../src/nn/random'
import table from '../table.json'
import { gan } from './gan'
import { likelihood, sampling } from './language'
import { profiled } from './profile'
import { rollouts } from './rollouts'
import type { Row } from './row'
import { vae } from './vae'
import { vaeGan } from './vae-gan'

const READ_EVERY = 10

const [name, engineId, library, threads, mode] = process.argv.slice(2) as [string, string, string, string, string]

/** Rows by the kind that the table gives them. */
const kinds: Record<string, (row: never) => Row> = { gan, vae, 'vae-gan': vaeGan, likelihood, sampling, rollouts }

const engine = await engines[engineId]!()
const facts = await engine.start({ library: library || undefined, threads: Number(threads) })
const entry = table[name as keyof typeof table]
const row = kinds[entry.kind]!(entry as never)
const weights: Record<string, Weights> = {}
for (const [network, { parameters }] of Object.entries(row.networks))
  weights[network] = Object.fromEntries(
    parameters.map((one) => [one.name, makeVariable(initialValues(one, 1, network), one.shape)]),
  )

const phases = row.phases(weights)
/** All phases in turn, as the loop runs those that ask the host nothing in between. */
const whole: Step = (all) =>
  tidy(() => {
    const parts = phases.map(({ step }, i) => {
      const own = Object.entries(all).filter(([name]) => name.startsWith(`${i}/`))
      return step(Object.fromEntries(own.map(([name, input]) => [name.slice(`${i}/`.length), input])))
    })
    return Object.assign({}, ...parts) as Record<string, Tensor>
  })
const inputsOf = (step: number): Record<string, Tensor> =>
  Object.fromEntries(
    phases.flatMap(({ inputs }, i) => Object.entries(inputs(step)).map(([name, input]) => [`${i}/${name}`, input])),
  )
const compiled: CompiledStep =
  mode === 'eager' ? eagerly(whole) : engine.compile(whole, mode === 'compiled' ? undefined : (mode as Mode))

let done = 0
/** Trains for `count` steps as a run does: inputs from the host, every phase, losses read now and then. */
function steps(count: number) {
  const times: number[] = []
  const losses: Record<string, number> = {}
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    const given = inputsOf(done++)
    const parts = compiled.run(given)
    if (done % READ_EVERY === 0) for (const [part, value] of Object.entries(parts)) losses[part] = value.dataSync()[0]!
    dispose(given)
    dispose(parts)
    times.push(performance.now() - start)
  }
  return {
    times,
    losses,
    modes: [compiled.mode],
    compileSeconds: compiled.seconds,
    tensors: memory().numTensors,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  }
}

/** GFLOP/s of a square matrix product, by run. */
function peak(count: number): { rates: number[] } {
  const side = 2048
  const square = (stream: string): Tensor => tensor(fillUniform(new Float32Array(side * side), 1, stream, 0), [side, side])
  return tidy(() => {
    const [a, b] = [square('a'), square('b')]
    const rates = Array.from({ length: count }, () => {
      const start = performance.now()
      matMul(a, b).dispose()
      return (2 * side ** 3) / (performance.now() - start) / 1e6
    })
    return { rates }
  })
}

function answer(what: string, count: number): object {
  if (what === 'peak') return peak(count)
  if (what === 'profile') return { kernels: profiled(() => steps(count)).map(([k, ms, calls]) => [k, ms / count, calls / count]) }
  return steps(count)
}

const reply = (value: object): void => console.log(JSON.stringify(value))
const parameters = Object.fromEntries(Object.entries(row.networks).map(([network, one]) => [network, parameterCount(one)]))
reply({ facts, parameters })
for await (const line of createInterface({ input: process.stdin })) {
  const [what, count] = line.split(' ') as [string, string]
  reply(answer(what, Number(count)))
}
