/** What this studio is and runs on, and what the person prefers. */
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import type { InferContractRouterOutputs } from '@orpc/contract'
import type { app as contract, Preferences } from '../contract/app'
import { createPreferences } from './preferences'
import { instructionSet } from './processor'
import { appVersion } from './programs'

export type Host = 'electron' | 'web' | 'cli'
type Info = InferContractRouterOutputs<typeof contract>['info']

export interface App {
  info(): Promise<Info>
  preferences(): Promise<Preferences>
  setPreferences(change: Partial<Preferences>): Promise<Preferences>
}

export function createApp({ home, host }: { home: string; host: Host }): App {
  const preferences = createPreferences(home)
  const version = appVersion()
  return {
    async info() {
      // Free space is a courtesy: a platform that does not tell it must not cost the rest.
      const disk = await statfs(home).catch(() => null)
      return {
        version,
        host,
        machine: {
          cores: availableParallelism(),
          memoryBytes: totalmem(),
          freeDiskBytes: disk ? disk.bavail * disk.bsize : 0,
          platform: `${process.platform}-${process.arch}`,
          instructionSet: await instructionSet(),
          node: process.versions.node,
        },
      }
    },
    preferences: () => preferences.get(),
    setPreferences: (change) => preferences.set(change),
  }
}
