/** Memory: what there is, and what a training would need of it. */
import { z } from 'zod'

/** The memory that a training may have, in bytes. */
export const Room = z.strictObject({
  /** All that this computer, or what encloses the studio on it, has. */
  total: z.number(),
  /** What is free of that now. */
  free: z.number(),
  /** An accelerator's own; null where there is none, or it does not tell. */
  device: z.number().nullable(),
})
export type Room = z.infer<typeof Room>

/** What a recipe with certain settings would be, and whether there is room for it. */
export const Needs = z.strictObject({
  parameters: z.int(),
  networks: z.array(z.strictObject({ name: z.string(), parameters: z.int() })),
  /** Every setting as it would be used: defaults that depend on the data are known only here. */
  settings: z.record(z.string(), z.unknown()),
  /** What each setting would be had it alone not been chosen. */
  defaults: z.record(z.string(), z.unknown()),
  /** The most that the training would hold in the computer's memory. */
  memoryBytes: z.number(),
  /**
   * `fits`; `tight`: more than is free now; `computer`: more than the computer has; `engine`: more than the engine, or its device,
   * can hold.
   */
  fit: z.enum(['fits', 'tight', 'computer', 'engine']),
  /** Where it does not fit: what it needs of that which is too small, and how much of that there is. */
  short: z.strictObject({ needed: z.number(), there: z.number() }).nullable(),
  /** Where it does not fit: the largest batch, and the largest side of a picture, that would; null where none does. */
  remedies: z.strictObject({ batchSize: z.int().nullable(), size: z.int().nullable() }),
})
export type Needs = z.infer<typeof Needs>
