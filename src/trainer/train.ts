/** Trains one run from its specification: the loop with its clock, its files and what it tells main. */
import { isDeepStrictEqual } from 'node:util'
import { StudioError } from '../contract/errors'
import type { RunSpec, TrainerEvent } from '../contract/trainer'
import type { Engine, Facts, Mode } from '../engines/engine'
import type { Recipe } from '../recipes/define'
import { recipeById } from '../recipes/index'
import { fromState, readCheckpoint, sweepCheckpoints, type Checkpoint } from './checkpoint'
import { openItems, type Items } from './items'
import { createLoop, type Loop, type Modes } from './loop'
import { disposeModel, buildModel, type Model } from './model'
import type { Exchange } from './phase'
import { createPlan } from './plan'
import { createRecord, type RecordOptions } from './record'
import { createSampler, sweepSamples } from './samples'

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
  /** Where `feed-worker.js` lies. */
  feedProgram?: string
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
    const { model, loop } = restore(options, items, saved)
    const sampler = createSampler(spec, model, items, options.engine)
    try {
      return await runLoop(options, { saved, model, loop, sampler })
    } finally {
      sampler.dispose()
      await loop.dispose()
      disposeModel(model)
    }
  } finally {
    items.close()
  }
}

/** Model and loop as they were saved, or new. */
function restore(
  { spec, engine, facts, recipe, exchange, feedProgram }: TrainOptions,
  items: Items,
  saved: Checkpoint | null,
): { model: Model; loop: Loop } {
  const { training, seed, balance, augment } = spec
  const own = recipe ?? recipeById(spec.recipe)
  const guarded = <T>(build: () => T): T => (saved ? fromState(saved.manifest, own, build) : build())
  const model = guarded(() => buildModel(own, spec, items.data, saved?.tensors ?? null))
  const modes = saved?.manifest.facts.id === facts.id ? modesIn(saved.manifest.facts) : {}
  const loop = guarded(() =>
    createLoop({ model, items, training, seed, balance, augment, engine, exchange, feedProgram }, saved, modes),
  )
  return { model, loop }
}

const MODE = 'mode of '

/** What a run's exactness depends on: the engine, and how it runs each phase's step. */
function withModes(facts: Facts, modes: Modes): Facts {
  const named = Object.entries(modes).map(([phase, mode]) => [MODE + phase, mode])
  return { ...facts, flags: { ...facts.flags, ...Object.fromEntries(named) } }
}

function modesIn({ flags }: Facts): Modes {
  const named = Object.entries(flags).filter(([flag]) => flag.startsWith(MODE))
  return Object.fromEntries(named.map(([flag, mode]) => [flag.slice(MODE.length), mode as Mode]))
}

type Running = Pick<RecordOptions, 'model' | 'loop' | 'saved' | 'sampler'>

async function runLoop(options: TrainOptions, { model, loop, saved, sampler }: Running): Promise<Ended> {
  const { spec, engine, tell, flushed, wanted, onStep } = options
  const { cursor } = loop
  const facts = withModes(options.facts, await loop.prepare())
  const { stages } = model.built
  const plan = createPlan(spec.stop, stages, loop.batches.perEpoch)
  const record = createRecord({ spec, facts, model, loop, sampler, plan, saved, tell, flushed })

  /** Goes over to the stage that is due; true at the end of the last. */
  async function over(): Promise<boolean> {
    while (plan.over(cursor, record.seconds, record.convergence)) {
      if (cursor.stage === stages.length - 1) return true
      await loop.nextStage()
      record.convergence = null
    }
    return false
  }

  onStep(cursor.step)
  tell({
    type: 'started',
    facts,
    parameters: model.parameters,
    totalSteps: plan.totalSteps,
    step: cursor.step,
    compiled: engine.compiles,
    compileSeconds: loop.compileSeconds,
    exact: saved === null || isDeepStrictEqual(saved.manifest.facts, facts),
    latentSize: model.built.abilities.latentSize ?? null,
  })
  // The beginning is a state like any other: a run that dies before its first checkpoint starts from the same weights.
  if (!saved) await record.save()

  let breath = performance.now()
  let asked = wanted()
  while (!asked && !(await over())) {
    await loop.step()
    onStep(cursor.step)
    await record.step()
    if (performance.now() - breath > BREATH_MS) {
      await new Promise((resume) => setImmediate(resume))
      breath = performance.now()
    }
    asked = wanted()
  }
  await record.end(asked !== 'pause')
  return { status: asked === 'pause' ? 'paused' : asked === 'stop' ? 'stopped' : 'finished', step: cursor.step }
}
