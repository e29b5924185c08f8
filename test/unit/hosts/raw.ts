/** HTTP as bytes: what no well-behaved client would send. */
import { connect } from 'node:net'

export interface RawAnswer {
  status: number
  headers: Record<string, string>
  body: string
  text: string
}

/** Sends the text as it is and gives what came back until the other side closed, or after `patience` milliseconds. */
export function raw(port: number, text: string | Buffer, patience = 3000): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    const timer = setTimeout(() => socket.destroy(), patience)
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(parse(answer))
    })
  })
}

function parse(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    ),
    body: rest.join('\r\n\r\n'),
    text,
  }
}

/** A request as a browser on our own page would send it; `headers` replace or (undefined) remove, in the given order. */
export function requestText(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string | undefined> = {},
  body = '',
): string {
  const all: Record<string, string | undefined> = {
    Host: `127.0.0.1:${port}`,
    Connection: 'close',
    ...(method === 'GET' || method === 'HEAD'
      ? {}
      : { Origin: `http://127.0.0.1:${port}`, 'Content-Length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]))
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}
