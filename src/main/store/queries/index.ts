/** All queries over one connection. */
import type Database from 'better-sqlite3'
import { datasetQueries } from './datasets'
import { wrap } from './db'
import { itemQueries } from './items'
import { recordQueries } from './records'
import { runQueries } from './runs'
import { versionQueries } from './versions'

export function createQueries(client: Database.Database) {
  const db = wrap(client)
  return { ...datasetQueries(db), ...itemQueries(db), ...versionQueries(db), ...runQueries(db), ...recordQueries(db) }
}
export type Queries = ReturnType<typeof createQueries>
