/**
 * The web host: the same studio for a browser on this machine, or at the end of a tunnel. It carries messages and files; what it
 * adds is the door. Every request passes the guard (address and origin), then the session, then the table of routes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { StudioError } from '../../../contract/errors'
import { studioHome } from '../../home'
import { appRoot } from '../../programs'
import type { Studio } from '../../studio'
import { HEADERS } from '../policy'
import { createGuard, literal } from './guard'
import { loginPage } from './login'
import { refuse, reply, replyError } from './reply'
import { createRoutes, type Route } from './routes'
import { createSessions } from './sessions'
import { createSockets } from './socket'
import { createUploads } from './uploads'

export interface ServeOptions {
  studio: Studio
  /** 0, the default, takes any free port. */
  port?: number
  /** The address to bind; anything but the loopback address needs `allowHosts`. */
  host?: string
  /** Names under which the host is reached besides its own, `name` or `name:port`. */
  allowHosts?: readonly string[]
  /** One line for each refusal, without secrets. */
  log?: (line: string) => void
  /** Where uploads wait to be imported. */
  home?: string
  /** The built page. */
  page?: string
}

export interface WebHost {
  /** Where to log in: good once, for a minute. */
  url: string
  /** Another such address. */
  freshUrl(): string
  port: number
  routes: readonly Route[]
  close(): Promise<void>
}

const HEADERS_MS = 10_000
/** A connection on which nothing moves for this long is over, an upload's too. */
const SILENT_MS = 60_000
const LOOPBACK = new Set(['127.0.0.1', '::1'])

/** Starts listening. Throws `usage` when asked to listen beyond this machine without saying under which names. */
export async function serveWeb(options: ServeOptions): Promise<WebHost> {
  const {
    studio,
    port = 0,
    allowHosts = [],
    log = () => {},
    home = studioHome(),
    page = join(appRoot(), 'out', 'renderer'),
  } = options
  const host = options.host === undefined || options.host === 'localhost' ? '127.0.0.1' : options.host
  if (!LOOPBACK.has(host) && allowHosts.length === 0)
    throw new StudioError('usage', {
      reason: `--host ${host} lets other computers in: name the studio's address with --allow-host`,
    })

  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: HEADERS_MS,
    connectionsCheckingInterval: 1000,
    // Node's own limit would end long uploads; bodies have limits of their own.
    requestTimeout: 0,
    keepAliveTimeout: 5000,
    insecureHTTPParser: false,
    // The guard looks at it, and its refusal carries our headers.
    requireHostHeader: false,
  })
  server.maxConnections = 128
  server.timeout = SILENT_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  const guard = createGuard({ host, port: bound, allowHosts })
  const sessions = createSessions(bound)
  const sockets = createSockets(studio.router)
  sessions.onEnd((session) => sockets.endSession(session))
  const uploads = await createUploads(join(home, 'uploads'), studio.grants)
  const note = (request: IncomingMessage, status: number, reason: string) =>
    log(`refused ${request.method} ${(request.url ?? '').split('?')[0]!.slice(0, 100)} with ${status}: ${reason}`)

  /** For whoever comes without a good session or code. */
  async function stranger(request: IncomingMessage, response: ServerResponse): Promise<void> {
    note(request, 401, 'no session')
    await sleep(sessions.failed())
    if (request.method === 'GET' && request.headers['sec-fetch-dest'] === 'document')
      reply(response, 401, 'text/html', loginPage(request.headers['accept-language'], true), { Connection: 'close' })
    else refuse(response, 401, 'Log in first')
  }
  const routes = createRoutes({ studio, sessions, uploads, page, failed: (response) => stranger(response.req, response) })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = guard.check(request)
    if (refusal) {
      note(request, refusal.status, refusal.reason)
      return refuse(response, refusal.status, 'Refused')
    }
    const [pathname, search] = split(request.url!)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const route = routes.find((one) => one.method === method && one.path.test(pathname))
    const session = sessions.find(request.headers.cookie)
    if (!session && !route?.open) return stranger(request, response)
    if (!route) return refuse(response, 404, 'Not found')
    await route.handle({ request, response, pathname, query: new URLSearchParams(search), session })
  }

  server.on('request', (request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      if (response.headersSent || response.destroyed) response.destroy()
      else replyError(response, thrown)
    })
  })
  server.on('upgrade', (request, socket, head) => {
    const refusal = guard.check(request, true)
    const session = sessions.find(request.headers.cookie)
    if (refusal || request.url !== '/rpc' || !session) {
      const status = refusal?.status ?? (session ? 404 : 401)
      note(request, status, refusal?.reason ?? 'no connection')
      return turnAway(socket, status)
    }
    if (!sockets.accept(request, socket, head, session)) turnAway(socket, 503)
  })
  server.on('clientError', (_error, socket) => turnAway(socket, 400))

  const freshUrl = () => `http://${literal(host)}:${bound}/login#${sessions.code()}`
  return {
    url: freshUrl(),
    freshUrl,
    port: bound,
    routes,
    async close() {
      sessions.close()
      sockets.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      await uploads.close()
    },
  }
}

/** The path as it was sent, still encoded, and the query. `new URL` would resolve dots that we want to see. */
function split(url: string): [pathname: string, search: string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  421: 'Misdirected Request',
  503: 'Service Unavailable',
}

/** An answer for a connection that never became a request. */
function turnAway(socket: Duplex, status: number): void {
  if (!socket.writable) return void socket.destroy()
  const headers = Object.entries({ ...HEADERS, Connection: 'close', 'Content-Length': '0' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  socket.end(`HTTP/1.1 ${status} ${REASONS[status]}\r\n${headers.join('')}\r\n`)
  socket.on('error', () => {})
}
