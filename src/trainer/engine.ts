/** Starts the engine that main chose. */
import { StudioError } from '../contract/errors'
import type { EngineChoice } from '../contract/trainer'
import type { Engine, Facts } from '../engines/engine'
import { engines } from '../engines/index'

/** Throws `engine-unknown` or `engine-failed`. */
export async function startEngine({ id, library, threads }: EngineChoice): Promise<{ engine: Engine; facts: Facts }> {
  const load = engines[id]
  if (!load) throw new StudioError('engine-unknown', { id })
  try {
    const engine = await load()
    return { engine, facts: await engine.start({ library, threads }) }
  } catch (error) {
    throw new StudioError('engine-failed', { id, reason: (error as Error).message }, { cause: error })
  }
}
