/** Starts the engine that main chose. */
import { StudioError } from '../contract/errors'
import type { EngineChoice } from '../contract/trainer'
import { eagerly, type Engine, type Facts } from '../engines/engine'
import { engines } from '../engines/index'

/** Raised whenever a step of ours computes something in another order than before, so that a run from then is not called exact. */
const ARITHMETIC = '3'

/** Throws `engine-unknown` or `engine-failed`. */
export async function startEngine({ id, library, threads, eager }: EngineChoice): Promise<{ engine: Engine; facts: Facts }> {
  const load = engines[id]
  if (!load) throw new StudioError('engine-unknown', { id })
  try {
    const engine = await load()
    const started = await engine.start({ library, threads })
    const facts = { ...started, flags: { ...started.flags, arithmetic: ARITHMETIC } }
    if (!eager || !engine.compiles) return { engine, facts }
    const plain: Engine = { ...engine, compiles: false, compile: eagerly }
    return { engine: plain, facts: { ...facts, flags: { ...facts.flags, mode: 'eager' } } }
  } catch (error) {
    throw new StudioError('engine-failed', { id, reason: (error as Error).message }, { cause: error })
  }
}
