/**
 * Opening `project.db`: who owns the project, whether the file is ours, whole and not from the future, and the settings that
 * every connection has. Nothing in a project file is trusted: another program may have written it.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import Database from 'better-sqlite3'
import { StudioError } from '../../contract/errors'
import { newId } from '../jobs'
import { restoreBackup } from './backups'
import { APPLICATION_ID, migrate, migrations, refuseNewer, versionOf } from './migrations'

type Db = Database.Database

/** Longest wait for a lock, ms. SQLite's own default of 5 s would look like a freeze. */
const BUSY_MS = 250

/** What a project folder may hold beside the file: how a damaged project is told from some other folder. */
const FOLDERS = ['media', 'versions', 'runs', 'backups']

const file = (folder: string) => join(folder, 'project.db')

/**
 * Takes the project for this process. Held by an exclusive transaction on a file of its own, so that the operating system
 * gives it back the moment the owner dies. Throws `project-busy`.
 */
export function takeOwnership(folder: string): Db {
  const path = join(folder, 'owner.db')
  for (let again = false; ; again = true) {
    let owner: Db | undefined
    try {
      owner = new Database(path, { timeout: BUSY_MS })
      owner.exec('begin exclusive')
      return owner
    } catch (thrown) {
      owner?.close()
      const code = (thrown as { code?: string }).code ?? ''
      if (code.startsWith('SQLITE_BUSY')) throw new StudioError('project-busy', { file: basename(folder) })
      // The lock file holds nothing, so a damaged one is simply made anew.
      if (again || code !== 'SQLITE_NOTADB') throw thrown
      rmSync(path, { force: true })
    }
  }
}

/** Makes the folder of a new project. Refuses, before anything is written, a folder that is no project or holds other things. */
export function claimFolder(folder: string, create: boolean): void {
  if (existsSync(file(folder)) || looksLikeProject(folder)) return
  if (!create) {
    if (!existsSync(folder)) throw new StudioError('path-not-found', { file: basename(folder) })
    throw new StudioError('project-foreign', { file: basename(folder) })
  }
  mkdirSync(folder, { recursive: true })
  // A folder that holds only what the system puts everywhere is as good as empty.
  if (readdirSync(folder).some((name) => !name.startsWith('.') && !name.startsWith('owner.db')))
    throw new StudioError('project-foreign', { file: basename(folder) })
}

function looksLikeProject(folder: string): boolean {
  return FOLDERS.some((name) => existsSync(join(folder, name)))
}

/**
 * Opens the project's database. `create` makes it where there is none. Throws `project-foreign` (not changed), `project-newer`
 * (not changed) or `project-damaged` (moved aside).
 */
export function openProjectFile(folder: string, create?: { name: string }): Db {
  const path = file(folder)
  if (!existsSync(path)) {
    const damaged = existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('project.db.damaged-'))
    // Opening a project whose file was set aside is how a person asks for its last backup.
    if (!restoreBackup(folder)) {
      if (damaged) throw new StudioError('project-damaged', { file: basename(folder) })
      if (!create) throw new StudioError('project-foreign', { file: basename(folder) })
      createProjectFile(path, create.name)
    }
  }
  // SQLite takes an empty file for a new database; here it can only be damage.
  if (statSync(path).size === 0) throw damagedOrForeign(folder)
  let db: Db | undefined
  try {
    db = connect(path)
    refuseForeign(db, folder)
    const broken = db.pragma('quick_check(1)', { simple: true })
    if (broken !== 'ok') throw Object.assign(new Error(String(broken)), { code: 'SQLITE_CORRUPT' })
    db.pragma('journal_mode = WAL')
    migrate(db)
    return db
  } catch (thrown) {
    db?.close()
    if (isDamage(thrown)) throw damagedOrForeign(folder)
    throw thrown
  }
}

export function isDamage(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code
  return typeof code === 'string' && (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
}

function damagedOrForeign(folder: string): StudioError {
  if (!looksLikeProject(folder) && !folder.endsWith('.latent'))
    return new StudioError('project-foreign', { file: basename(folder) })
  moveAside(folder)
  return new StudioError('project-damaged', { file: basename(folder) })
}

/** Keeps the bad file (and its log) beside the place where it was. The connection must be closed. */
export function moveAside(folder: string, now = new Date()): void {
  const suffix = `.damaged-${now.toISOString().replace(/[:.]/g, '-')}`
  for (const part of ['', '-wal', '-shm']) {
    const from = `${file(folder)}${part}`
    if (existsSync(from)) renameSync(from, `${file(folder)}${suffix}${part}`)
  }
}

function connect(path: string): Db {
  const db = new Database(path, { timeout: BUSY_MS, fileMustExist: true })
  // First of all: no function of ours may run from inside a foreign schema, and cells are checked as they are read.
  db.pragma('trusted_schema = OFF')
  db.pragma('cell_size_check = ON')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  return db
}

const schemaOf = (db: Db) => db.prepare('select type, name, tbl_name, sql from sqlite_schema order by type, name').all()

/** Compares tables, indexes, triggers and views with those our migrations make, before the first query touches them. */
function refuseForeign(db: Db, folder: string): void {
  const foreign = new StudioError('project-foreign', { file: basename(folder) })
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) throw foreign
  refuseNewer(db, basename(folder))
  const ours = new Database(':memory:')
  try {
    migrate(ours, migrations, versionOf(db))
    if (JSON.stringify(schemaOf(ours)) !== JSON.stringify(schemaOf(db))) throw foreign
  } finally {
    ours.close()
  }
}

/** Made whole under another name first, so that a crash leaves no half project. */
function createProjectFile(path: string, name: string): void {
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  const db = new Database(temporary)
  try {
    db.pragma('synchronous = FULL')
    migrate(db)
    db.prepare('insert into project (id, name, created_at) values (?, ?, ?)').run(newId(), name, Date.now())
  } finally {
    db.close()
  }
  renameSync(temporary, path)
}
