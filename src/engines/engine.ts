/** What computes. An engine is a tfjs backend with a few promises; the trainer starts exactly one. */
import type { Tensor } from '@tensorflow/tfjs-core'

interface EngineOptions {
  /** Folder of the installed libraries, for engines that are not built in. */
  library?: string
  threads: number
}

/** Compared as a whole on resume: equal facts mean bit-equal training. */
export interface Facts {
  id: string
  version: string
  device: string
  threads: number
  flags: Record<string, string>
}

/** A step: tensors in, tensors out; state lives in tfjs variables. */
export type Step = (inputs: Record<string, Tensor>) => Record<string, Tensor>

/**
 * How a step runs: op by op; as one function of the engine; the same with its elementwise ops compiled together; as one function
 * that a compiler has made whole.
 */
export type Mode = 'eager' | 'plain' | 'xla'

/** A step as the engine runs it. */
export interface CompiledStep {
  /**
   * Makes the step ready for inputs of these shapes without running it, and settles `mode` where it is open. Nothing that the step
   * would change has changed afterwards; the inputs are still the caller's. Called by `run` where it was not called before.
   */
  prepare(inputs: Record<string, Tensor>): void
  /** Runs the step. The outputs are the caller's, the inputs stay so. */
  run(inputs: Record<string, Tensor>): Record<string, Tensor>
  /** Null until `prepare` has settled it; two runs of a training are bit-equal only in the same mode. */
  readonly mode: Mode | null
  /** Spent in `prepare` so far. */
  readonly seconds: number
  dispose(): void
}

export interface Engine {
  id: string
  /** Registers and sets the tfjs backend; resolves when it computes. Throws a plain `Error` whose message gives the reason. */
  start(options: EngineOptions): Promise<Facts>
  /** What the started engine's device tells beyond the facts; absent where the device is the CPU. */
  about?(): Promise<{ memoryBytes: number | null; driver: string | null }>
  /** Whether `compile` captures. */
  compiles: boolean
  /**
   * The same step, captured where the engine can; otherwise the step itself. A captured step is traced: its code runs once for each
   * set of input shapes, so it must not read a tensor or depend on anything but its inputs and variables.
   * `mode`: as an earlier run settled it; without one the fastest is found by measuring.
   */
  compile(step: Step, mode?: Mode): CompiledStep
}

/** A step that runs op by op. */
export function eagerly(step: Step): CompiledStep {
  return { prepare: () => undefined, run: step, mode: 'eager', seconds: 0, dispose: () => undefined }
}
