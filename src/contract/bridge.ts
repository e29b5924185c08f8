/**
 * What the desktop window can do and a browser cannot: system dialogs, and files that are dropped on it. The page asks in these
 * words and only ever receives grants; main checks each request against the schema. The preload puts `Bridge` on `window.latent`.
 */
import { z } from 'zod'
import type { ErrorDetails } from './errors'

/** The channels of the preload, and the word with which it hands the page its message port. */
export const CHANNELS = { grant: 'latent:grant', ask: 'latent:ask', connect: 'latent:connect', port: 'latent:port' } as const

export const ShellRequest = z.discriminatedUnion('ask', [
  /** A dialog for files, or for folders. Answer: a grant for each choice, none when the person changes their mind. */
  z.strictObject({ ask: z.literal('choose'), folders: z.boolean() }),
  /** A dialog for where to keep a copy of a file the studio serves. Answer: whether it was kept. */
  z.strictObject({ ask: z.literal('save'), url: z.string().max(500), name: z.string().min(1).max(200) }),
])
export type ShellRequest = z.infer<typeof ShellRequest>

/** Thrown errors lose all but their text on the way through Electron, so failures come as values. */
export type ShellAnswer = { value: unknown } | { error: { code: string; details: ErrorDetails } }

export interface Bridge {
  /** An opaque grant for a file or folder that the person dropped or chose; the page never sees its path. */
  grantOf(file: File): Promise<ShellAnswer>
  ask(request: ShellRequest): Promise<ShellAnswer>
  /** Opens a message channel to main, which answers oRPC on it; the page's end comes as a message of its own window. */
  connect(): void
}
