/**
 * What the desktop window can do and a browser cannot: system dialogs, and files that are dropped on it. The page asks in these
 * words and only ever receives grants; main checks each request against the schema. The preload puts `Bridge` on `window.latent`.
 */
import { z } from 'zod'

export const ShellRequest = z.discriminatedUnion('ask', [
  /** A dialog for files, or for folders. Answer: a grant for each choice, none when the person changes their mind. */
  z.strictObject({ ask: z.literal('choose'), folders: z.boolean() }),
  /** A dialog for where to keep a copy of a file the studio serves. Answer: whether it was kept. */
  z.strictObject({ ask: z.literal('save'), url: z.string().max(500), name: z.string().min(1).max(200) }),
])
export type ShellRequest = z.infer<typeof ShellRequest>

export interface Bridge {
  /** An opaque grant for a file or folder that the person dropped or chose; the page never sees its path. */
  grantOf(file: File): Promise<string>
  ask(request: ShellRequest): Promise<unknown>
  /** Carries one end of a message channel to main, which answers oRPC on it. */
  connect(): void
}
