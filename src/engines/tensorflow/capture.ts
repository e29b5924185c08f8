/**
 * The captured step: its code runs once, as a trace, and becomes one function of the library with its state as inputs and
 * outputs. A call is then one op, and the library schedules, fuses and frees as it likes (design §6).
 */
import * as tf from '@tensorflow/tfjs-core'
import type { Tensor, Variable } from '@tensorflow/tfjs-core'
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend'
import type { CompiledStep, Mode, Step } from '../engine'
import type { Binding } from './binding'
import type { Described, Node } from './trace'

/** The parts of tfjs-node's backend that hold a tensor's number. Its own types call them private. */
interface Backend {
  tensorMap: { get(dataId: object): { id: number; refCount: number } }
  getInputTensorIds(tensors: Tensor[]): number[]
  createOutputTensor(made: Described): Tensor
}

interface Traced {
  /** The step's own inputs by name, its variables, and whatever else it uses that was there before. */
  takes: (string | Variable | number)[]
  /** Variables that it changes, then the outputs by name. */
  changes: Variable[]
  gives: string[]
  /** Of the library's function. */
  name: string
  /** Ways to call it that are worth measuring. */
  modes: Mode[]
}

/** XLA is tried on what it has been seen to help: its convolutions on a CPU are several times slower, its compiling grows with nodes. */
const MOST_NODES_FOR_XLA = 4000
const CONVOLUTION = /^(Depthwise)?Conv\dD/
/** Runs of each kind after its first, of which the fastest counts: at most so many, and no more once they took so long. */
const RUNS = 5
const ENOUGH_MS = 400
/** A smaller difference is none. */
const CLEARLY = 0.97

export function captured(step: Step, wanted: Mode | undefined, binding: Binding): CompiledStep {
  const backend = tf.backend() as unknown as NodeJSKernelBackend as unknown as Backend
  let known: Traced | null = null
  let signature = ''
  let mode: Mode | null = wanted ?? null
  let seconds = 0

  const idOf = (tensor: Tensor): number => backend.getInputTensorIds([tensor])[0]!

  function prepare(inputs: Record<string, Tensor>): void {
    const wants = Object.entries(inputs)
      .map(([name, { dtype, shape }]) => `${name}:${dtype}[${shape.join()}]`)
      .join()
    if (wants === signature) return
    const began = performance.now()
    forget()
    known = trace(inputs)
    signature = wants
    mode = fastest(known, inputs)
    seconds += (performance.now() - began) / 1000
  }

  function trace(inputs: Record<string, Tensor>): Traced {
    const names = new Map(Object.entries(inputs).map(([name, input]) => [idOf(input), name]))
    const variables = Object.values(tf.engine().registeredVariables)
    const before = new Map(variables.map((variable) => [variable, idOf(variable)]))
    const owners = new Map([...before].map(([variable, id]) => [id, variable]))
    const tracing = binding.beginTrace()
    let outputs: Record<string, Tensor> = {}
    const changed = () => variables.filter((variable) => !variable.isDisposed && idOf(variable) !== before.get(variable))
    try {
      outputs = step(inputs)
      const changes = changed()
      for (const variable of changes) separate(variable)
      const results = [...changes, ...Object.values(outputs)].map(idOf)
      const name = binding.addFunction(tracing, results)
      const takes = tracing.inputs.map((id) => names.get(id) ?? owners.get(id) ?? id)
      return { takes, changes, gives: Object.keys(outputs), name, modes: candidates(tracing.nodes) }
    } finally {
      tf.dispose(outputs)
      for (const variable of changed()) binding.restore(tracing, idOf(variable), before.get(variable)!)
      binding.endTrace(tracing)
    }
  }

  /** Gives a variable that was assigned another's tensor, or an input's, one of its own: each is put back and moved by itself. */
  function separate(variable: Variable): void {
    if (backend.tensorMap.get(variable.dataId).refCount > 1) tf.tidy(() => variable.assign(tf.mul(variable, 1)))
  }

  function candidates(nodes: Node[]): Mode[] {
    if (mode) return [mode]
    const convolves = binding.device === 'CPU' && nodes.some(({ op }) => CONVOLUTION.test(op))
    return convolves || nodes.length > MOST_NODES_FOR_XLA ? ['plain'] : ['plain', 'xla']
  }

  function call({ takes, changes, gives, name }: Traced, mode: Mode, inputs: Record<string, Tensor>): Described[] {
    const ids = takes.map((one) => (typeof one === 'number' ? one : idOf(typeof one === 'string' ? inputs[one]! : one)))
    return binding.callFunction(name, ids, changes.length + gives.length, mode === 'xla')
  }

  function fastest(traced: Traced, inputs: Record<string, Tensor>): Mode {
    const { modes } = traced
    if (modes.length === 1) return modes[0]!
    const [plain, xla] = [measure(traced, 'plain', inputs), measure(traced, 'xla', inputs)]
    return xla < CLEARLY * plain ? 'xla' : 'plain'
  }

  /**
   * Milliseconds of one run whose results are thrown away: the state is an input, so nothing has changed afterwards. Infinity where
   * it cannot run: there are ops that XLA does not know.
   */
  function measure(traced: Traced, mode: Mode, inputs: Record<string, Tensor>): number {
    let best = Infinity
    let spent = 0
    for (let run = 0; run <= RUNS && spent < ENOUGH_MS; run++) {
      const began = performance.now()
      let made: Described[]
      try {
        made = call(traced, mode, inputs)
      } catch (error) {
        if (mode === 'plain') throw error
        return Infinity
      }
      for (const { id } of made.slice(-1)) binding.tensorDataSync(id)
      const took = performance.now() - began
      // The first run sets up and compiles.
      if (run > 0) {
        best = Math.min(best, took)
        spent += took
      }
      for (const { id } of made) binding.deleteTensor(id)
    }
    return best
  }

  function forget(): void {
    if (known) binding.removeFunction(known.name)
    known = null
    signature = ''
  }

  return {
    get mode() {
      return mode
    },
    get seconds() {
      return seconds
    },
    prepare,
    run(inputs) {
      prepare(inputs)
      const { changes, gives } = known!
      const made = call(known!, mode!, inputs)
      changes.forEach((variable, i) => {
        const { id, refCount } = backend.tensorMap.get(variable.dataId)
        // Where something else holds the variable's old values, they must stay what they are.
        if (refCount === 1) binding.move(made[i]!.id, id)
        else tf.tidy(() => variable.assign(backend.createOutputTensor(made[i]!)))
      })
      return Object.fromEntries(gives.map((name, i) => [name, backend.createOutputTensor(made[changes.length + i]!)]))
    },
    dispose: forget,
  }
}
