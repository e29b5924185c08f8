import { z } from 'zod'

/** What a conditional model wants to be told of each picture that it makes. */
export const Condition = z.discriminatedUnion('by', [
  /** `groups`: tags of which every picture that it learned from has at most one. */
  z.strictObject({ by: z.literal('tags'), tags: z.array(z.string()), groups: z.array(z.array(z.string())) }),
  /** A description; these are the words that it learned. */
  z.strictObject({ by: z.literal('text'), words: z.array(z.string()) }),
])
export type Condition = z.infer<typeof Condition>
