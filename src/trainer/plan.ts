/** How long a run and each of its stages last. */
import type { StopRule } from '../contract/nouns'
import type { Stage } from '../recipes/define'
import { hasConverged, type Convergence } from './convergence'

/** Where a run is. */
export interface Cursor {
  /** Steps done. */
  step: number
  stage: number
  /** Steps done when the stage began. */
  stageStep: number
}

export interface Plan {
  /** Null where only time or the losses decide. */
  totalSteps: number | null
  /** Whether the cursor's stage has ended. The last stage's end is the run's. */
  over(cursor: Cursor, seconds: number, convergence: Convergence | null): boolean
  /** Seconds until the end at this speed, where the rule tells. */
  secondsLeft(cursor: Cursor, seconds: number, stepsPerSecond: number | null): number | null
}

/** Batches that one step of a stage takes: each update of each phase sees its own, whether its `when` lets it run or not. */
export function batchesPerStep(stage: Pick<Stage<never>, 'phases'>): number {
  return stage.phases.reduce((sum, phase) => sum + (phase.repeat ?? 1), 0)
}

/**
 * `epochs` counts the batches of all phases, so a step of five critic updates and one of the generator is six batches.
 * `converged` ends each stage by itself; the other rules divide the whole by the stages' shares.
 */
export function createPlan(stop: StopRule, stages: Stage<never>[], batchesPerEpoch: number): Plan {
  const ends = stageEnds(stages)
  const totalSteps = countSteps(stop, stages, ends, batchesPerEpoch)
  return {
    totalSteps,
    over({ step, stage, stageStep }, seconds, convergence) {
      if (totalSteps !== null) return step >= Math.round(totalSteps * ends[stage]!)
      if (stop.by === 'minutes') return seconds >= stop.minutes * 60 * ends[stage]!
      const batches = (step - stageStep) * batchesPerStep(stages[stage]!)
      return hasConverged(convergence, step, batches, batchesPerEpoch)
    },
    secondsLeft({ step }, seconds, stepsPerSecond) {
      if (stop.by === 'minutes') return Math.max(0, stop.minutes * 60 - seconds)
      if (totalSteps === null || !stepsPerSecond) return null
      return Math.max(0, totalSteps - step) / stepsPerSecond
    },
  }
}

/** Where each stage ends, as a share of the whole: rising, the last one 1. */
function stageEnds(stages: Stage<never>[]): number[] {
  let sum = 0
  return stages.map(({ share }, i) => (i === stages.length - 1 ? 1 : (sum = Math.min(1, sum + (share ?? 1)))))
}

function countSteps(stop: StopRule, stages: Stage<never>[], ends: number[], batchesPerEpoch: number): number | null {
  if (stop.by === 'steps') return stop.steps
  if (stop.by !== 'epochs') return null
  const batches = stages.reduce((sum, stage, i) => sum + (ends[i]! - (ends[i - 1] ?? 0)) * batchesPerStep(stage), 0)
  return Math.max(1, Math.round((stop.epochs * batchesPerEpoch) / batches))
}
