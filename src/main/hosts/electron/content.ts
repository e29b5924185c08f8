/** The window's only content: our built page and the project's media, under a scheme that reaches nothing else. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { protocol } from 'electron'
import { appRoot } from '../../programs'
import type { Studio } from '../../studio'
import { isMediaPath, pageFile } from '../files'
import { HEADERS, mediaHeaders } from '../policy'
import { isOurs, SCHEME } from './origin'

/** Before `ready`: the scheme acts like https (its own origin, secure context, fetch, streams) and bypasses no policy. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ])
}

export function serveContent(studio: Pick<Studio, 'media'>): void {
  protocol.handle(SCHEME, (request) => answer(studio, request))
}

async function answer(studio: Pick<Studio, 'media'>, { url, method }: Request): Promise<Response> {
  if (!isOurs(url) || (method !== 'GET' && method !== 'HEAD')) return refusal(403)
  const { pathname } = new URL(url)
  if (pathname.startsWith('/media/')) {
    const part = isMediaPath(pathname) ? await studio.media(pathname) : null
    return part ? stream(part, mediaHeaders(part)) : refusal(404)
  }
  const found = await pageFile(join(appRoot(), 'out', 'renderer'), pathname)
  if (!found) return refusal(404)
  return stream({ ...found, offset: 0 }, { ...HEADERS, 'Content-Type': found.type, 'Content-Length': String(found.length) })
}

const refusal = (status: number) => new Response(null, { status, headers: HEADERS })

function stream(
  { file, offset, length }: { file: string; offset: number; length: number },
  headers: Record<string, string>,
): Response {
  if (length === 0) return new Response(null, { headers })
  const source = createReadStream(file, { start: offset, end: offset + length - 1 })
  return new Response(Readable.toWeb(source) as ReadableStream, { headers })
}
