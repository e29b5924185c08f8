/** `run.json`: all that a run is, for the trainer. */
import { join } from 'node:path'
import type { Run } from '../../contract/nouns'
import { RunSpec, type EngineChoice } from '../../contract/trainer'
import { readJson } from '../json'

/** `run.json` from the run's row: its folders are where the project is now, wherever it was made. */
export function specOf(
  run: Run,
  folder: string,
  engine: EngineChoice,
  checkpointEvery: number | null,
  resumeFrom: string | null,
): RunSpec {
  return {
    formatVersion: 1,
    run: run.id,
    recipe: run.recipe,
    settings: run.settings,
    training: run.training,
    balance: run.balance,
    augment: run.augment,
    stop: run.stop,
    seed: run.seed,
    version: join(folder, 'versions', run.version),
    folder: join(folder, 'runs', run.id),
    engine,
    checkpointEvery,
    resumeFrom,
  }
}

/** What only `run.json` holds. */
export async function checkpointEveryOf(run: Run, folder: string): Promise<number | null> {
  const spec = RunSpec.safeParse(await readJson(join(folder, 'runs', run.id, 'run.json')))
  return spec.success ? spec.data.checkpointEvery : null
}
