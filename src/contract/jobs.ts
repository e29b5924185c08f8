import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Id, Job } from './nouns'

export const jobs = {
  list: oc.output(z.array(Job)),
  /** Every job now and each change from now on, at most 10 a second a job. */
  watch: oc.output(eventIterator(Job)),
  cancel: oc.input(z.strictObject({ job: Id })).output(z.void()),
}
