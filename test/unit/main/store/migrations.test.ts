import Database from 'better-sqlite3'
import { getTableName, is } from 'drizzle-orm'
import { SQLiteTable, getTableConfig } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import { APPLICATION_ID, migrate, migrations, refuseNewer, versionOf } from '../../../../src/main/store/migrations'
import * as schema from '../../../../src/main/store/schema'

function migrated(): Database.Database {
  const db = new Database(':memory:')
  migrate(db)
  return db
}

describe('migrations', () => {
  it('0001 makes the first shape, marked as ours', () => {
    const db = new Database(':memory:')
    migrate(db, migrations, 1)
    expect(versionOf(db)).toBe(1)
    expect(db.pragma('application_id', { simple: true })).toBe(APPLICATION_ID)
    db.exec("insert into project values ('p', 'Name', 1)")
    expect(() => db.exec("insert into project values ('q', 'Name', 'not a number')")).toThrow('cannot store TEXT')
  })

  it('0002 knows of no waiting in runs from before', () => {
    const db = new Database(':memory:')
    db.pragma('foreign_keys = off')
    migrate(db, migrations, 1)
    const run = ['r', 'name', 'vae', 'v', 'd', 'finished', '{}', '{}', '{}', 1, 12, 1, 2, '{}', 1, 0, 0, 3, 4]
    const columns = `id, name, recipe, version, dataset, status, settings, training, stop, seed, step, epoch, seconds, losses, exact,
      compiled, compile_seconds, created_at, updated_at`
    db.prepare(`insert into runs (${columns}) values (${run.map(() => '?').join()})`).run(...run)
    migrate(db, migrations, 2)
    expect(db.prepare('select id, step, waiting from runs').all()).toEqual([{ id: 'r', step: 12, waiting: null }])
  })

  it('0003 knows of no run that another one began with', () => {
    const db = new Database(':memory:')
    migrate(db, migrations, 2)
    expect(() => db.prepare('select origin from runs')).toThrow('no such column')
    migrate(db, migrations, 3)
    expect(db.prepare('select origin from runs').all()).toEqual([])
  })

  it('0004 knows of no evening out and no variation in runs from before', () => {
    const db = new Database(':memory:')
    migrate(db, migrations, 3)
    expect(() => db.prepare('select balance, augment from runs')).toThrow('no such column')
    migrate(db, migrations, 4)
    expect(db.prepare('select balance, augment from runs').all()).toEqual([])
  })

  it('0005 knows of no text in items from before', () => {
    const db = new Database(':memory:')
    migrate(db, migrations, 4)
    expect(() => db.prepare('select text from items')).toThrow('no such column')
    migrate(db, migrations, 5)
    expect(db.prepare('select text from items').all()).toEqual([])
    expect(db.prepare('select coverage from versions').all()).toEqual([])
  })

  it('0006 knows of no caption of items from before', () => {
    const db = new Database(':memory:')
    db.pragma('foreign_keys = off')
    migrate(db, migrations, 5)
    const columns = 'id, dataset, name, sha256, width, height, channels, media_file, media_offset, media_length, media_type'
    db.prepare(`insert into items (${columns}) values ('i', 'd', 'n', 'h', 1, 1, 3, 1, 0, 1, 'image/png')`).run()
    migrate(db, migrations, 6)
    expect(db.prepare('select id, caption from items').all()).toEqual([{ id: 'i', caption: null }])
  })

  it('make exactly the tables that the queries know', () => {
    const db = migrated()
    const tables = Object.values(schema).filter((value) => is(value, SQLiteTable))
    const names = db.prepare("select name from sqlite_schema where type = 'table' order by name").pluck().all()
    expect(tables.map(getTableName).sort()).toEqual(names)
    for (const table of tables) {
      const { name, columns, primaryKeys, indexes, foreignKeys } = getTableConfig(table)
      const ordered =
        primaryKeys[0]?.columns.map((column) => column.name) ??
        columns.filter((column) => column.primary).map((column) => column.name)
      const expected = columns.map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        notnull: Number(column.notNull),
        default: column.default === undefined ? null : String(column.default),
        pk: ordered.indexOf(column.name) + 1,
      }))
      const actual = db
        .prepare(`select name, type, "notnull", dflt_value as "default", pk from pragma_table_info('${name}')`)
        .all()
      expect(actual, name).toEqual(expected)

      const unique = columns
        .filter((column) => column.isUnique)
        .map((column) => ({ name: column.uniqueName, unique: 1, columns: column.name }))
      const declared = indexes.map(({ config }) => ({
        name: config.name,
        unique: Number(config.unique),
        columns: config.columns.map((column) => ('name' in column ? column.name : '')).join(),
      }))
      const made = db
        .prepare(
          `select l.name, l."unique", (select group_concat(name) from pragma_index_info(l.name)) as columns
           from pragma_index_list('${name}') l where l.origin = 'c' order by l.name`,
        )
        .all()
      const byName = (a: { name?: string }, b: { name?: string }) => (a.name! < b.name! ? -1 : 1)
      expect(made, name).toEqual([...unique, ...declared].sort(byName))

      const references = foreignKeys.map((key) => {
        const { columns: from, foreignTable, foreignColumns } = key.reference()
        const onDelete = (key.onDelete ?? 'no action').toUpperCase()
        return { table: getTableName(foreignTable), from: from[0]!.name, to: foreignColumns[0]!.name, on_delete: onDelete }
      })
      const keys = db
        .prepare(`select "table", "from", "to", on_delete from pragma_foreign_key_list('${name}')`)
        .all() as typeof references
      const byFrom = (a: { from: string }, b: { from: string }) => (a.from < b.from ? -1 : 1)
      expect(keys.sort(byFrom), name).toEqual(references.sort(byFrom))
    }
  })

  it('go on from any version and roll a failing step back whole', () => {
    const db = migrated()
    const steps = [
      ...migrations,
      'create table more (a integer)',
      'create table most (a integer); insert into nowhere values (1)',
    ]
    expect(() => migrate(db, steps)).toThrow('no such table: nowhere')
    expect(versionOf(db)).toBe(migrations.length + 1)
    expect(db.prepare("select name from sqlite_schema where name in ('more', 'most')").pluck().all()).toEqual(['more'])
  })

  it('refuses a file from a newer studio', () => {
    const db = migrated()
    refuseNewer(db, 'Cats.latent')
    db.pragma(`user_version = ${migrations.length + 1}`)
    expect(() => refuseNewer(db, 'Cats.latent')).toThrow('Cats.latent was made by a newer Latent Studio.')
  })
})
