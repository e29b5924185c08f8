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
type Step = (inputs: Record<string, Tensor>) => Record<string, Tensor>

export interface Engine {
  id: string
  /** Registers and sets the tfjs backend; resolves when it computes. Throws a plain `Error` whose message gives the reason. */
  start(options: EngineOptions): Promise<Facts>
  /** Whether `compile` captures. */
  compiles: boolean
  /** The same step, captured where the engine can; otherwise the step itself. */
  compile(step: Step): Step
}
