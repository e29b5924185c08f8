import { oc } from '@orpc/contract'
import { z } from 'zod'

const Locale = z.enum(['en', 'zh-CN'])
export const Preferences = z.strictObject({
  /** null follows the system. */
  locale: Locale.nullable(),
  theme: z.enum(['dark', 'light', 'system']),
})
export type Preferences = z.infer<typeof Preferences>

export const Machine = z.strictObject({
  cores: z.int(),
  memoryBytes: z.number(),
  freeDiskBytes: z.number(),
  platform: z.string(),
  /** The widest that kernels are chosen by: `avx512f`, `avx2` …, `arm64`; `x64` where the system does not tell. */
  instructionSet: z.string(),
  node: z.string(),
})

export const app = {
  /** What this studio is and runs on. */
  info: oc.output(z.strictObject({ version: z.string(), host: z.enum(['electron', 'web', 'cli']), machine: Machine })),
  preferences: oc.output(Preferences),
  setPreferences: oc.input(Preferences.partial()).output(Preferences),
}
