/** What a run leaves behind while it trains: rows, samples and checkpoints on disk, and what main is told of them. */
import type { Losses } from '../contract/nouns'
import type { RunSpec, TrainerEvent } from '../contract/trainer'
import type { Facts } from '../engines/engine'
import { revisionOf, saveCheckpoint, type Checkpoint } from './checkpoint'
import { checkEvery, observe, type Convergence } from './convergence'
import { isMetricStep, isSampleStep } from './grid'
import type { Loop } from './loop'
import type { Model } from './model'
import type { Plan } from './plan'
import { createReporter } from './reporter'
import type { Sampler } from './samples'
import { createSpeed } from './speed'

/** Between checkpoints at most, where the run does not say (whichever comes first). */
const SAVE_STEPS = 500
const SAVE_SECONDS = 60

export interface RunRecord {
  /** Seconds of training, those before a resume included. */
  readonly seconds: number
  /** What the stop rule `converged` knows; the caller forgets it when a stage begins. */
  convergence: Convergence | null
  /** All that is due after this step. Throws `loss-not-finite`. */
  step(): Promise<void>
  save(): Promise<void>
  /** The state is saved, the last progress told and everything has left the process. */
  end(withSample: boolean): Promise<void>
}

export interface RecordOptions {
  spec: RunSpec
  facts: Facts
  model: Model
  loop: Loop
  sampler: Sampler
  plan: Plan
  /** The checkpoint that the run goes on from. */
  saved: Checkpoint | null
  tell: (event: TrainerEvent) => void
  flushed: () => Promise<void>
}

export function createRecord({ spec, facts, model, loop, sampler, plan, saved, tell, flushed }: RecordOptions): RunRecord {
  const { cursor } = loop
  const reporter = createReporter(tell)
  const speed = createSpeed()
  const beganAt = performance.now() - (saved?.manifest.seconds ?? 0) * 1000
  const last = { saved: saved ? cursor.step : -1, savedAt: performance.now(), sampled: -1 }
  let losses: Losses = saved?.manifest.losses ?? {}
  let convergence: Convergence | null = saved?.manifest.convergence ?? null

  const seconds = () => (performance.now() - beganAt) / 1000
  const place = () => ({ step: cursor.step, epoch: loop.epoch, seconds: seconds() })

  const progress = () => {
    const stepsPerSecond = speed.perSecond()
    const secondsLeft = plan.secondsLeft(cursor, seconds(), stepsPerSecond)
    const about = { stage: loop.stage.name, stepsPerSecond, waiting: speed.waiting(), secondsLeft }
    return { ...place(), ...about, totalSteps: plan.totalSteps, losses }
  }

  async function save(): Promise<void> {
    losses = await loop.losses()
    const tensors = await loop.save()
    reporter.flush()
    // A row that this state lies behind must be out before the state exists, or a kill in between would lose the row.
    await flushed()
    const { recipe, settings, training, seed } = spec
    const state = { ...place(), stage: cursor.stage, stageStep: cursor.stageStep, losses, lastParts: losses, convergence }
    const about = { recipe, revision: revisionOf(model.recipe), settings, training, seed, facts }
    const { folder, bytes } = saveCheckpoint(spec.folder, { ...state, ...about }, tensors)
    Object.assign(last, { saved: cursor.step, savedAt: performance.now() })
    tell({ type: 'checkpoint', step: cursor.step, seconds: state.seconds, folder, bytes })
    speed.rest()
  }

  function saveIsDue(): boolean {
    if (spec.checkpointEvery !== null) return cursor.step % spec.checkpointEvery === 0
    return cursor.step - last.saved >= SAVE_STEPS || performance.now() - last.savedAt >= SAVE_SECONDS * 1000
  }

  async function sample(): Promise<void> {
    const sheets = await sampler.draw(cursor.step)
    reporter.flush()
    if (sheets) tell({ type: 'sample', sample: sheets })
    last.sampled = cursor.step
    speed.rest()
  }

  async function check(): Promise<void> {
    convergence = observe(convergence, await loop.heldOutLoss(), cursor.step)
    speed.rest()
  }

  return {
    get seconds() {
      return seconds()
    },
    get convergence() {
      return convergence
    },
    set convergence(known) {
      convergence = known
    },
    save,

    async step() {
      if (isMetricStep(cursor.step)) {
        losses = await loop.losses()
        speed.mark(cursor.step, loop.waited)
        reporter.row(cursor.step, seconds(), losses)
      }
      const stageStep = cursor.step - cursor.stageStep
      if (spec.stop.by === 'converged' && stageStep % checkEvery(loop.batches.perEpoch) === 0) await check()
      if (isSampleStep(cursor.step)) await sample()
      if (saveIsDue()) await save()
      reporter.report(progress)
    },

    async end(withSample) {
      losses = await loop.losses()
      if (withSample && cursor.step > 0 && last.sampled !== cursor.step) await sample()
      if (last.saved !== cursor.step) await save()
      reporter.report(progress, true)
      await flushed()
    },
  }
}
