/** Numbered migrations: the n-th brings a project from `user_version` n-1 to n. A small runner, because drizzle's opens a newer file silently. */
import type { Database } from 'better-sqlite3'
import { StudioError } from '../../../contract/errors'
import { first } from './0001-first'
import { waiting } from './0002-waiting'
import { origin } from './0003-origin'
import { balance } from './0004-balance'
import { texts } from './0005-texts'
import { caption } from './0006-caption'

export const migrations: readonly string[] = [first, waiting, origin, balance, texts, caption]

/** `LTNT`: tells a project of ours from any other SQLite file. */
export const APPLICATION_ID = 0x4c544e54

export function versionOf(db: Database): number {
  return db.pragma('user_version', { simple: true }) as number
}

/** Throws `project-newer` before anything is changed. */
export function refuseNewer(db: Database, name: string, known = migrations.length): void {
  if (versionOf(db) > known) throw new StudioError('project-newer', { file: name })
}

/** Brings the file to version `upTo`, each step in one transaction. */
export function migrate(db: Database, steps = migrations, upTo = steps.length): void {
  for (let version = versionOf(db); version < upTo; version++) {
    db.transaction(() => {
      db.exec(steps[version]!)
      // Both live in the file's header and roll back with the transaction.
      db.pragma(`application_id = ${APPLICATION_ID}`)
      db.pragma(`user_version = ${version + 1}`)
    }).immediate()
  }
}
