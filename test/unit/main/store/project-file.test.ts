import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, describe, expect, it } from 'vitest'
import { StudioError } from '../../../../src/contract/errors'
import { listBackups, writeBackup } from '../../../../src/main/store/backups'
import { openProjectFile, takeOwnership } from '../../../../src/main/store/project-file'
import { createQueries } from '../../../../src/main/store/queries'

const base = mkdtempSync(join(tmpdir(), 'latent-file-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

let made = 0
/** A closed project with one dataset of 300 items. */
function project(): string {
  const folder = join(base, `p${made++}.latent`)
  mkdirSync(folder)
  const db = openProjectFile(folder, { name: 'Cats' })
  const store = createQueries(db)
  const { id } = store.createDataset({ name: 'Cats', kind: 'images' })
  store.addItems(
    id,
    Array.from({ length: 300 }, (_, n) => ({
      name: `${n}.png`,
      sha256: n.toString(16).padStart(64, '0'),
      width: 8,
      height: 8,
      channels: 3,
      split: null,
      tags: ['cat'],
      caption: null,
      media: { file: 'media/a', offset: n, length: 1, type: 'image/png' },
      thumbnail: null,
    })),
  )
  db.close()
  return folder
}

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'none'
  } catch (thrown) {
    return thrown instanceof StudioError ? thrown.code : String(thrown)
  }
}
const file = (folder: string) => join(folder, 'project.db')
const damaged = (folder: string) => readdirSync(folder).filter((name) => /^project\.db\.damaged-[\dTZ-]+$/.test(name))

describe('opening a project file', () => {
  it('sets every connection up alike', () => {
    const db = openProjectFile(project())
    const pragma = (name: string) => db.pragma(name, { simple: true })
    expect(
      ['journal_mode', 'synchronous', 'foreign_keys', 'trusted_schema', 'cell_size_check', 'busy_timeout'].map(pragma),
    ).toEqual(['wal', 2, 1, 0, 1, 250])
    db.close()
  })

  it('refuses a newer one and does not change it', () => {
    const folder = project()
    const db = new Database(file(folder))
    db.pragma('user_version = 99')
    db.close()
    const before = readFileSync(file(folder))
    expect(codeOf(() => openProjectFile(folder))).toBe('project-newer')
    expect(readFileSync(file(folder)).equals(before)).toBe(true)
  })

  it.each([
    ['a trigger', 'create trigger t after insert on items begin delete from datasets; end'],
    ['a view', 'create view v as select * from items'],
    ['a table', 'create table extra (a)'],
    ['another table under our name', 'drop table exports; create table exports (a)'],
    ['a missing index', 'drop index items_window'],
    ['another application', 'pragma application_id = 7'],
  ])('refuses a file with %s before the first query', (_, sql) => {
    const folder = project()
    const db = new Database(file(folder))
    db.exec(sql)
    db.close()
    expect(codeOf(() => openProjectFile(folder))).toBe('project-foreign')
    expect(damaged(folder)).toEqual([])
  })

  it('refuses a SQLite file that is no project, and no file at all', () => {
    const folder = join(base, 'foreign')
    mkdirSync(folder)
    const db = new Database(file(folder))
    db.exec('create table t (a)')
    db.close()
    expect(codeOf(() => openProjectFile(folder))).toBe('project-foreign')
    rmSync(file(folder))
    expect(codeOf(() => openProjectFile(folder))).toBe('project-foreign')
  })

  const harms: [string, (path: string) => void][] = [
    ['a zeroed header', (path) => overwrite(path, 0, Buffer.alloc(100))],
    ['half of it missing', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ['nothing in it', (path) => truncateSync(path, 0)],
    ['a text in its place', (path) => writeFileSync(path, 'hello '.repeat(100))],
    ['a page of noise', (path) => overwrite(path, 4096 * 3, Buffer.alloc(4096, 0xa5))],
  ]
  it.each(harms)('moves a file with %s aside, never deletes it', (_, harm) => {
    const folder = project()
    harm(file(folder))
    const before = readFileSync(file(folder))
    expect(codeOf(() => openProjectFile(folder))).toBe('project-damaged')
    expect(existsSync(file(folder))).toBe(false)
    expect(damaged(folder)).toHaveLength(1)
    expect(readFileSync(join(folder, damaged(folder)[0]!)).equals(before)).toBe(true)
    // Without a backup there is nothing to open, and no empty project in its place.
    expect(codeOf(() => openProjectFile(folder, { name: 'Cats' }))).toBe('project-damaged')
  })

  it('opens the last whole backup after a damaged file was set aside', async () => {
    const folder = project()
    const db = openProjectFile(folder)
    for (let n = 0; n < 7; n++) await writeBackup(db, folder, new Date(Date.UTC(2026, 0, n + 1)))
    expect(listBackups(folder)).toHaveLength(5)
    // One soon after the last takes its place.
    await writeBackup(db, folder, new Date(Date.UTC(2026, 0, 7, 0, 5)))
    db.close()
    expect(listBackups(folder).map((name) => name.slice(8, 24))).toEqual([
      '2026-01-07T00-05',
      ...[6, 5, 4, 3].map((day) => `2026-01-0${day}T00-00`),
    ])
    // The newest is bad itself: the one before it counts.
    overwrite(join(folder, 'backups', listBackups(folder)[0]!), 0, Buffer.alloc(100))
    overwrite(file(folder), 0, Buffer.alloc(100))
    expect(codeOf(() => openProjectFile(folder))).toBe('project-damaged')
    const again = openProjectFile(folder)
    expect(createQueries(again).listDatasets()).toMatchObject([{ name: 'Cats', items: 300 }])
    again.close()
    expect(damaged(folder)).toHaveLength(1)
  })

  it('leaves committed rows to the next owner when nothing was closed', () => {
    const folder = project()
    const db = openProjectFile(folder)
    createQueries(db).createDataset({ name: 'Dogs', kind: 'images' })
    // What a killed process leaves: the file and its log as they are.
    const copy = join(base, 'killed.latent')
    cpSync(folder, copy, { recursive: true })
    db.close()
    const again = openProjectFile(copy)
    expect(
      createQueries(again)
        .listDatasets()
        .map((one) => one.name),
    ).toEqual(['Cats', 'Dogs'])
    again.close()
  })
})

describe('owning a project', () => {
  it('is for one at a time', () => {
    const folder = project()
    const owner = takeOwnership(folder)
    expect(codeOf(() => takeOwnership(folder))).toBe('project-busy')
    owner.close()
    takeOwnership(folder).close()
  })

  it('does not stumble over a damaged lock file', () => {
    const folder = project()
    writeFileSync(join(folder, 'owner.db'), 'noise '.repeat(1000))
    takeOwnership(folder).close()
  })
})

function overwrite(path: string, at: number, bytes: Buffer): void {
  const content = readFileSync(path)
  bytes.copy(content, at)
  writeFileSync(path, content)
}
