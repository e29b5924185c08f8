/** Main's end of an import worker: starts it, answers what it asks, ends it. */
import { Worker } from 'node:worker_threads'
import { StudioError } from '../../contract/errors'
import { program } from '../programs'
import { unpackError } from '../store/messages'
import type { StoredItem } from '../store/store'
import type { FromWorker, Task, ToWorker } from './messages'

/** A decoder that ignores a cancellation this long is ended. */
const PATIENCE_MS = 10_000
const PAGE = 1000

type Told<Type extends FromWorker['type']> = Extract<FromWorker, { type: Type }>

export interface TaskHandlers {
  signal: AbortSignal
  progress?(done: number, total: number): void
  record?(segment: Told<'record'>): Promise<void>
  /** Where to build what is planned, or null when it is there. */
  plan?(plan: Told<'plan'>): Promise<string | null>
  /** What the task works on, besides files. */
  items?: StoredItem[]
}

/** Runs a task to its end and gives its result. Cancelled: the worker records what it has, then an `AbortError` is thrown. */
export async function runTask(task: Task, handlers: TaskHandlers, file = program('import-worker')): Promise<unknown> {
  const { signal } = handlers
  signal.throwIfAborted()
  const thread = new Worker(file, {
    workerData: task,
    execArgv: [],
    name: task.type,
    resourceLimits: { maxOldGenerationSizeMb: 2048 },
  })
  const send = (message: ToWorker) => thread.postMessage(message)
  let patience: NodeJS.Timeout | undefined
  const cancel = () => {
    send({ type: 'cancel' })
    patience = setTimeout(() => void thread.terminate(), PATIENCE_MS)
  }
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const ended = new Promise((resolve, reject) => {
      // One after the other: a slow answer must not be overtaken by what the worker says next.
      let turn = Promise.resolve()
      thread.on('message', (message: FromWorker) => {
        turn = turn.then(() => hear(message)).catch(reject)
      })
      thread.on('error', (thrown) => reject(new StudioError('unexpected', {}, { cause: thrown })))
      const early = () =>
        signal.aborted ? signal.reason : new StudioError('unexpected', {}, { cause: 'the import worker ended early' })
      thread.on('exit', () => turn.then(() => reject(early())))

      async function hear(message: FromWorker): Promise<void> {
        if (message.type === 'progress') handlers.progress?.(message.done, message.total)
        else if (message.type === 'record') {
          await handlers.record?.(message)
          send({ type: 'recorded' })
        } else if (message.type === 'plan') send({ type: 'build', folder: (await handlers.plan?.(message)) ?? null })
        else if (message.type === 'done') resolve(message.result)
        else reject(unpackError(message.error))
      }
    })
    const items = handlers.items
    if (items) await Promise.race([ended, sendItems(items, send)])
    const result = await ended
    signal.throwIfAborted()
    return result
  } finally {
    signal.removeEventListener('abort', cancel)
    clearTimeout(patience)
    await thread.terminate()
  }
}

/** In pages with a breath between them: main must never be busy for longer than a frame. */
async function sendItems(items: StoredItem[], send: (message: ToWorker) => void): Promise<void> {
  for (let at = 0; at === 0 || at < items.length; at += PAGE) {
    send({ type: 'items', items: items.slice(at, at + PAGE), last: at + PAGE >= items.length })
    await new Promise((resolve) => setImmediate(resolve))
  }
}
