/** What every group of queries is built on. */
import type Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { StudioError } from '../../../contract/errors'
import * as schema from '../schema'
import type { Store } from '../store'

/** The store's methods as the worker runs them: the same names and shapes, without waiting. */
export type SyncStore = {
  [Name in Exclude<keyof Store, 'close'>]: (...args: Parameters<Store[Name]>) => Awaited<ReturnType<Store[Name]>>
}

export const wrap = (client: Database.Database) => drizzle({ client, schema })
export type Db = ReturnType<typeof wrap>

/** The row, or the error that names what was looked for. */
export function found<T>(row: T | undefined, what: string, id: string): T {
  if (row === undefined) throw new StudioError('not-found', { what, id })
  return row
}

/** SQLite takes at most 32,766 parameters a statement. */
export function* chunks<T>(list: readonly T[], size = 1000): Generator<T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size)
}
