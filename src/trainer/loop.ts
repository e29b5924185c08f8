/**
 * The one training loop, for every recipe: stages, their phases, and steps. It is a function of (seed, recipe, settings, items,
 * engine) and of how many steps were asked for; time, files and messages are its caller's (`train.ts`).
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core'
import { StudioError } from '../contract/errors'
import type { Augmentation, Balance, Losses } from '../contract/nouns'
import type { CheckpointManifest } from '../contract/trainer'
import { dispose, mean, scalar, tensor, tidy } from '../nn/ops'
import { drawNoise } from '../nn/random'
import type { Mode } from '../engines/engine'
import type { Phase, Stage } from '../recipes/define'
import { poolOf } from './balance'
import { createBatches, type Batches } from './batches'
import { CHECK_ITEMS } from './convergence'
import { createFeed, feedHere, type Feed } from './feed'
import { shapeOf } from './formats'
import { planInputs, type Input, type InputPlan } from './inputs'
import { heldOut, type Items } from './items'
import { AVERAGE, readVariables, variablesOf, writeVariables, type Saved } from './model'
import { createRunner, groupPhases, seen, type PhaseOptions, type PhaseRunner } from './phase'
import { batchesPerStep, type Cursor } from './plan'

export interface Loop {
  readonly cursor: Readonly<Cursor>
  readonly stage: Stage<never>
  readonly batches: Batches
  /** Epochs so far, of all phases' batches. */
  readonly epoch: number
  /** Seconds spent on compiling steps. */
  readonly compileSeconds: number
  /** Milliseconds that steps have waited for their inputs. */
  readonly waited: number
  /**
   * Compiles the steps of every stage, with the batches of its first step, so that all of the run's modes are settled before its
   * first step. Gives the mode of each phase; none where the engine does not compile. Nothing that a checkpoint holds changes.
   */
  prepare(): Promise<Modes>
  /** One step of the current stage. The losses are not read, where no `when` asks for them. */
  step(): Promise<void>
  /** The losses of the last step, by part. Throws `loss-not-finite`. */
  losses(): Promise<Losses>
  /** Goes over to the next stage, with new optimisers. */
  nextStage(): Promise<void>
  /** Mean loss of the current stage on held-out items; see `convergence.ts`. */
  heldOutLoss(): Promise<number>
  /** Weights and optimiser state, as a checkpoint has them. */
  save(): Promise<Saved>
  /** Resolves when nothing of it runs any more. */
  dispose(): Promise<void>
}

export interface LoopOptions extends PhaseOptions {
  items: Items
  seed: number
  balance?: Balance | null
  augment?: Augmentation[] | null
  /** Where `feed-worker.js` lies. Without it each step makes its own inputs. */
  feedProgram?: string
}

/** Where to go on from. */
export interface Resume {
  manifest: Pick<CheckpointManifest, 'step' | 'stage' | 'stageStep' | 'epoch' | 'lastParts'>
  tensors: Saved
}

/** How each step runs, by `<stage>/<phase>`, with `+` between the phases that are one step. */
export type Modes = Record<string, Mode>

/** The model's weights are the caller's, and are expected to hold those of `resume` already. `modes`: where they are settled. */
export function createLoop(options: LoopOptions, resume: Resume | null, modes: Modes = {}): Loop {
  const { model, items, training, seed, engine, balance = null, augment = null, feedProgram } = options
  const { stages } = model.built
  const tagged = { train: items.pack.train, names: items.pack.tags, rows: items.place.tags.rows }
  const pool = poolOf(balance, tagged, seed)
  const batches = createBatches(seed, pool.positions, training.batchSize)
  const cursor: Cursor = { step: 0, stage: 0, stageStep: 0 }
  let stageEpoch = 0
  /** Of steps and feeds that are done with. */
  let compileSeconds = 0
  let waited = 0
  let known: Losses = {}
  let pending: Record<string, Scalar> = {}

  if (resume) {
    const { step, stage, stageStep, epoch, lastParts } = resume.manifest
    if (!stages[stage]) throw new Error(`there is no stage ${stage}`)
    Object.assign(cursor, { step, stage, stageStep })
    known = { ...lastParts }
    stageEpoch = epoch - ((step - stageStep) * batchesPerStep(stages[stage])) / batches.perEpoch
  }
  let runners = startStage()
  if (resume)
    for (const { phase, slots } of runners.flatMap(({ phases }) => phases))
      writeVariables(slots, slotPrefix(phase.name), resume.tensors)
  let feed = startFeed()

  function startStage(stage = stages[cursor.stage]!): PhaseRunner[] {
    return groupPhases(stage.phases).map((group) => createRunner(group, options, modes[modeKey(stage, group)]))
  }

  function inputsOf(stage: number, begin: number): InputPlan {
    const about = { seed, stage, begin, data: items.data, batchSize: training.batchSize, pool, augment }
    return planInputs(about, stages[stage]!.phases)
  }

  function startFeed(): Feed {
    const plan = inputsOf(cursor.stage, cursor.stageStep)
    return feedProgram ? createFeed(plan, items, cursor.step - cursor.stageStep, feedProgram) : feedHere(plan, items)
  }

  const stage = () => stages[cursor.stage]!
  const epoch = () => stageEpoch + ((cursor.step - cursor.stageStep) * batchesPerStep(stage())) / batches.perEpoch

  function close(all: PhaseRunner[]): void {
    for (const runner of all) {
      compileSeconds += runner.compileSeconds
      runner.dispose()
    }
  }

  /** Reads what the last step left unread. */
  async function settle(): Promise<void> {
    const unread = pending
    pending = {}
    for (const [name, part] of Object.entries(unread)) known[name] = (await part.data())[0]!
    dispose(unread)
  }

  return {
    cursor,
    batches,
    get stage() {
      return stage()
    },
    get epoch() {
      return epoch()
    },

    get compileSeconds() {
      return compileSeconds + runners.reduce((sum, runner) => sum + runner.compileSeconds, 0)
    },

    get waited() {
      return waited + feed.waited
    },

    async prepare() {
      if (!engine.compiles) return modes
      for (const [index, stage] of stages.entries()) {
        const current = index === cursor.stage
        const known = groupPhases(stage.phases).every((group) => modes[modeKey(stage, group)])
        if (index < cursor.stage || (known && !current)) continue
        const prepared = current ? runners : startStage(stage)
        const stageStep = current ? cursor.step - cursor.stageStep : 0
        const inputs = feedHere(inputsOf(index, cursor.step - stageStep), items)
        let first = 0
        for (const runner of prepared) {
          runner.prepare(await takeAll(inputs, stageStep, first, runner.phases.length), stageStep)
          modes[modeKey(stage, phasesOf(runner))] = runner.mode!
          first += runner.phases.length
        }
        if (!current) close(prepared)
      }
      return modes
    },

    async step() {
      const stageStep = cursor.step - cursor.stageStep
      let next = 0
      for (const runner of runners) {
        const first = next
        next += runner.phases.length
        const { when } = runner.phases[0]!.phase
        if (when) {
          await settle()
          if (!when({ ...known })) continue
        }
        const parts = runner.run(await takeAll(feed, stageStep, first, runner.phases.length), stageStep)
        for (const [name, part] of Object.entries(parts)) {
          pending[name]?.dispose()
          pending[name] = part
        }
      }
      cursor.step++
    },

    async losses() {
      await settle()
      for (const value of Object.values(known))
        if (!Number.isFinite(value)) throw new StudioError('loss-not-finite', { step: cursor.step })
      return { ...known }
    },

    async nextStage() {
      await feed.close()
      waited += feed.waited
      stageEpoch = epoch()
      close(runners)
      cursor.stage++
      cursor.stageStep = cursor.step
      runners = startStage()
      feed = startFeed()
    },

    async heldOutLoss() {
      const positions = heldOut(items.pack, CHECK_ITEMS)
      let sum = 0
      for (let from = 0; from < positions.length; from += batches.size) {
        const some = positions.slice(from, from + batches.size)
        const loss = tidy(() => {
          const x = seen(items.data, tensor(items.floats(some), shapeOf(items.data, some.length))) as never
          return stage().phases.map((phase) => {
            const noise = Object.fromEntries(
              Object.entries(phase.noise?.(some.length) ?? {}).map(([name, spec]) => {
                return [name, tensor(drawNoise(spec, seed, `held-out/${phase.name}/${name}`, from), spec.shape)]
              }),
            )
            const end = Object.entries(phase.schedule?.(Number.MAX_SAFE_INTEGER) ?? {})
            const schedule = Object.fromEntries(end.map(([name, value]) => [name, scalar(value)]))
            const tags = phase.tags ? rowsOf(items.tags(some), some.length) : undefined
            const words = phase.words ? rowsOf(items.words(some), some.length) : undefined
            return phase.loss({ weights: model.weights, x, tags, words, noise, schedule, average: (each) => mean(each) }).total
          })
        })
        for (const each of loss) sum += (await each.data())[0]! * some.length
        dispose(loss)
      }
      if (!Number.isFinite(sum)) throw new StudioError('loss-not-finite', { step: cursor.step })
      return sum / positions.length
    },

    async save() {
      const saved = await readVariables(variablesOf(model.weights), '', cursor.step)
      await readVariables(variablesOf(model.averages), AVERAGE, cursor.step, saved)
      for (const { phase, slots } of runners.flatMap(({ phases }) => phases))
        await readVariables(slots, slotPrefix(phase.name), cursor.step, saved)
      return saved
    },

    async dispose() {
      dispose(pending)
      pending = {}
      close(runners)
      await feed.close()
    },
  }
}

const phasesOf = (runner: PhaseRunner): Phase<never>[] => runner.phases.map(({ phase }) => phase)
const modeKey = (stage: Stage<never>, phases: Phase<never>[]): string =>
  `${stage.name}/${phases.map(({ name }) => name).join('+')}`
const slotPrefix = (phase: string): string => `optimizer/${phase}/`

/** The inputs of `count` phases from the `first`. What a feed gives is valid until it is asked again, so all but the last are copied. */
async function takeAll(feed: Feed, stageStep: number, first: number, count: number): Promise<Record<string, Input>[]> {
  const all: Record<string, Input>[] = []
  for (let phase = first; phase < first + count; phase++) {
    const inputs = await feed.take(stageStep, phase)
    const last = phase === first + count - 1
    all.push(last ? inputs : Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, copied(input)])))
  }
  return all
}

const rowsOf = (values: Float32Array, count: number): Tensor2D => tensor(values, [count, values.length / count]) as Tensor2D

const copied = ({ shape, values }: Input): Input => ({ shape, values: values.slice() })
