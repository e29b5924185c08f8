/** The other end: reaches the studio that has a project open, as a client of the whole contract. */
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import type { contract } from '../../contract'
import { Address, ADDRESS_FILE, createLine, type Word } from './wire'

export interface Owner {
  client: ContractRouterClient<typeof contract>
  grant(path: string): Promise<string>
  close(): void
}

const WAIT_MS = 5000

/** Null when nobody answers: no owner, one from before a crash, or one that another user runs. */
export async function callOwner(folder: string): Promise<Owner | null> {
  let address: Address
  try {
    address = Address.parse(JSON.parse(await readFile(join(folder, ADDRESS_FILE), 'utf8')))
  } catch {
    return null
  }
  const socket = connect(address.socket)
  const granted = new Map<number, (grant: string) => void>()
  let nextId = 1
  const welcome = Promise.withResolvers<boolean>()
  const line = createLine(
    socket,
    (word: Word) => {
      if (word.type === 'welcome') welcome.resolve(true)
      if (word.type === 'granted') granted.get(word.id)?.(word.grant)
    },
    () => true,
  )
  const late = setTimeout(() => socket.destroy(), WAIT_MS)
  socket.on('connect', () => line.say({ type: 'hello', token: address.token }))
  socket.on('close', () => welcome.resolve(false))
  const reached = await welcome.promise
  clearTimeout(late)
  if (!reached) return null
  const link = new RPCLink({ port: line.port as unknown as MessagePort })
  return {
    client: createORPCClient(link),
    grant(path) {
      const id = nextId++
      const { promise, resolve } = Promise.withResolvers<string>()
      granted.set(id, resolve)
      line.say({ type: 'grant', id, path })
      return promise
    },
    close: () => socket.destroy(),
  }
}
