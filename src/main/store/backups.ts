/** Backups of `project.db`: made when a changed project closes, checked before they count, the newest five kept. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

const KEPT = 5
/** A backup made sooner after the last one takes its place, so that the five reach back further than five short sessions. */
const APART_MS = 10 * 60_000
const NAME = /^project-\d{4}-\d{2}-\d{2}T[\d-]+Z\.db$/

const folderOf = (project: string) => join(project, 'backups')

/** `project-2026-01-02T03-04-05-678Z.db` → when it was made, ms. */
function timeOf(name: string): number {
  const [date, time = ''] = name.slice('project-'.length, -'.db'.length).split('T')
  const [hours, minutes, seconds, rest] = time.split('-')
  return Date.parse(`${date}T${hours}:${minutes}:${seconds}.${rest}`)
}

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
  const [, last, ...older] = listBackups(project)
  const soon = last !== undefined && now.getTime() - timeOf(last) < APART_MS
  const kept = [...(last === undefined || soon ? [] : [last]), ...older].slice(0, KEPT - 1)
  for (const old of listBackups(project).filter((one) => one !== name && !kept.includes(one)))
    rmSync(join(folderOf(project), old), { force: true })
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
