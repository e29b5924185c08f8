/** Frozen versions: made once, never changed. */
import { and, desc, eq, max } from 'drizzle-orm'
import type { Version } from '../../../contract/nouns'
import { datasets, versions } from '../schema'
import { found } from './db'
import type { Db, SyncStore } from './db'

type Queries = Pick<SyncStore, 'createVersion' | 'findVersion' | 'getVersion' | 'listVersions'>

export function versionQueries(db: Db): Queries {
  const plain = ({ fingerprint: _, ...version }: typeof versions.$inferSelect): Version => version

  function findVersion(dataset: string, fingerprint: string): Version | null {
    const row = db
      .select()
      .from(versions)
      .where(and(eq(versions.dataset, dataset), eq(versions.fingerprint, fingerprint)))
      .get()
    return row ? plain(row) : null
  }

  return {
    findVersion,
    createVersion(version) {
      return db.transaction(() => {
        found(db.select().from(datasets).where(eq(datasets.id, version.dataset)).get(), 'dataset', version.dataset)
        const same = findVersion(version.dataset, version.fingerprint)
        if (same) return same
        const last = db
          .select({ number: max(versions.number) })
          .from(versions)
          .where(eq(versions.dataset, version.dataset))
          .get()
        const number = (last?.number ?? 0) + 1
        return plain(
          db
            .insert(versions)
            .values({ ...version, number, name: `v${number}`, createdAt: Date.now() })
            .returning()
            .get(),
        )
      })
    },
    getVersion: (id) => plain(found(db.select().from(versions).where(eq(versions.id, id)).get(), 'version', id)),
    listVersions(dataset) {
      const rows = db
        .select()
        .from(versions)
        .where(dataset === undefined ? undefined : eq(versions.dataset, dataset))
        .orderBy(desc(versions.createdAt), desc(versions.number))
        .all()
      return rows.map(plain)
    },
  }
}
