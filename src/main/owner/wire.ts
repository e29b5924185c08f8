/**
 * Between a project's owner and a command on the same project: a socket that only this user can open, frames of the contract's
 * form, a token that lies in the project's folder. First `hello`, then grants for paths and the contract's own messages.
 */
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { encodeFrame, FrameReader } from '../../contract/frames'

/** Where an owner says how to reach it. */
export const ADDRESS_FILE = 'owner.json'
export const Address = z.strictObject({ formatVersion: z.literal(1), socket: z.string(), token: z.string().length(43) })
export type Address = z.infer<typeof Address>

export const Word = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), token: z.string() }),
  z.strictObject({ type: z.literal('welcome') }),
  z.strictObject({ type: z.literal('grant'), id: z.int(), path: z.string() }),
  z.strictObject({ type: z.literal('granted'), id: z.int(), grant: z.string() }),
  /** The body is a message of the contract's own protocol. */
  z.strictObject({ type: z.literal('rpc') }),
])
export type Word = z.infer<typeof Word>

/**
 * A short path, for a socket's may hardly be longer than a hundred bytes; in a folder of this user alone. The same for the same
 * project, so that what a crash left is taken over by the next owner.
 */
export function socketPath(folder: string): string {
  const mark = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\latent-${mark}`
  const home = join(tmpdir(), `latent-${userInfo().uid}`)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  // Made by someone else, it would not be ours to close to others: this throws, and the owner stays unreachable.
  chmodSync(home, 0o700)
  return join(home, `${mark}.sock`)
}

/** A socket as the message port that the contract's handler and link know. */
export interface Line {
  say(word: Word, body?: Uint8Array): void
  port: { postMessage(data: unknown): void; addEventListener(name: string, listener: (event: { data?: unknown }) => void): void }
}

/** `onWord` hears everything but the contract's own messages, which go to the port once `open()` says so. */
export function createLine(socket: Socket, onWord: (word: Word) => void, open: () => boolean): Line {
  const listeners: Record<string, ((event: { data?: unknown }) => void)[]> = { message: [], close: [] }
  const tell = (name: string, event: { data?: unknown }) => listeners[name]!.forEach((listener) => listener(event))
  const reader = new FrameReader(({ header, body }) => {
    const word = Word.parse(header)
    if (word.type !== 'rpc') return onWord(word)
    if (!open()) throw new Error('not logged in')
    tell('message', { data: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8') })
  })
  socket.on('data', (chunk) => {
    try {
      reader.push(chunk)
    } catch {
      socket.destroy()
    }
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => tell('close', {}))
  const say = (word: Word, body?: Uint8Array) => void (socket.writable && socket.write(encodeFrame(word, body)))
  return {
    say,
    port: {
      postMessage: (data) => say({ type: 'rpc' }, typeof data === 'string' ? Buffer.from(data) : (data as Uint8Array)),
      addEventListener: (name, listener) => void listeners[name]?.push(listener),
    },
  }
}
