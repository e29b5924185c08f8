/** The tables as the queries see them. `migrations/` makes them; a test compares both. */
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type {
  AnyPreparation,
  Augmentation,
  Balance,
  EngineFacts,
  Kind,
  Losses,
  Run,
  RunStatus,
  Sample,
  Split,
  StopRule,
  TrainingSettings,
} from '../../contract/nouns'
import type { TextCoverage } from '../../contract/texts'
import type { ExportFormat, ExportResult } from '../../contract/exports'

export const project = sqliteTable('project', {
  id: text().primaryKey(),
  name: text().notNull(),
  createdAt: integer('created_at').notNull(),
})

export const datasets = sqliteTable('datasets', {
  id: text().primaryKey(),
  name: text().notNull(),
  kind: text().$type<Kind>().notNull(),
  createdAt: integer('created_at').notNull(),
})

/** Paths inside the project, once each: a pack is named by a thousand items. */
export const files = sqliteTable('files', {
  id: integer().primaryKey(),
  path: text().notNull().unique('files_path'),
})

/** `seq` is the order of import. `removed` items are set aside and can be put back. */
export const items = sqliteTable(
  'items',
  {
    seq: integer().primaryKey(),
    id: text().notNull().unique('items_id'),
    dataset: text()
      .notNull()
      .references(() => datasets.id),
    name: text().notNull(),
    sha256: text().notNull(),
    width: integer().notNull(),
    height: integer().notNull(),
    channels: integer().notNull(),
    split: text().$type<Split>(),
    removed: integer({ mode: 'boolean' }).notNull().default(false),
    mediaFile: integer('media_file')
      .notNull()
      .references(() => files.id),
    mediaOffset: integer('media_offset').notNull(),
    mediaLength: integer('media_length').notNull(),
    mediaType: text('media_type').notNull(),
    thumbnailFile: integer('thumbnail_file').references(() => files.id),
    thumbnailOffset: integer('thumbnail_offset'),
    thumbnailLength: integer('thumbnail_length'),
    thumbnailType: text('thumbnail_type'),
    text: text(),
    caption: text(),
  },
  (table) => [uniqueIndex('items_bytes').on(table.dataset, table.sha256), index('items_window').on(table.dataset, table.removed)],
)

export const tags = sqliteTable(
  'tags',
  {
    id: integer().primaryKey(),
    dataset: text()
      .notNull()
      .references(() => datasets.id),
    name: text().notNull(),
  },
  (table) => [uniqueIndex('tags_name').on(table.dataset, table.name)],
)

/** `removed` repeats the item's, so that counting a tag and a window of it read one index and nothing else. */
export const itemTags = sqliteTable(
  'item_tags',
  {
    tag: integer()
      .notNull()
      .references(() => tags.id),
    removed: integer({ mode: 'boolean' }).notNull().default(false),
    item: integer()
      .notNull()
      .references(() => items.seq),
  },
  (table) => [
    primaryKey({ columns: [table.item, table.tag] }),
    index('item_tags_window').on(table.tag, table.removed, table.item),
  ],
)

export const quarantine = sqliteTable(
  'quarantine',
  {
    id: integer().primaryKey(),
    dataset: text()
      .notNull()
      .references(() => datasets.id),
    file: text().notNull(),
    code: text().notNull(),
    reason: text().notNull(),
  },
  (table) => [uniqueIndex('quarantine_file').on(table.dataset, table.file)],
)

export const versions = sqliteTable(
  'versions',
  {
    id: text().primaryKey(),
    dataset: text()
      .notNull()
      .references(() => datasets.id),
    number: integer().notNull(),
    name: text().notNull(),
    preparation: text({ mode: 'json' }).$type<AnyPreparation>().notNull(),
    items: integer().notNull(),
    train: integer().notNull(),
    test: integer().notNull(),
    channels: integer().notNull(),
    fingerprint: text().notNull(),
    createdAt: integer('created_at').notNull(),
    coverage: text({ mode: 'json' }).$type<TextCoverage>(),
  },
  (table) => [
    uniqueIndex('versions_number').on(table.dataset, table.number),
    uniqueIndex('versions_fingerprint').on(table.dataset, table.fingerprint),
  ],
)

export const runs = sqliteTable(
  'runs',
  {
    seq: integer().primaryKey(),
    id: text().notNull().unique('runs_id'),
    name: text().notNull(),
    recipe: text().notNull(),
    version: text()
      .notNull()
      .references(() => versions.id),
    dataset: text()
      .notNull()
      .references(() => datasets.id),
    status: text().$type<RunStatus>().notNull(),
    settings: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    training: text({ mode: 'json' }).$type<TrainingSettings>().notNull(),
    stop: text({ mode: 'json' }).$type<StopRule>().notNull(),
    seed: integer().notNull(),
    engine: text(),
    facts: text({ mode: 'json' }).$type<EngineFacts>(),
    step: integer().notNull(),
    totalSteps: integer('total_steps'),
    epoch: real().notNull(),
    seconds: real().notNull(),
    stepsPerSecond: real('steps_per_second'),
    secondsLeft: real('seconds_left'),
    losses: text({ mode: 'json' }).$type<Losses>().notNull(),
    resumedFrom: integer('resumed_from'),
    exact: integer({ mode: 'boolean' }).notNull(),
    compiled: integer({ mode: 'boolean' }).notNull(),
    compileSeconds: real('compile_seconds').notNull(),
    error: text({ mode: 'json' }).$type<NonNullable<Run['error']>>(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    waiting: real(),
    origin: text({ mode: 'json' }).$type<NonNullable<Run['origin']>>(),
    balance: text({ mode: 'json' }).$type<Balance>(),
    augment: text({ mode: 'json' }).$type<Augmentation[]>(),
  },
  (table) => [index('runs_name').on(table.name)],
)

const runColumn = () =>
  text()
    .notNull()
    .references(() => runs.id, { onDelete: 'cascade' })

export const metrics = sqliteTable(
  'metrics',
  {
    run: runColumn(),
    step: integer().notNull(),
    seconds: real().notNull(),
    losses: text({ mode: 'json' }).$type<Losses>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.step] })],
)

export const samples = sqliteTable(
  'samples',
  {
    run: runColumn(),
    step: integer().notNull(),
    sheets: text({ mode: 'json' }).$type<Sample['sheets']>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.step] })],
)

export const checkpoints = sqliteTable(
  'checkpoints',
  {
    run: runColumn(),
    step: integer().notNull(),
    seconds: real().notNull(),
    bytes: integer().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.step] })],
)

export const exports = sqliteTable(
  'exports',
  {
    seq: integer().primaryKey(),
    id: text().notNull().unique('exports_id'),
    run: runColumn(),
    format: text().$type<ExportFormat>().notNull(),
    files: text({ mode: 'json' }).$type<ExportResult['files']>().notNull(),
    verified: integer({ mode: 'boolean' }).notNull(),
    maxDifference: real('max_difference'),
    checkedBy: text('checked_by').notNull(),
  },
  (table) => [index('exports_run').on(table.run)],
)
