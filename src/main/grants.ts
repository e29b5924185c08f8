/**
 * Grants: opaque permissions to one path each. Only a host makes them (dialog, drop, upload, command-line argument), so a page
 * can never name a path. 128 random bits; they end with the studio or when released.
 */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { StudioError } from '../contract/errors'

export interface Grants {
  /** `temporary`: the studio's own copy (an upload), removed when released. */
  give(path: string, options?: { temporary?: boolean }): string
  /** The granted path, or the error `grant-unknown`. */
  path(grant: string): string
  release(grant: string): Promise<void>
  close(): Promise<void>
}

export function createGrants(): Grants {
  const granted = new Map<string, { path: string; temporary: boolean }>()
  const release = async (grant: string) => {
    const entry = granted.get(grant)
    granted.delete(grant)
    if (entry?.temporary) await rm(entry.path, { recursive: true, force: true })
  }
  return {
    give(path, { temporary = false } = {}) {
      const grant = `g${randomBytes(16).toString('hex')}`
      granted.set(grant, { path, temporary })
      return grant
    },
    path(grant) {
      const entry = granted.get(grant)
      if (!entry) throw new StudioError('grant-unknown')
      return entry.path
    },
    release,
    close: async () => void (await Promise.all([...granted.keys()].map(release))),
  }
}
