/** The store's thread: the one writer of a project. Owns the connection from opening to closing; answers in order. */
import { existsSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { StudioError } from '../../contract/errors'
import { writeBackup } from './backups'
import { asProjectError, packError } from './messages'
import type { Opened, Reply, Request, WorkerData } from './messages'
import { claimFolder, isDamage, moveAside, openProjectFile, takeOwnership } from './project-file'
import { createQueries } from './queries'

const port = parentPort!
const { folder, create } = workerData as WorkerData

function open() {
  claimFolder(folder, create !== undefined)
  const lock = join(folder, 'owner.db')
  const stranger = !existsSync(lock)
  const owner = takeOwnership(folder)
  try {
    return { owner, db: openProjectFile(folder, create) }
  } catch (thrown) {
    owner.close()
    // A folder that turned out not to be ours is left as it was found.
    if (stranger) rmSync(lock, { force: true })
    throw thrown
  }
}

function serve({ owner, db }: ReturnType<typeof open>): void {
  const queries = createQueries(db)
  const changes = () => db.prepare('select total_changes()').pluck().get()
  let damaged = false

  function answer({ method, args }: Request): unknown {
    if (damaged) throw new StudioError('project-damaged', { file: basename(folder) })
    try {
      return (queries[method as keyof typeof queries] as (...args: unknown[]) => unknown)(...args)
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown
      // Nothing more is written into a damaged file; what is in it stays.
      damaged = true
      db.close()
      moveAside(folder)
      throw new StudioError('project-damaged', { file: basename(folder) }, { cause: thrown })
    }
  }

  async function close(): Promise<void> {
    // A failed backup must not keep a project open: the project itself is whole.
    if (!damaged && changes() !== 0) await writeBackup(db, folder).catch(() => {})
    db.close()
    owner.close()
  }

  port.on('message', async (request: Request) => {
    let reply: Reply
    try {
      reply = { id: request.id, result: request.method === 'close' ? await close() : answer(request) }
    } catch (thrown) {
      reply = { id: request.id, error: packError(asProjectError(thrown, basename(folder))) }
    }
    port.postMessage(reply)
    if (request.method === 'close') port.close()
  })
}

let opened: Opened
try {
  serve(open())
  opened = { opened: true }
} catch (thrown) {
  opened = { opened: false, error: packError(asProjectError(thrown, basename(folder))) }
}
port.postMessage(opened)
if (!opened.opened) port.close()
