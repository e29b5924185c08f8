/** Items: added a segment at a time, listed a window at a time, set aside and put back. */
import { and, asc, count, desc, eq, exists, getTableColumns, gt, inArray, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import type { Item } from '../../../contract/nouns'
import { newId } from '../../jobs'
import { datasets, files, items, itemTags, tags } from '../schema'
import type { Blob, NewItem, StoredItem } from '../store'
import { chunks, found } from './db'
import type { Db, SyncStore } from './db'

type Queries = Pick<SyncStore, 'addItems' | 'listItems' | 'setRemoved' | 'setCaption' | 'itemBlob' | 'getItems'> & {
  /** The next present items after `after` in order of import. Paged, so that no message between the threads is long. */
  storedPage(dataset: string, after: number, limit: number): { items: StoredItem[]; last: number }
}

export function itemQueries(db: Db): Queries {
  function fileId(path: string, known: Map<string, number>): number {
    let id = known.get(path)
    if (id === undefined) {
      db.insert(files).values({ path }).onConflictDoNothing().run()
      id = db.select({ id: files.id }).from(files).where(eq(files.path, path)).get()!.id
      known.set(path, id)
    }
    return id
  }

  function tagId(dataset: string, name: string, known: Map<string, number>): number {
    let id = known.get(name)
    if (id === undefined) {
      db.insert(tags).values({ dataset, name }).onConflictDoNothing().run()
      id = db
        .select({ id: tags.id })
        .from(tags)
        .where(and(eq(tags.dataset, dataset), eq(tags.name, name)))
        .get()!.id
      known.set(name, id)
    }
    return id
  }

  // Prepared once: building a statement takes drizzle ten times as long as SQLite needs to run it.
  const insertItem = db
    .insert(items)
    .values({
      id: sql.placeholder('id'),
      dataset: sql.placeholder('dataset'),
      name: sql.placeholder('name'),
      sha256: sql.placeholder('sha256'),
      width: sql.placeholder('width'),
      height: sql.placeholder('height'),
      channels: sql.placeholder('channels'),
      split: sql.placeholder('split'),
      mediaFile: sql.placeholder('mediaFile'),
      mediaOffset: sql.placeholder('mediaOffset'),
      mediaLength: sql.placeholder('mediaLength'),
      mediaType: sql.placeholder('mediaType'),
      thumbnailFile: sql.placeholder('thumbnailFile'),
      thumbnailOffset: sql.placeholder('thumbnailOffset'),
      thumbnailLength: sql.placeholder('thumbnailLength'),
      thumbnailType: sql.placeholder('thumbnailType'),
      text: sql.placeholder('text'),
      caption: sql.placeholder('caption'),
    })
    .onConflictDoNothing({ target: [items.dataset, items.sha256] })
    .prepare()
  const sameBytes = db
    .select({ seq: items.seq, removed: items.removed, caption: items.caption })
    .from(items)
    .where(and(eq(items.dataset, sql.placeholder('dataset')), eq(items.sha256, sql.placeholder('sha256'))))
    .prepare()
  const insertTag = db
    .insert(itemTags)
    .values({ tag: sql.placeholder('tag'), item: sql.placeholder('item'), removed: sql.placeholder('removed') })
    .onConflictDoNothing()
    .prepare()

  /** The sequence number of a new row, or undefined when the dataset has these bytes already. */
  function insert(dataset: string, item: NewItem, known: Map<string, number>): number | undefined {
    const { changes, lastInsertRowid } = insertItem.run({
      ...item,
      text: item.text ?? null,
      id: newId(),
      dataset,
      mediaFile: fileId(item.media.file, known),
      mediaOffset: item.media.offset,
      mediaLength: item.media.length,
      mediaType: item.media.type,
      thumbnailFile: item.thumbnail && fileId(item.thumbnail.file, known),
      thumbnailOffset: item.thumbnail?.offset ?? null,
      thumbnailLength: item.thumbnail?.length ?? null,
      thumbnailType: item.thumbnail?.type ?? null,
    })
    return changes === 1 ? Number(lastInsertRowid) : undefined
  }

  /** Tags by item, each list in the order of the alphabet. */
  function tagsOf(seqs: number[]): Map<number, string[]> {
    const lists = new Map<number, string[]>()
    for (const some of chunks(seqs)) {
      const rows = db
        .select({ item: itemTags.item, name: tags.name })
        .from(itemTags)
        .innerJoin(tags, eq(tags.id, itemTags.tag))
        .where(inArray(itemTags.item, some))
        .orderBy(asc(tags.name))
        .all()
      for (const { item, name } of rows) {
        const list = lists.get(item)
        if (list) list.push(name)
        else lists.set(item, [name])
      }
    }
    return lists
  }

  const stored = {
    seq: items.seq,
    id: items.id,
    name: items.name,
    sha256: items.sha256,
    channels: items.channels,
    split: items.split,
    removed: items.removed,
    caption: items.caption,
    file: files.path,
    offset: items.mediaOffset,
    length: items.mediaLength,
    type: items.mediaType,
  }
  const selectStored = () => db.select(stored).from(items).innerJoin(files, eq(files.id, items.mediaFile))
  type StoredRow = ReturnType<ReturnType<typeof selectStored>['all']>[number]

  function withTags(rows: StoredRow[]): StoredItem[] {
    const lists = tagsOf(rows.map((row) => row.seq))
    return rows.map(({ seq, file, offset, length, type, ...row }) => ({
      ...row,
      tags: lists.get(seq) ?? [],
      media: { file, offset, length, type },
    }))
  }

  const dataset = (id: string) =>
    found(db.select({ id: datasets.id, kind: datasets.kind }).from(datasets).where(eq(datasets.id, id)).get(), 'dataset', id)

  /** What a person typed occurs in the text as it stands; `like` makes no difference between A and a. */
  const says = (search: string) => sql`${items.text} like ${`%${search.replace(/[\\%_]/g, '\\$&')}%`} escape '\\'`
  const hasTag = (id: string, tag: string) =>
    exists(
      db
        .select({ one: sql`1` })
        .from(itemTags)
        .innerJoin(tags, eq(tags.id, itemTags.tag))
        .where(and(eq(itemTags.item, items.seq), eq(tags.dataset, id), eq(tags.name, tag))),
    )

  return {
    addItems(id, added, recaption = false) {
      dataset(id)
      const [knownFiles, knownTags] = [new Map<string, number>(), new Map<string, number>()]
      let fresh = 0
      db.transaction(() => {
        for (const item of added) {
          const seq = insert(id, item, knownFiles)
          if (seq !== undefined) fresh++
          const target =
            seq === undefined
              ? sameBytes.get({ dataset: id, sha256: item.sha256 })!
              : { seq, removed: false, caption: item.caption }
          if (item.caption !== null && item.caption !== target.caption && (recaption || target.caption === null))
            db.update(items).set({ caption: item.caption }).where(eq(items.seq, target.seq)).run()
          for (const name of item.tags)
            insertTag.run({ tag: tagId(id, name, knownTags), item: target.seq, removed: Number(target.removed) })
        }
      })
      return { added: fresh, duplicates: added.length - fresh }
    },

    listItems({ dataset: id, offset, limit, tag, search }) {
      // A text is read from its beginning; of pictures the newest are looked for.
      const order = dataset(id).kind === 'texts' ? asc : desc
      let page: { seq: number }[]
      let total: number
      if (tag === undefined || search !== undefined) {
        const [spoken, tagged] = [
          search === undefined ? undefined : says(search),
          tag === undefined ? undefined : hasTag(id, tag),
        ]
        const where = and(eq(items.dataset, id), eq(items.removed, false), spoken, tagged)
        total = db.select({ n: count() }).from(items).where(where).get()!.n
        page = db.select({ seq: items.seq }).from(items).where(where).orderBy(order(items.seq)).limit(limit).offset(offset).all()
      } else {
        const row = db
          .select({ id: tags.id })
          .from(tags)
          .where(and(eq(tags.dataset, id), eq(tags.name, tag)))
          .get()
        if (!row) return { total: 0, items: [] }
        const where = and(eq(itemTags.tag, row.id), eq(itemTags.removed, false))
        total = db.select({ n: count() }).from(itemTags).where(where).get()!.n
        page = db
          .select({ seq: itemTags.item })
          .from(itemTags)
          .where(where)
          .orderBy(order(itemTags.item))
          .limit(limit)
          .offset(offset)
          .all()
      }
      const seqs = page.map((row) => row.seq)
      const lists = tagsOf(seqs)
      const rows = db
        .select({
          seq: items.seq,
          id: items.id,
          name: items.name,
          width: items.width,
          height: items.height,
          bytes: items.mediaLength,
          text: items.text,
          split: items.split,
          caption: items.caption,
        })
        .from(items)
        .where(inArray(items.seq, seqs))
        .orderBy(order(items.seq))
        .all()
      return { total, items: rows.map(({ seq, ...row }): Item => ({ ...row, tags: lists.get(seq) ?? [] })) }
    },

    setRemoved(ids, removed) {
      let changed = 0
      db.transaction(() => {
        for (const some of chunks(ids)) {
          const seqs = db
            .update(items)
            .set({ removed })
            .where(and(inArray(items.id, some), eq(items.removed, !removed)))
            .returning({ seq: items.seq })
            .all()
          db.update(itemTags)
            .set({ removed })
            .where(
              inArray(
                itemTags.item,
                seqs.map((row) => row.seq),
              ),
            )
            .run()
          changed += seqs.length
        }
      })
      return changed
    },

    setCaption(id, caption) {
      const { changes } = db.update(items).set({ caption }).where(eq(items.id, id)).run()
      found(changes === 1 || undefined, 'item', id)
    },

    storedPage(id, after, limit) {
      const rows = selectStored()
        .where(and(eq(items.dataset, dataset(id).id), eq(items.removed, false), gt(items.seq, after)))
        .orderBy(asc(items.seq))
        .limit(limit)
        .all()
      return { items: withTags(rows), last: rows.at(-1)?.seq ?? after }
    },

    itemBlob(id, which) {
      const thumbnailFile = alias(files, 'thumbnail_file')
      const row = found(
        db
          .select({ ...getTableColumns(items), media: files.path, thumbnail: thumbnailFile.path })
          .from(items)
          .innerJoin(files, eq(files.id, items.mediaFile))
          .leftJoin(thumbnailFile, eq(thumbnailFile.id, items.thumbnailFile))
          .where(eq(items.id, id))
          .get(),
        'item',
        id,
      )
      const media: Blob = { file: row.media, offset: row.mediaOffset, length: row.mediaLength, type: row.mediaType }
      if (which === 'media' || row.thumbnail === null) return media
      return { file: row.thumbnail, offset: row.thumbnailOffset!, length: row.thumbnailLength!, type: row.thumbnailType! }
    },

    getItems(ids) {
      const rows: StoredRow[] = []
      for (const some of chunks(ids)) rows.push(...selectStored().where(inArray(items.id, some)).all())
      const byId = new Map(withTags(rows).map((item) => [item.id, item]))
      return ids.map((id) => found(byId.get(id), 'item', id))
    },
  }
}
