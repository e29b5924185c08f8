import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Started } from './nouns'

export const EngineState = z.strictObject({
  id: z.string(),
  title: z.string(),
  ready: z.boolean(),
  /** It can be fetched and would work here. */
  installable: z.boolean(),
  installing: z.boolean(),
  /** Bytes to fetch, 0 when built in. */
  downloadBytes: z.number(),
  version: z.string(),
  device: z.string(),
  /** The device's own memory; null where it is the computer's, or nobody told. */
  memoryBytes: z.number().nullable(),
  /** The driver between the engine and its device; null where there is none, or nobody told. */
  driver: z.string().nullable(),
  /** This engine has not been run on such a device by anyone yet. */
  untried: z.boolean(),
  /** One or two plain sentences: why it is ready or not, and what to do. */
  why: z.string(),
  /** `why` as a key for the renderer's languages. */
  reason: z.enum([
    'built-in',
    'installed',
    'works',
    'not-installed',
    'unsupported-platform',
    'broken',
    'no-gpu',
    'driver-old',
    'gpu-unsupported',
    'software',
    'checking',
    'failed',
  ]),
  /** What the sentence of `reason` speaks of. */
  details: z.record(z.string(), z.string()),
})
export type EngineState = z.infer<typeof EngineState>

export const engines = {
  /**
   * Best first. Engines that need a GPU are known by starting them once: `begin` (when nothing is said) does that in the background
   * where it was not done yet, `known` does not, `afresh` does it in any case and waits.
   */
  list: oc.input(z.strictObject({ check: z.enum(['known', 'begin', 'afresh']) }).optional()).output(z.array(EngineState)),
  /** Fetches an engine in the background. Job result: `EngineState`. */
  install: oc.input(z.strictObject({ engine: z.string() })).output(Started),
}
