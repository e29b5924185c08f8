/** Backups of `project.db`: made when a changed project closes, checked before they count, the newest five kept. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

const KEPT = 5
const NAME = /^project-\d{4}-\d{2}-\d{2}T[\d-]+Z\.db$/

const folderOf = (project: string) => join(project, 'backups')

/** Newest first. */
export function listBackups(project: string): string[] {
  if (!existsSync(folderOf(project))) return []
  return readdirSync(folderOf(project))
    .filter((name) => NAME.test(name))
    .sort()
    .reverse()
}

/** Copies the live database with SQLite's online backup, checks the copy, then lets it count. Returns its name. */
export async function writeBackup(db: Database.Database, project: string, now = new Date()): Promise<string> {
  mkdirSync(folderOf(project), { recursive: true })
  const name = `project-${now.toISOString().replace(/[:.]/g, '-')}.db`
  const temporary = join(folderOf(project), `${name}.tmp`)
  try {
    await db.backup(temporary)
    if (!whole(temporary)) throw new Error('the backup did not pass its check')
    flush(temporary)
    renameSync(temporary, join(folderOf(project), name))
  } finally {
    for (const part of ['', '-wal', '-shm', '-journal']) rmSync(`${temporary}${part}`, { force: true })
  }
  for (const old of listBackups(project).slice(KEPT)) rmSync(join(folderOf(project), old), { force: true })
  return name
}

/** Puts the newest whole backup in the place of a missing `project.db`. False when there is none. */
export function restoreBackup(project: string): boolean {
  for (const name of listBackups(project)) {
    const backup = join(folderOf(project), name)
    if (!whole(backup)) continue
    const temporary = join(project, 'project.db.restored')
    copyFileSync(backup, temporary)
    flush(temporary)
    renameSync(temporary, join(project, 'project.db'))
    return true
  }
  return false
}

function whole(path: string): boolean {
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true })
    try {
      return db.pragma('integrity_check(1)', { simple: true }) === 'ok'
    } finally {
      db.close()
    }
  } catch {
    return false
  }
}

function flush(path: string): void {
  const handle = openSync(path, 'r+')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
