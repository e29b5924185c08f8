import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Grant, Id, Project } from './nouns'

export const projects = {
  /** Projects opened before, newest first; those whose folder is gone are left out. */
  recent: oc.output(z.array(Project)),
  current: oc.output(Project.nullable()),
  /** Makes `Name.latent` in the studio's projects folder (or in the granted folder) and opens it. */
  create: oc.input(z.strictObject({ name: z.string().trim().min(1).max(80), folder: Grant.optional() })).output(Project),
  open: oc.input(z.union([z.strictObject({ id: Id }), z.strictObject({ grant: Grant })])).output(Project),
  close: oc.output(z.void()),
}
