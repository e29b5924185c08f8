/** Trains one run from its specification: the loop with its clock, its files and what it tells main. */
import { isDeepStrictEqual } from 'node:util'
import { StudioError } from '../contract/errors'
import type { Losses } from '../contract/nouns'
import type { RunSpec, TrainerEvent } from '../contract/trainer'
import type { Engine, Facts } from '../engines/engine'
import type { Recipe } from '../recipes/define'
import { recipeById } from '../recipes/index'
import { readCheckpoint, saveCheckpoint, sweepCheckpoints, type Checkpoint } from './checkpoint'
import { checkEvery, observe, type Convergence } from './convergence'
import { isMetricStep, isSampleStep } from './grid'
import { openItems, type Items } from './items'
import { createLoop, type Loop } from './loop'
import { disposeModel, fillModel, type Model } from './model'
import type { Exchange } from './phase'
import { createPlan } from './plan'
import { createReporter } from './reporter'
import { drawSample, sweepSamples } from './samples'
import { createSpeed } from './speed'

/** Between checkpoints at most, where the run does not say (whichever comes first). */
const SAVE_STEPS = 500
const SAVE_SECONDS = 60

/** Longer than this no message goes unread. */
const BREATH_MS = 20

export interface TrainOptions {
  spec: RunSpec
  /** Started. */
  engine: Pick<Engine, 'compile' | 'compiles'>
  facts: Facts
  tell: (event: TrainerEvent) => void
  /** Resolves when everything told has left the process. */
  flushed: () => Promise<void>
  /** Asked after every step. */
  wanted: () => 'pause' | 'stop' | null
  onStep: (step: number) => void
  /** For recipes outside of the catalogue. */
  recipe?: Recipe
  exchange?: Exchange
}

export interface Ended {
  status: 'finished' | 'paused' | 'stopped'
  step: number
}

/**
 * Trains until the stop rule, or until something else is wanted; the state is saved in every case. Throws the named error
 * that ended it; then the last checkpoint is the last good state.
 */
export async function train(options: TrainOptions): Promise<Ended> {
  const { spec } = options
  sweepCheckpoints(spec.folder)
  sweepSamples(spec.folder)
  const items = openItems(spec.version)
  try {
    if (items.pack.train < 1) throw new StudioError('dataset-empty', { dataset: spec.version, least: 1 })
    const saved = spec.resumeFrom === null ? null : readCheckpoint(spec.resumeFrom)
    const began = performance.now()
    const { model, loop } = restore(options, items, saved)
    try {
      return await runLoop(options, { items, saved, model, loop, compileSeconds: (performance.now() - began) / 1000 })
    } finally {
      loop.dispose()
      disposeModel(model)
    }
  } finally {
    items.close()
  }
}

/** Model and loop as they were saved, or new. A state that does not fit the recipe is a damaged one. */
function restore(
  { spec, engine, recipe, exchange }: TrainOptions,
  items: Items,
  saved: Checkpoint | null,
): { model: Model; loop: Loop } {
  const model = guarded(saved, () => fillModel(recipe ?? recipeById(spec.recipe), spec, items.data, saved?.tensors ?? null))
  const loop = guarded(saved, () =>
    createLoop({ model, items, training: spec.training, seed: spec.seed, engine, exchange }, saved),
  )
  return { model, loop }
}

function guarded<T>(saved: Checkpoint | null, build: () => T): T {
  try {
    return build()
  } catch (error) {
    if (!saved || error instanceof StudioError) throw error
    throw new StudioError('checkpoint-damaged', { step: saved.manifest.step }, { cause: error })
  }
}

interface Running {
  items: Items
  saved: Checkpoint | null
  model: Model
  loop: Loop
  compileSeconds: number
}

async function runLoop(options: TrainOptions, { items, saved, model, loop, compileSeconds }: Running): Promise<Ended> {
  const { spec, engine, facts, tell, flushed, wanted, onStep } = options
  const { cursor } = loop
  const { perEpoch } = loop.batches
  const { stages } = model.built
  const plan = createPlan(spec.stop, stages, perEpoch)
  const reporter = createReporter(tell)
  const speed = createSpeed()
  const beganAt = performance.now() - (saved?.manifest.seconds ?? 0) * 1000
  const seconds = () => (performance.now() - beganAt) / 1000
  const last = { saved: saved ? cursor.step : -1, savedAt: performance.now(), sampled: -1, breath: performance.now() }
  let losses: Losses = saved?.manifest.losses ?? {}
  let convergence: Convergence | null = saved?.manifest.convergence ?? null

  const progress = () => {
    const stepsPerSecond = speed.perSecond()
    const secondsLeft = plan.secondsLeft(cursor, seconds(), stepsPerSecond)
    const { totalSteps } = plan
    return {
      step: cursor.step,
      epoch: loop.epoch,
      stage: loop.stage.name,
      seconds: seconds(),
      stepsPerSecond,
      secondsLeft,
      totalSteps,
      losses,
    }
  }

  async function save(): Promise<void> {
    losses = await loop.losses()
    const tensors = await loop.save()
    reporter.flush()
    // A row that this state lies behind must be out before the state exists, or a kill in between would lose the row.
    await flushed()
    const { recipe, settings, training, seed } = spec
    const about = {
      ...cursor,
      epoch: loop.epoch,
      seconds: seconds(),
      seed,
      recipe,
      settings,
      training,
      facts,
      losses,
      lastParts: losses,
      convergence,
    }
    const { folder, bytes } = saveCheckpoint(spec.folder, about, tensors)
    Object.assign(last, { saved: cursor.step, savedAt: performance.now() })
    tell({ type: 'checkpoint', step: cursor.step, seconds: about.seconds, folder, bytes })
    speed.rest()
  }

  async function sample(): Promise<void> {
    const sheets = await drawSample({ run: spec.run, folder: spec.folder, seed: spec.seed, step: cursor.step }, model, items)
    reporter.flush()
    if (sheets) tell({ type: 'sample', sample: sheets })
    last.sampled = cursor.step
    speed.rest()
  }

  function saveIsDue(): boolean {
    if (spec.checkpointEvery !== null) return cursor.step % spec.checkpointEvery === 0
    return cursor.step - last.saved >= SAVE_STEPS || performance.now() - last.savedAt >= SAVE_SECONDS * 1000
  }

  /** Goes over to the stage that is due; true at the end of the last. */
  function over(): boolean {
    while (plan.over(cursor, seconds(), convergence)) {
      if (cursor.stage === stages.length - 1) return true
      loop.nextStage()
      convergence = null
    }
    return false
  }

  onStep(cursor.step)
  const exact = saved === null || isDeepStrictEqual(saved.manifest.facts, facts)
  tell({
    type: 'started',
    facts,
    parameters: model.parameters,
    totalSteps: plan.totalSteps,
    step: cursor.step,
    compiled: engine.compiles,
    compileSeconds: engine.compiles ? compileSeconds : 0,
    exact,
    latentSize: model.built.abilities.latentSize ?? null,
  })
  // The beginning is a state like any other: a run that dies before its first checkpoint starts from the same weights.
  if (!saved) await save()

  let asked = wanted()
  while (!asked && !over()) {
    await loop.step()
    onStep(cursor.step)
    if (isMetricStep(cursor.step)) {
      losses = await loop.losses()
      speed.mark(cursor.step)
      reporter.row(cursor.step, seconds(), losses)
    }
    if (spec.stop.by === 'converged' && (cursor.step - cursor.stageStep) % checkEvery(perEpoch) === 0) {
      convergence = observe(convergence, await loop.heldOutLoss(), cursor.step)
      speed.rest()
    }
    if (isSampleStep(cursor.step)) await sample()
    if (saveIsDue()) await save()
    reporter.report(progress)
    if (performance.now() - last.breath > BREATH_MS) {
      await new Promise((resume) => setImmediate(resume))
      last.breath = performance.now()
    }
    asked = wanted()
  }

  losses = await loop.losses()
  if (asked !== 'pause' && cursor.step > 0 && last.sampled !== cursor.step) await sample()
  if (last.saved !== cursor.step) await save()
  reporter.report(progress, true)
  await flushed()
  return { status: asked === 'pause' ? 'paused' : asked === 'stop' ? 'stopped' : 'finished', step: cursor.step }
}
