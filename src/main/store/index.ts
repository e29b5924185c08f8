/** The store as main sees it: every method asks the one writer thread and waits without blocking. */
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { StudioError } from '../../contract/errors'
import { program } from '../programs'
import { unpackError } from './messages'
import type { Opened, Reply, Request, WorkerData } from './messages'
import type { Queries } from './queries'
import type { Store, StoredItem } from './store'

export type * from './store'

/** Methods that are one question and one answer. Those that are not are written out in `facade`. */
type Direct = Exclude<keyof Store, 'close' | 'storedItems' | 'getItems'>

/** Listed by name, so that a method that is missing here does not compile. */
const direct: Record<Direct, true> = {
  project: true,
  listDatasets: true,
  getDataset: true,
  createDataset: true,
  renameDataset: true,
  addItems: true,
  addQuarantined: true,
  listQuarantined: true,
  listItems: true,
  listTags: true,
  shapes: true,
  setRemoved: true,
  setCaption: true,
  itemBlob: true,
  createVersion: true,
  findVersion: true,
  getVersion: true,
  listVersions: true,
  createRun: true,
  updateRun: true,
  getRun: true,
  findRun: true,
  listRuns: true,
  removeRun: true,
  appendMetrics: true,
  readMetrics: true,
  rewind: true,
  addSample: true,
  listSamples: true,
  addCheckpoint: true,
  removeCheckpoint: true,
  listCheckpoints: true,
  addExport: true,
  listExports: true,
}

/** Items in one message between the threads: unpacking more would hold main up for longer than a frame. */
const PAGE = 1000

export interface OpenOptions {
  /** Makes the project where there is none. */
  create?: { name: string }
  /** The thread's program; the built one when absent. */
  worker?: string
}

/**
 * Opens the project in `folder` and becomes its owner. Throws `project-foreign`, `project-newer`, `project-busy` or
 * `project-damaged` (the bad file was moved aside; opening again opens its last backup).
 */
export async function openStore(folder: string, { create, worker = program('store-worker') }: OpenOptions = {}): Promise<Store> {
  const data: WorkerData = { folder: resolve(folder), create }
  const thread = new Worker(worker, { workerData: data, execArgv: [], name: 'store' })
  const ask = await connect(thread)
  return facade(ask, thread)
}

type Ask = (method: Request['method'], args: unknown[]) => Promise<unknown>

/** Waits until the project is open; then each question is a promise, and a thread that dies rejects all of them. */
async function connect(thread: Worker): Promise<Ask> {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: unknown): void }>()
  let gone: unknown
  let next = 0

  let opening: { resolve(): void; reject(error: unknown): void } | undefined
  const opened = new Promise<void>((resolve, reject) => (opening = { resolve, reject }))
  const fail = (error: unknown) => {
    gone ??= error
    opening?.reject(gone)
    for (const { reject } of waiting.values()) reject(gone)
    waiting.clear()
  }
  thread.on('message', (message: Opened | Reply) => {
    if ('opened' in message) {
      if (message.opened) opening?.resolve()
      else fail(unpackError(message.error))
      return
    }
    const question = waiting.get(message.id)
    waiting.delete(message.id)
    if ('error' in message) question?.reject(unpackError(message.error))
    else question?.resolve(message.result)
  })
  thread.on('error', (thrown) => fail(new StudioError('unexpected', {}, { cause: thrown })))
  thread.on('exit', () => fail(new StudioError('project-none')))
  await opened

  return (method, args) =>
    new Promise((resolve, reject) => {
      if (gone) return reject(gone)
      waiting.set(next, { resolve, reject })
      thread.postMessage({ id: next++, method, args } satisfies Request)
    })
}

function facade(ask: Ask, thread: Worker): Store {
  const methods = Object.fromEntries(
    Object.keys(direct).map((name) => [name, (...args: unknown[]) => ask(name as Direct, args)]),
  ) as unknown as Pick<Store, Direct>
  let closing: Promise<void> | undefined
  return {
    ...methods,
    async storedItems(dataset) {
      const all: StoredItem[] = []
      let page: ReturnType<Queries['storedPage']> = { items: [], last: -1 }
      do {
        page = (await ask('storedPage', [dataset, page.last, PAGE])) as typeof page
        all.push(...page.items)
      } while (page.items.length === PAGE)
      return all
    },
    async getItems(ids) {
      const all: StoredItem[] = []
      for (let at = 0; at < ids.length; at += PAGE)
        all.push(...((await ask('getItems', [ids.slice(at, at + PAGE)])) as StoredItem[]))
      return all
    },
    close() {
      closing ??= (async () => {
        const ended = new Promise((resolve) => thread.once('exit', resolve))
        await ask('close', [])
        await ended
      })()
      return closing
    },
  }
}
