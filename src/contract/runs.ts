import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Augmentation, Balance, Id, MetricRow, Run, Sample, StopRule, SomeTraining } from './nouns'

/** What a watcher of one run receives. `state` comes first and after every change; rows and samples as they are stored. */
export const RunEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('state'), run: Run }),
  z.strictObject({ type: z.literal('metrics'), rows: z.array(MetricRow) }),
  /** After a resume: rows beyond this step were taken back. */
  z.strictObject({ type: z.literal('rewind'), step: z.int() }),
  z.strictObject({ type: z.literal('sample'), sample: Sample }),
])
export type RunEvent = z.infer<typeof RunEvent>

export const StartRun = z.strictObject({
  version: Id,
  recipe: z.string(),
  settings: z.record(z.string(), z.unknown()).default({}),
  training: SomeTraining.default({}),
  balance: Balance.optional(),
  augment: z.array(Augmentation).optional(),
  stop: StopRule.optional(),
  seed: z.int().min(0).max(0xffffffff).optional(),
  engine: z.string().optional(),
  name: z.string().trim().min(1).max(80).optional(),
  /** Steps between checkpoints; absent: the smaller of 60 s and 500 steps. */
  checkpointEvery: z.int().min(1).optional(),
})
export type StartRun = z.infer<typeof StartRun>

const One = z.strictObject({ run: Id })

export const runs = {
  list: oc.output(z.array(Run)),
  get: oc.input(One).output(Run),
  /** Puts a run in the queue; it starts when nothing else trains. */
  start: oc.input(StartRun).output(Run),
  /** Saves and ends the trainer; `resume` continues exactly. */
  pause: oc.input(One).output(Run),
  resume: oc.input(z.strictObject({ run: Id, stop: StopRule.optional() })).output(Run),
  /**
   * A new run that goes on from this one's last saved state with other training settings, and so not exactly as this one would
   * have: what it learned stays, and its record begins there. This one stays as it is.
   */
  branch: oc.input(z.strictObject({ run: Id, training: SomeTraining.default({}), stop: StopRule.optional() })).output(Run),
  /** Saves and ends for good (it can still be resumed to train longer). */
  stop: oc.input(One).output(Run),
  rename: oc.input(z.strictObject({ run: Id, name: z.string().trim().min(1).max(80) })).output(Run),
  remove: oc.input(One).output(z.void()),
  /** Stored rows after `after`, thinned evenly to at most `limit`. */
  metrics: oc
    .input(z.strictObject({ run: Id, after: z.int().default(-1), limit: z.int().min(2).max(20_000).default(2000) }))
    .output(z.array(MetricRow)),
  samples: oc.input(One).output(z.array(Sample)),
  watch: oc.input(One).output(eventIterator(RunEvent)),
}
