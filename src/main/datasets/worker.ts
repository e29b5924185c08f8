/** The import worker: a thread that decodes what strangers made, so that nothing of it happens in main's own. */
import { parentPort, workerData } from 'node:worker_threads'
import { packError } from '../store/messages'
import type { StoredItem } from '../store/store'
import { isOfTexts } from '../../contract/nouns'
import { channelsOf, preparePictures, writePack } from './freeze'
import { coverTexts, textFingerprint, writeTexts } from './freeze-texts'
import type { FrozenTexts } from './freeze-texts'
import { importInto } from './import'
import type { Channel } from './import'
import { survey } from './importers/survey'
import type { FromWorker, Task, ToWorker } from './messages'
import { drawSample } from './samples'
import { fingerprintOf, splitItems } from './split'
import { suggestTexts } from './suggest-texts'
import { splitTexts } from './text-parts'

const port = parentPort!
const task = workerData as Task
const abort = new AbortController()
const send = (message: FromWorker) => port.postMessage(message)

/** Answers in the order they came; whoever waits gets the next one. */
const arrived: ToWorker[] = []
let wake = () => {}
port.on('message', (message: ToWorker) => {
  if (message.type === 'cancel') abort.abort()
  else arrived.push(message)
  wake()
})

async function next<Type extends ToWorker['type']>(type: Type): Promise<Extract<ToWorker, { type: Type }>> {
  while (arrived.length === 0) {
    abort.signal.throwIfAborted()
    await new Promise<void>((resolve) => (wake = resolve))
  }
  const message = arrived.shift()!
  if (message.type !== type) throw new Error(`expected ${type}, got ${message.type}`)
  return message as Extract<ToWorker, { type: Type }>
}

async function allItems(): Promise<StoredItem[]> {
  const items: StoredItem[] = []
  for (let last = false; !last;) {
    const page = await next('items')
    items.push(...page.items)
    last = page.last
  }
  return items
}

const PROGRESS_MS = 50
let toldAt = -Infinity

const channel: Channel = {
  signal: abort.signal,
  progress(done, total) {
    const now = performance.now()
    if (done < total && done > 0 && now - toldAt < PROGRESS_MS) return
    toldAt = now
    send({ type: 'progress', done, total })
  },
  async record(segment) {
    send({ type: 'record', ...segment })
    // Cancelled or not: what is durable is recorded before the worker goes on or ends.
    while (arrived.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    arrived.shift()
  },
}

/** What only the whole work told: the numbers of a version of texts; null where it was there or is of pictures. */
async function freeze({ project, preparation }: Extract<Task, { type: 'freeze' }>): Promise<FrozenTexts | null> {
  if (isOfTexts(preparation)) {
    const parts = splitTexts(await allItems(), preparation)
    send({ type: 'plan', fingerprint: textFingerprint(parts, preparation), items: 0, train: 0, channels: 0 })
    const { folder } = await next('build')
    return folder === null ? null : writeTexts(project, folder, parts, preparation, channel)
  }
  const parts = splitItems(await allItems(), preparation)
  const channels = channelsOf(preparation.colour, parts.items)
  send({ type: 'plan', fingerprint: fingerprintOf(parts, preparation), items: parts.items.length, train: parts.train, channels })
  const { folder } = await next('build')
  if (folder !== null) await writePack(project, folder, parts, preparation, channels, channel)
  return null
}

async function run(): Promise<unknown> {
  switch (task.type) {
    case 'import':
      return importInto(task.project, (refuse) => survey(task.paths, refuse, task.wanted), channel)
    case 'sample':
      return importInto(task.project, async () => drawSample(task.sample, task), channel)
    case 'freeze':
      return freeze(task)
    case 'suggest-texts':
      return suggestTexts(task.project, await allItems(), abort.signal)
    case 'cover-texts':
      return coverTexts(task.project, await allItems(), task.preparation, abort.signal)
    case 'prepare':
      return preparePictures(task.project, await allItems(), task.paths, task.preparation, task.channels)
  }
}

try {
  send({ type: 'done', result: await run() })
} catch (thrown) {
  send({ type: 'failed', error: packError(thrown) })
}
port.close()
