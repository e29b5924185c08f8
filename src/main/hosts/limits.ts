/** What one page may send to main, over either transport, before any of it reaches the router. */
import { z } from 'zod'

/** Longest message, bytes. The longest honest one sets 100,000 items aside in 1.9 MB. */
export const MAX_MESSAGE = 4 * 2 ** 20

/** Calls under way at the same time. Streams count only until they have begun. */
export const MAX_CALLS = 1024

const id = z.string().min(1).max(40)

/** oRPC marks values that JSON lacks. Of these only a missing and a not-a-number value can come from honest code; inputs refuse both. */
const Mark = z.tuple([z.union([z.literal(2), z.literal(3)])]).rest(z.union([z.string(), z.number()]))

/** A call, or its cancellation. The contract has no files, no binary bodies, no headers and no streams towards main. */
const Message = z.union([
  z.strictObject({
    i: id,
    p: z.strictObject({
      u: z
        .string()
        .max(100)
        .regex(/^\/[a-z]+\/[A-Za-z]+$/),
      b: z.strictObject({ json: z.unknown().optional(), meta: z.array(Mark).max(1000).optional() }).optional(),
    }),
  }),
  z.strictObject({ i: id, t: z.literal(4), p: z.unknown().optional() }),
])

/** Whether a message has the form of a call. What is in the call is for the contract to judge. */
export function isCall(message: unknown): message is string {
  if (typeof message !== 'string' || message.length > MAX_MESSAGE) return false
  try {
    return Message.safeParse(JSON.parse(message)).success
  } catch {
    return false
  }
}
