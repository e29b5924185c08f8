/** Datasets: import, look, set aside, freeze. Everything that decodes runs in the import worker. */
import { rm } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { ImportResult, datasets as contract } from '../../contract/datasets'
import { StudioError } from '../../contract/errors'
import { isOfTexts } from '../../contract/nouns'
import type { AnyPreparation, Dataset, Kind, Version } from '../../contract/nouns'
import type { TextPreparation } from '../../contract/texts'
import type { Grants } from '../grants'
import { newId } from '../jobs'
import type { JobHandle, Jobs } from '../jobs'
import { readBlob, sweepMedia } from '../media'
import type { Service } from '../service'
import type { Store } from '../store/store'
import type { FrozenTexts } from './freeze-texts'
import type { ImportOutcome } from './import'
import type { Task } from './messages'
import { isEncoding } from './importers/encoding'
import { samples } from './samples'
import { suggestPreparation } from './suggest'
import { runTask } from './thread'
import { isWhole, sweepVersions, versionFolder } from './versions'

/** Fewer pictures than this teach nothing. */
const LEAST = 8

export interface Datasets extends Service<typeof contract> {
  /** Items, then files, prepared as a version's pictures are: u8 [items + files, height, width, channels]. */
  prepare(what: { items: string[]; paths: string[] }, version: string): Promise<Uint8Array>
  /** Cancels what runs and waits for it. */
  close(): Promise<void>
}

export interface DatasetsOptions {
  store: Store
  /** The project's folder. */
  folder: string
  jobs: Jobs
  grants: Grants
  /** The import worker's program; the built one when absent. */
  worker?: string
}

export function createDatasets({ store, folder, jobs, grants, worker }: DatasetsOptions): Datasets {
  /** What a crash left goes before anything new is written. Failing to tidy up is no reason not to work. */
  const swept = (async () => {
    await sweepMedia(folder)
    await sweepVersions(folder, await store.listVersions())
  })().catch(() => {})
  const closing = new AbortController()
  const running = new Map<string, Promise<unknown>>()

  /** A job of this project: it ends when the project closes. */
  function start(about: Parameters<Jobs['start']>[0], work: (job: JobHandle) => Promise<unknown>): { job: string } {
    let ended = () => {}
    const whole = new Promise<void>((resolve) => (ended = resolve))
    const started = jobs.start(about, async (job) => {
      try {
        await swept
        return await work(job)
      } finally {
        ended()
      }
    })
    running.set(started.job, whole)
    void whole.then(() => running.delete(started.job))
    return started
  }

  /** Runs an import task and records what it brings. The dataset is made with the first of it, so that a failure leaves none. */
  async function bring(task: Task, into: { id: string } | { name: string }, from: string, job: JobHandle): Promise<ImportResult> {
    let dataset = 'id' in into ? into.id : undefined
    const result = { added: 0, duplicates: 0, quarantined: [] as ImportResult['quarantined'] }
    const outcome = await runTask(
      task,
      {
        ...job,
        async record({ kind, items, quarantined }) {
          dataset ??= (await store.createDataset({ name: 'name' in into ? into.name : from, kind })).id
          // Who names the column wants its captions in the place of others.
          const recaption = task.type === 'import' && typeof task.wanted.caption === 'string'
          const { added, duplicates } = await store.addItems(dataset, items, recaption)
          if (quarantined.length > 0) await store.addQuarantined(dataset, quarantined)
          result.added += added
          result.duplicates += duplicates
          result.quarantined.push(...quarantined)
        },
      },
      worker,
    )
    const { ignored, offered, read, lists } = outcome as ImportOutcome
    if (dataset === undefined || offered === 0) throw new StudioError('nothing-found', { file: from })
    const { kind, items, classes } = await store.getDataset(dataset)
    return { dataset, kind, items, classes, ...result, ignored, read, lists }
  }

  async function freeze({ id: dataset, name, kind }: Dataset, preparation: AnyPreparation, job: JobHandle): Promise<Version> {
    const items = await store.storedItems(dataset)
    if (kind === 'images' && items.length < LEAST) throw new StudioError('dataset-empty', { dataset: name, least: LEAST })
    let version: Version | null = null
    let planned: { id: string; about: Omit<Parameters<Store['createVersion']>[0], 'id'> } | undefined
    let texts: FrozenTexts | null
    const plan = async (wanted: { fingerprint: string; items: number; train: number; channels: number }) => {
      const { fingerprint, items: all, train, channels } = wanted
      version = await store.findVersion(dataset, fingerprint)
      if (version && (await isWhole(versionFolder(folder, version.id)))) return null
      const about = { dataset, preparation, items: all, train, test: all - train, channels, fingerprint }
      // A version whose files are gone is built again in its place.
      planned = { id: version?.id ?? newId(), about }
      return versionFolder(folder, planned.id)
    }
    try {
      texts = (await runTask({ type: 'freeze', project: folder, preparation }, { ...job, items, plan }, worker)) as typeof texts
    } catch (thrown) {
      if (planned) await rm(versionFolder(folder, planned.id), { recursive: true, force: true })
      throw thrown
    }
    if (version) return version
    const known = texts && { ...texts, test: texts.items - texts.train }
    const stored = await store.createVersion({ ...planned!.about, ...known, id: planned!.id })
    // Another freeze of the same was faster.
    if (stored.id !== planned!.id) await rm(versionFolder(folder, planned!.id), { recursive: true, force: true })
    return stored
  }

  /** The dataset, or `kind-differs`. */
  async function demand(id: string, kind: Kind): Promise<Dataset> {
    const known = await store.getDataset(id)
    if (known.kind !== kind) throw new StudioError('kind-differs', { dataset: known.name, kind: known.kind })
    return known
  }

  const ofTexts = async <Result>(task: Task, dataset: string) =>
    (await runTask(task, { signal: closing.signal, items: await store.storedItems(dataset) }, worker)) as Result

  return {
    list: () => store.listDatasets(),
    get: ({ dataset }) => store.getDataset(dataset),
    async import({ grants: given, dataset, name, kind, texts, caption }) {
      if (kind === 'sounds') throw new StudioError('wrong-input', { reason: 'sounds cannot be imported yet' })
      if (texts?.encoding !== undefined && !isEncoding(texts.encoding))
        throw new StudioError('wrong-input', { reason: `there is no encoding “${texts.encoding}”` })
      const paths = given.map((grant) => grants.path(grant))
      const known = dataset === undefined ? undefined : await store.getDataset(dataset)
      if (known && kind && known.kind !== kind) throw new StudioError('kind-differs', { dataset: known.name, kind: known.kind })
      const from = basename(paths[0]!)
      const fresh = name ?? (basename(from, extname(from)).trim().slice(0, 80) || 'Pictures')
      return start({ kind: 'import', title: known?.name ?? fresh, unit: 'items' }, async (job) => {
        try {
          const wanted = { kind: known?.kind ?? kind, texts, caption }
          return await bring({ type: 'import', project: folder, paths, wanted }, known ?? { name: fresh }, from, job)
        } finally {
          // A grant is for one import; the studio's own copy of an upload goes with it.
          await Promise.all(given.map((grant) => grants.release(grant)))
        }
      })
    },
    async sample({ sample, count, seed }) {
      const { title } = samples[sample]
      const task: Task = { type: 'sample', project: folder, sample, count, seed }
      return start({ kind: 'sample', title, unit: 'items' }, (job) => bring(task, { name: title }, title, job))
    },
    items: (query) => store.listItems(query),
    tags: ({ dataset }) => store.listTags(dataset),
    quarantined: ({ dataset }) => store.listQuarantined(dataset),
    rename: ({ dataset, name }) => store.renameDataset(dataset, name),
    removeItems: async ({ items }) => ({ removed: await store.setRemoved(items, true) }),
    restoreItems: async ({ items }) => ({ restored: await store.setRemoved(items, false) }),
    describe: ({ item, caption }) => store.setCaption(item, caption),
    async suggest({ dataset }) {
      if ((await store.getDataset(dataset)).kind === 'texts')
        return ofTexts<TextPreparation>({ type: 'suggest-texts', project: folder }, dataset)
      return suggestPreparation(await store.shapes(dataset))
    },
    async cover({ dataset, preparation }) {
      await demand(dataset, 'texts')
      return ofTexts({ type: 'cover-texts', project: folder, preparation }, dataset)
    },
    async text({ item }) {
      const blob = await store.itemBlob(item, 'media')
      if (blob.type !== 'text/plain') throw new StudioError('not-found', { what: 'text', id: item })
      return (await readBlob(folder, blob)).toString('utf8')
    },
    async freeze({ dataset, preparation }) {
      const known = await demand(dataset, isOfTexts(preparation) ? 'texts' : 'images')
      if (known.kind === 'images' && known.items < LEAST)
        throw new StudioError('dataset-empty', { dataset: known.name, least: LEAST })
      return start({ kind: 'freeze', title: known.name, unit: 'items' }, (job) => freeze(known, preparation, job))
    },
    versions: ({ dataset }) => store.listVersions(dataset),
    async prepare({ items, paths }, id) {
      const { preparation, channels } = await store.getVersion(id)
      if (isOfTexts(preparation)) throw new StudioError('wrong-input', { reason: 'texts have no pixels' })
      const task: Task = { type: 'prepare', project: folder, paths, preparation, channels: channels as 1 | 3 | 4 }
      return (await runTask(task, { signal: closing.signal, items: await store.getItems(items) }, worker)) as Uint8Array
    },
    async close() {
      closing.abort()
      for (const job of running.keys()) jobs.cancel(job)
      await Promise.all(running.values())
      await swept
    },
  }
}
