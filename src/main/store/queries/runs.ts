/** Runs, and what was made from them. */
import { desc, eq } from 'drizzle-orm'
import type { Run } from '../../../contract/nouns'
import { exports, runs } from '../schema'
import { found } from './db'
import type { Db, SyncStore } from './db'

type Queries = Pick<
  SyncStore,
  'createRun' | 'updateRun' | 'getRun' | 'findRun' | 'listRuns' | 'removeRun' | 'addExport' | 'listExports'
>

export function runQueries(db: Db): Queries {
  const plain = ({ seq: _, ...run }: typeof runs.$inferSelect): Run => run
  const byId = (id: string) => db.select().from(runs).where(eq(runs.id, id)).get()
  const get = (id: string) => plain(found(byId(id), 'run', id))

  return {
    getRun: get,
    createRun: (run) => plain(db.insert(runs).values(run).returning().get()),
    updateRun(id, { id: _, ...change }) {
      get(id)
      db.update(runs)
        .set({ updatedAt: Date.now(), ...change })
        .where(eq(runs.id, id))
        .run()
      return get(id)
    },
    findRun(idOrName) {
      const newest = db.select().from(runs).orderBy(desc(runs.seq)).limit(1)
      const row = idOrName === 'latest' ? newest.get() : (byId(idOrName) ?? newest.where(eq(runs.name, idOrName)).get())
      return plain(found(row, 'run', idOrName))
    },
    listRuns: () => db.select().from(runs).orderBy(desc(runs.seq)).all().map(plain),
    removeRun(id) {
      get(id)
      // Its rows in other tables go with it (`on delete cascade`).
      db.delete(runs).where(eq(runs.id, id)).run()
    },
    addExport({ ...result }) {
      get(result.run)
      db.insert(exports).values(result).run()
    },
    listExports: (run) =>
      db
        .select()
        .from(exports)
        .where(eq(exports.run, run))
        .orderBy(desc(exports.seq))
        .all()
        .map(({ seq: _, ...result }) => result),
  }
}
