/** The project itself, its datasets, their tags and what was set aside at import. */
import { and, asc, count, eq, exists, getTableColumns, sql } from 'drizzle-orm'
import type { Dataset } from '../../../contract/nouns'
import { newId } from '../../jobs'
import { datasets, items, itemTags, project, quarantine, tags } from '../schema'
import { found } from './db'
import type { Db, SyncStore } from './db'

type Queries = Pick<
  SyncStore,
  | 'project'
  | 'listDatasets'
  | 'getDataset'
  | 'createDataset'
  | 'renameDataset'
  | 'addQuarantined'
  | 'listQuarantined'
  | 'listTags'
  | 'shapes'
>

export function datasetQueries(db: Db): Queries {
  const present = (dataset: string) => and(eq(items.dataset, dataset), eq(items.removed, false))

  // Stops at the first present item of each tag, where counting would read them all.
  const used = exists(
    db
      .select({ one: sql`1` })
      .from(itemTags)
      .where(and(eq(itemTags.tag, tags.id), eq(itemTags.removed, false))),
  )

  function whole(row: typeof datasets.$inferSelect): Dataset {
    const one = (query: { n: number } | undefined) => query?.n ?? 0
    return {
      ...row,
      items: one(db.select({ n: count() }).from(items).where(present(row.id)).get()),
      classes: one(
        db
          .select({ n: count() })
          .from(tags)
          .where(and(eq(tags.dataset, row.id), used))
          .get(),
      ),
      quarantined: one(db.select({ n: count() }).from(quarantine).where(eq(quarantine.dataset, row.id)).get()),
    }
  }

  const putQuarantined = db
    .insert(quarantine)
    .values({
      dataset: sql.placeholder('dataset'),
      file: sql.placeholder('file'),
      code: sql.placeholder('code'),
      reason: sql.placeholder('reason'),
    })
    // The same file again is the same finding, with its newest reason.
    .onConflictDoUpdate({
      target: [quarantine.dataset, quarantine.file],
      set: { code: sql`excluded.code`, reason: sql`excluded.reason` },
    })
    .prepare()

  function row(id: string) {
    return found(db.select().from(datasets).where(eq(datasets.id, id)).get(), 'dataset', id)
  }

  function listTags(dataset: string) {
    const items = count(itemTags.item)
    return db
      .select({ name: tags.name, items })
      .from(tags)
      .innerJoin(itemTags, and(eq(itemTags.tag, tags.id), eq(itemTags.removed, false)))
      .where(eq(tags.dataset, dataset))
      .groupBy(tags.id)
      .orderBy(asc(tags.name))
      .all()
  }

  return {
    project: () => found(db.select(getTableColumns(project)).from(project).get(), 'project', ''),
    // Order of making: a rowid that drizzle has no column for.
    listDatasets: () =>
      db
        .select()
        .from(datasets)
        .orderBy(sql`rowid`)
        .all()
        .map(whole),
    getDataset: (id) => whole(row(id)),
    createDataset({ name, kind }) {
      const id = newId()
      db.insert(datasets).values({ id, name, kind, createdAt: Date.now() }).run()
      return whole(row(id))
    },
    renameDataset(id, name) {
      row(id)
      db.update(datasets).set({ name }).where(eq(datasets.id, id)).run()
      return whole(row(id))
    },
    addQuarantined(dataset, files) {
      row(dataset)
      db.transaction(() => {
        for (const { file, code, reason } of files) {
          putQuarantined.run({ dataset, file, code, reason })
        }
      })
    },
    listQuarantined: (dataset) =>
      db
        .select({ file: quarantine.file, code: quarantine.code, reason: quarantine.reason })
        .from(quarantine)
        .where(eq(quarantine.dataset, row(dataset).id))
        .orderBy(quarantine.id)
        .all(),
    listTags: (dataset) => listTags(row(dataset).id),
    shapes(dataset) {
      row(dataset)
      const all = db
        .select({
          items: count(),
          // One channel is grey, two grey with transparency, four colour with transparency.
          grey: sql<number>`coalesce(sum(${items.channels} in (1, 2)), 0)`,
          rgba: sql<number>`coalesce(sum(${items.channels} in (2, 4)), 0)`,
        })
        .from(items)
        .where(present(dataset))
        .get()!
      const side = sql<number>`min(${items.width}, ${items.height})`
      const median = db
        .select({ side })
        .from(items)
        .where(present(dataset))
        .orderBy(side)
        .limit(1)
        .offset(Math.floor(all.items / 2))
        .get()
      return { items: all.items, medianSide: median?.side ?? 0, grey: all.grey, rgba: all.rgba }
    },
  }
}
