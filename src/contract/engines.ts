import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Started } from './nouns'

export const EngineState = z.strictObject({
  id: z.string(),
  title: z.string(),
  ready: z.boolean(),
  installable: z.boolean(),
  installing: z.boolean(),
  /** Bytes to fetch, 0 when built in. */
  downloadBytes: z.number(),
  version: z.string(),
  device: z.string(),
  /** One plain sentence: why it is ready or not, and what to do. */
  why: z.string(),
  /** `why` as a key for the renderer's languages. */
  reason: z.enum(['built-in', 'installed', 'not-installed', 'unsupported-platform', 'broken']),
})
export type EngineState = z.infer<typeof EngineState>

export const engines = {
  list: oc.output(z.array(EngineState)),
  /** Fetches an engine in the background. Job result: `EngineState`. */
  install: oc.input(z.strictObject({ engine: z.string() })).output(Started),
}
