import { z } from 'zod'

/** Where new latents come from: the distribution that the model was trained towards, or one fitted to its training items since. */
export const Prior = z.enum(['standard', 'fitted'])
export type Prior = z.infer<typeof Prior>
