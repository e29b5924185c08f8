/** Answers. Each carries the headers of the policy, whatever it says. */
import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { asStudioError, StudioError } from '../../../contract/errors'
import { HEADERS } from '../policy'

export function reply(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    ...HEADERS,
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

export const replyJson = (response: ServerResponse, body: unknown, status = 200, headers?: Record<string, string>) =>
  reply(response, status, 'application/json', JSON.stringify(body), headers)

/** A refusal ends the connection: what an unwelcome sender still has to say is not read. */
export function refuse(response: ServerResponse, status: number, reason: string): void {
  reply(response, status, 'text/plain', `${reason}\n`, { Connection: 'close' })
}

const STATUS: Partial<Record<StudioError['code'], number>> = {
  'file-too-large': 413,
  'disk-full': 507,
  'grant-unknown': 404,
  unexpected: 500,
}

/** A failure in the form that the renderer's door understands. */
export function replyError(response: ServerResponse, thrown: unknown): void {
  const error = asStudioError(thrown)
  replyJson(response, { ...error.toJSON(), details: error.details }, STATUS[error.code] ?? 400, { Connection: 'close' })
}

/** Streams a part of a file. When the reader goes away the file is closed and nothing is thrown. */
export async function replyFile(
  response: ServerResponse,
  part: { file: string; offset?: number; length: number },
  headers: Record<string, string>,
): Promise<void> {
  const { file, offset = 0, length } = part
  if (response.req.method === 'HEAD' || length === 0) {
    response.writeHead(200, headers).end()
    return
  }
  const source = createReadStream(file, { start: offset, end: offset + length - 1 })
  try {
    // Headers only once the file is open: a missing one must not begin as a success.
    await new Promise((resolve, reject) => source.once('open', resolve).once('error', reject))
    response.writeHead(200, headers)
    await pipeline(source, response)
  } catch {
    if (!response.headersSent) refuse(response, 404, 'Not found')
    else response.destroy()
  }
}

/** A small JSON body. Throws `wrong-input` for one that is too long, too slow or not JSON. */
export async function readJson(request: IncomingMessage, limit: number, patience: number): Promise<unknown> {
  const wrong = (reason: string) => new StudioError('wrong-input', { reason })
  if (Number(request.headers['content-length'] ?? 0) > limit) throw wrong('it is too long')
  const timer = setTimeout(() => request.destroy(), patience)
  const chunks: Buffer[] = []
  let length = 0
  try {
    // Leaving the loop early must not destroy the connection: the answer still goes through it.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > limit) throw wrong('it is too long')
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (thrown) {
    throw thrown instanceof StudioError ? thrown : wrong('it is not JSON')
  } finally {
    clearTimeout(timer)
  }
}
