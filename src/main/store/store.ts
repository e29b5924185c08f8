/** What the rest of main knows of the store: an async facade over one writer thread. No SQL leaves this folder. */
import type { Dataset, Item, Kind, MetricRow, Quarantined, Run, Sample, Split, Tag, Version } from '../../contract/nouns'
import type { TextCoverage } from '../../contract/texts'
import type { ExportResult } from '../../contract/exports'

/** Where some bytes of the project are: a whole file, or a part of a pack. `file` is relative to the project folder. */
export interface Blob {
  file: string
  offset: number
  length: number
  /** MIME type, from the bytes and not from the name. */
  type: string
}

export interface NewItem {
  name: string
  /** SHA-256 of the media's bytes, hex: the same picture twice in a dataset is one item. */
  sha256: string
  width: number
  height: number
  channels: number
  /** How a text begins. */
  text?: string
  split: Split | null
  tags: string[]
  /** What it shows, in words. */
  caption: string | null
  media: Blob
  /** Null: the media is small enough to be its own thumbnail. */
  thumbnail: Blob | null
}

/** An item as the freezer needs it. */
export interface StoredItem {
  id: string
  name: string
  sha256: string
  channels: number
  split: Split | null
  /** Whether it is set aside. */
  removed: boolean
  tags: string[]
  caption: string | null
  media: Blob
}

export interface CheckpointRow {
  step: number
  seconds: number
  bytes: number
  createdAt: number
}

export interface Store {
  project(): Promise<{ id: string; name: string; createdAt: number }>
  close(): Promise<void>

  listDatasets(): Promise<Dataset[]>
  getDataset(id: string): Promise<Dataset>
  createDataset(about: { name: string; kind: Kind }): Promise<Dataset>
  renameDataset(id: string, name: string): Promise<Dataset>
  /**
   * One transaction. Items whose SHA-256 the dataset has already are counted, their new tags are added; a caption goes to those
   * that have none or, with `recaption`, to all.
   */
  addItems(dataset: string, items: NewItem[], recaption?: boolean): Promise<{ added: number; duplicates: number }>
  addQuarantined(dataset: string, files: Quarantined[]): Promise<void>
  listQuarantined(dataset: string): Promise<Quarantined[]>
  listItems(query: {
    dataset: string
    offset: number
    limit: number
    tag?: string
    search?: string
  }): Promise<{ total: number; items: Item[] }>
  listTags(dataset: string): Promise<Tag[]>
  /** Shape statistics for `datasets.suggest`: median side and how many pictures have colour or transparency. */
  shapes(dataset: string): Promise<{ items: number; medianSide: number; grey: number; rgba: number }>
  setRemoved(items: string[], removed: boolean): Promise<number>
  setCaption(item: string, caption: string | null): Promise<void>
  /** All present items of a dataset in a stable order. */
  storedItems(dataset: string): Promise<StoredItem[]>
  itemBlob(item: string, which: 'media' | 'thumbnail'): Promise<Blob>
  getItems(ids: string[]): Promise<StoredItem[]>

  /** `fingerprint`: SHA-256 over preparation and item hashes; the same one gives the stored version back. */
  createVersion(
    version: Omit<Version, 'number' | 'name' | 'createdAt' | 'coverage'> & { fingerprint: string; coverage?: TextCoverage },
  ): Promise<Version>
  findVersion(dataset: string, fingerprint: string): Promise<Version | null>
  getVersion(id: string): Promise<Version>
  listVersions(dataset?: string): Promise<Version[]>

  createRun(run: Run): Promise<Run>
  updateRun(id: string, change: Partial<Run>): Promise<Run>
  getRun(id: string): Promise<Run>
  /** By id, by name (newest first), or `latest`. */
  findRun(idOrName: string): Promise<Run>
  listRuns(): Promise<Run[]>
  removeRun(id: string): Promise<void>

  appendMetrics(run: string, rows: MetricRow[]): Promise<void>
  /** Rows after `after`, thinned evenly to at most `limit`; the first and the last always stay. */
  readMetrics(run: string, after: number, limit: number): Promise<MetricRow[]>
  /** Takes back metrics, samples and checkpoints beyond a step: a resumed run's record equals a whole run's. */
  rewind(run: string, step: number): Promise<void>
  addSample(sample: Sample): Promise<void>
  listSamples(run: string): Promise<Sample[]>
  addCheckpoint(run: string, row: Omit<CheckpointRow, 'createdAt'>): Promise<void>
  removeCheckpoint(run: string, step: number): Promise<void>
  listCheckpoints(run: string): Promise<CheckpointRow[]>

  addExport(result: ExportResult): Promise<void>
  listExports(run: string): Promise<ExportResult[]>
}
