/** One browser's connection: oRPC over a WebSocket that neither a flood nor a slow reader can use to fill our memory. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Studio } from '../../studio'
import { isCall, MAX_CALLS, MAX_MESSAGE } from '../limits'

/** What may wait for a reader that has stopped reading, and for how long, before the connection is given up. */
const MAX_WAITING = 8 * 2 ** 20
const STALLED_MS = 5000
/** Beyond this in the socket's own buffer, further messages wait. */
const HIGH_WATER = 2 ** 20
const PING_MS = 15_000
const SILENT_MS = 30_000
const MAX_SOCKETS = 32

export interface Sockets {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, session: string): boolean
  endSession(session: string): void
  close(): void
}

export function createSockets(router: Studio['router']): Sockets {
  // No compression: it costs more time than a local wire saves, and its memory is the attacker's to fill.
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    maxFragments: 1024,
    perMessageDeflate: false,
    clientTracking: false,
  })
  const open = new Map<WebSocket, { session: string; heardAt: number }>()

  const timer = setInterval(() => {
    for (const [socket, { heardAt }] of open) {
      if (performance.now() - heardAt > SILENT_MS) socket.terminate()
      else socket.ping()
    }
  }, PING_MS)
  timer.unref()

  function serve(socket: WebSocket, session: string): void {
    const about = { session, heardAt: performance.now() }
    open.set(socket, about)
    const heard = () => void (about.heardAt = performance.now())
    socket.on('pong', heard).on('message', heard)
    socket.on('close', () => open.delete(socket))
    // The reason is in the close code already; without a listener Node would end the program.
    socket.on('error', () => {})
    let calls = 0
    const handler = new RPCHandler(router, {
      rootInterceptors: [
        async ({ next }) => {
          if (++calls > MAX_CALLS) socket.close(1008, 'too many calls at once')
          try {
            return await next()
          } finally {
            calls--
          }
        },
      ],
    })
    handler.upgrade({
      send: outbox(socket),
      addEventListener: (type: string, listener: (event: { data: unknown }) => void) => {
        if (type === 'close') socket.on('close', () => listener({ data: null }))
        else
          socket.on('message', (data, binary) => {
            const message = data.toString()
            if (binary || !isCall(message)) socket.close(1008, 'not a call')
            else listener({ data: message })
          })
      },
    } as unknown as Parameters<typeof handler.upgrade>[0])
  }

  return {
    accept(request, socket, head, session) {
      if (open.size >= MAX_SOCKETS) return false
      server.handleUpgrade(request, socket, head, (live) => serve(live, session))
      return true
    },
    endSession(session) {
      for (const [socket, about] of open) if (about.session === session) socket.close(1008, 'session ended')
    },
    close() {
      clearInterval(timer)
      for (const socket of open.keys()) socket.terminate()
    },
  }
}

/**
 * Sends in order; resolves once the socket has room again, so that a stream of events waits for its reader. A reader that takes
 * nothing for a while, with too much waiting for it, is cut off with 1013 (try again later): it reconnects and starts afresh.
 */
export function outbox(socket: Pick<WebSocket, 'send' | 'close' | 'bufferedAmount' | 'on'>): (message: string) => Promise<void> {
  let waiting = 0
  let last: Promise<void> = Promise.resolve()
  let movedAt = performance.now()
  let closed = false
  socket.on('close', () => (closed = true))

  function room(): Promise<void> {
    return new Promise((resolve) => {
      let before = socket.bufferedAmount
      const look = () => {
        const now = socket.bufferedAmount
        if (now < before) movedAt = performance.now()
        before = now
        if (closed || now <= HIGH_WATER) return resolve()
        if (waiting + now > MAX_WAITING && performance.now() - movedAt > STALLED_MS) {
          closed = true
          socket.close(1013, 'slow reader')
          return resolve()
        }
        setTimeout(look, 20)
      }
      look()
    })
  }

  return (message) => {
    if (closed) return Promise.resolve()
    waiting += message.length
    last = last.then(async () => {
      if (!closed) await room()
      waiting -= message.length
      if (closed) return
      movedAt = performance.now()
      socket.send(message)
    })
    return last
  }
}
