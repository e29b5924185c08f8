/** The owner of an open project listens for commands on it, so that `latent pause` reaches the studio that trains. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { AnyRouter } from '@orpc/server'
import { RPCHandler } from '@orpc/server/message-port'
import type { Grants } from '../grants'
import type { Address } from './wire'
import { ADDRESS_FILE, createLine, socketPath, type Line } from './wire'

const same = (a: string, b: string) => {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

export interface OwnerOptions {
  folder: string
  router: AnyRouter
  grants: Grants
}

export interface Listening {
  /** Whether commands of other processes work here now. */
  hasGuests(): boolean
  /** Resolves once none does. */
  alone(): Promise<void>
  close(): Promise<void>
}

/** Listens until closed. A system that refuses the socket costs only this convenience: null then. */
export async function listenAsOwner({ folder, router, grants }: OwnerOptions): Promise<Listening | null> {
  const file = join(folder, ADDRESS_FILE)
  const token = randomBytes(32).toString('base64url')
  const handler = new RPCHandler(router)
  const sockets = new Set<Socket>()

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    let welcome = false
    const line: Line = createLine(
      socket,
      (word) => {
        if (word.type === 'hello' && same(word.token, token)) {
          welcome = true
          handler.upgrade(line.port as unknown as MessagePort, { context: {} })
          line.say({ type: 'welcome' })
        } else if (word.type === 'grant' && welcome) line.say({ type: 'granted', id: word.id, grant: grants.give(word.path) })
        else socket.destroy()
      },
      () => welcome,
    )
  })
  try {
    const path = socketPath(folder)
    if (process.platform !== 'win32') await rm(path, { force: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    if (process.platform !== 'win32') await chmod(path, 0o600)
    await rm(file, { force: true })
    const address: Address = { formatVersion: 1, socket: path, token }
    await writeFile(file, JSON.stringify(address), { mode: 0o600, flag: 'wx' })
  } catch {
    server.close()
    return null
  }
  // A socket must not keep a finished program alive.
  server.unref()
  return {
    hasGuests: () => sockets.size > 0,
    async alone() {
      for (const socket of sockets) await new Promise((closed) => socket.once('close', closed))
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
      const ours = await readFile(file, 'utf8').then(
        (text) => text.includes(token),
        () => false,
      )
      if (ours) await rm(file, { force: true })
    },
  }
}
