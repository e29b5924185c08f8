/** Whether an engine starts on this computer, and what it computes on then. */
import type { EngineChoice, Probe } from '../contract/trainer'
import { startEngine } from './engine'

/** Throws `engine-unknown` or `engine-failed`, whose detail `reason` is the engine's own. */
export async function probe(choice: EngineChoice): Promise<Probe> {
  const { engine, facts } = await startEngine(choice)
  return { facts, ...((await engine.about?.()) ?? { memoryBytes: null, driver: null }) }
}
