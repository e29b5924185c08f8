/** Every address of the host and what it takes to use it. What is not in this table does not exist. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { StudioError } from '../../../contract/errors'
import { appRoot } from '../../programs'
import type { Studio } from '../../studio'
import { isMediaPath, pageFile } from '../files'
import { HEADERS, mediaHeaders } from '../policy'
import { LOGIN_SCRIPT, LOGIN_STYLE, loginPage } from './login'
import { readJson, refuse, reply, replyFile, replyJson } from './reply'
import type { Sessions } from './sessions'
import type { Uploads } from './uploads'

interface Visit {
  request: IncomingMessage
  response: ServerResponse
  pathname: string
  query: URLSearchParams
  /** Null only on routes that are open to strangers. */
  session: string | null
}

export interface Route {
  method: 'GET' | 'POST'
  path: RegExp
  /** Only the login page and what it needs. */
  open?: true
  /** Resolves when answered; what it throws becomes the answer. */
  handle(visit: Visit): Promise<void> | void
}

const MAX_LOGIN = 4096
const PATIENCE_MS = 10_000

export function createRoutes(about: {
  studio: Studio
  sessions: Sessions
  uploads: Uploads
  page: string
  failed(response: ServerResponse): Promise<void>
}): Route[] {
  const { studio, sessions, uploads, page } = about
  const fixed =
    (type: string, body: string): Route['handle'] =>
    ({ response }) =>
      reply(response, 200, type, body)

  async function logIn({ request, response }: Visit): Promise<void> {
    const body = (await readJson(request, MAX_LOGIN, PATIENCE_MS)) as { code?: unknown } | null
    const session = typeof body?.code === 'string' ? sessions.login(body.code) : null
    if (!session) return about.failed(response)
    response
      .writeHead(204, { ...HEADERS, 'Set-Cookie': `${sessions.cookie}=${session}; HttpOnly; SameSite=Strict; Path=/` })
      .end()
  }

  function logOut({ response, session }: Visit): void {
    sessions.end(session!)
    response
      .writeHead(204, { ...HEADERS, 'Set-Cookie': `${sessions.cookie}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0` })
      .end()
  }

  async function receive({ request, response, query }: Visit): Promise<void> {
    const length = Number(request.headers['content-length'] ?? NaN)
    const [name, folder, path] = ['name', 'folder', 'path'].map((key) => query.get(key))
    const to = folder && path ? { folder, path } : name ? { name } : null
    if (!to) throw new StudioError('wrong-input', { reason: 'a name is missing' })
    replyJson(response, await uploads.file(request, length, to))
  }

  async function media({ response, pathname }: Visit): Promise<void> {
    const part = isMediaPath(pathname) ? await studio.media(pathname) : null
    if (!part) return refuse(response, 404, 'Not found')
    await replyFile(response, part, mediaHeaders(part))
  }

  async function show({ response, pathname }: Visit): Promise<void> {
    const found = await pageFile(page, pathname)
    if (!found) return refuse(response, 404, 'Not found')
    // Names in `assets/` carry a hash of their content, which is the program and nothing of the person's.
    const cache = pathname.startsWith('/assets/') ? { 'Cache-Control': 'private, max-age=31536000, immutable' } : {}
    await replyFile(response, found, { ...HEADERS, ...cache, 'Content-Type': found.type, 'Content-Length': String(found.length) })
  }

  /** Browsers ask for this name by themselves. */
  async function icon({ response }: Visit): Promise<void> {
    const found = await pageFile(join(appRoot(), 'resources', 'icons'), '/icon-64.png')
    if (!found) return refuse(response, 404, 'Not found')
    await replyFile(response, found, { ...HEADERS, 'Content-Type': found.type, 'Content-Length': String(found.length) })
  }

  return [
    {
      method: 'GET',
      path: /^\/login$/,
      open: true,
      handle: ({ request, response }) => reply(response, 200, 'text/html', loginPage(request.headers['accept-language'], false)),
    },
    { method: 'GET', path: /^\/login\.js$/, open: true, handle: fixed('text/javascript', LOGIN_SCRIPT) },
    { method: 'GET', path: /^\/login\.css$/, open: true, handle: fixed('text/css', LOGIN_STYLE) },
    { method: 'POST', path: /^\/login$/, open: true, handle: logIn },
    { method: 'POST', path: /^\/logout$/, handle: logOut },
    { method: 'GET', path: /^\/session$/, handle: ({ response }) => replyJson(response, {}) },
    {
      method: 'POST',
      path: /^\/upload\/folder$/,
      handle: async ({ response, query }) => replyJson(response, await uploads.folder(query.get('name') ?? '')),
    },
    { method: 'POST', path: /^\/upload\/file$/, handle: receive },
    {
      method: 'POST',
      path: /^\/upload\/done$/,
      handle: async ({ response, query }) => replyJson(response, await uploads.done(query.get('folder') ?? '')),
    },
    { method: 'GET', path: /^\/favicon\.ico$/, handle: icon },
    { method: 'GET', path: /^\/media\//, handle: media },
    { method: 'GET', path: /^\//, handle: show },
  ]
}
