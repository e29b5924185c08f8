/** Runs an import in this thread, with a channel that keeps what it is told. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Quarantined } from '../../src/contract/nouns'
import { importInto } from '../../src/main/datasets/import'
import type { Channel, ImportOutcome } from '../../src/main/datasets/import'
import { survey } from '../../src/main/datasets/importers/survey'
import type { Wanted } from '../../src/main/datasets/importers/survey'
import type { NewItem } from '../../src/main/store/store'

export interface ImportRun extends ImportOutcome {
  items: NewItem[]
  quarantined: Quarantined[]
  progress: [done: number, total: number][]
}

export function temporaryFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'latent-import-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export async function importPaths(
  project: string,
  paths: string[],
  channel: Partial<Channel> = {},
  wanted?: Wanted,
): Promise<ImportRun> {
  const run: ImportRun = { items: [], quarantined: [], progress: [], ignored: 0, offered: 0, read: [], lists: [] }
  const outcome = await importInto(project, (refuse) => survey(paths, refuse, wanted), {
    signal: new AbortController().signal,
    progress: (done, total) => run.progress.push([done, total]),
    async record({ items, quarantined }) {
      run.items.push(...items)
      run.quarantined.push(...quarantined)
    },
    ...channel,
  })
  return Object.assign(run, outcome)
}
