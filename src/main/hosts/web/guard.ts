/**
 * Who may talk to the host at all, decided from the request line and headers alone. Binding to the loopback address is no defence:
 * any page in the person's browser can reach it, under any name that resolves there.
 */
import type { IncomingMessage } from 'node:http'

interface Refusal {
  status: 400 | 403 | 421
  reason: string
}

export interface Guard {
  /** Null when the request may go on to the session check. */
  check(request: IncomingMessage, upgrade?: boolean): Refusal | null
}

/** How an address writes a host: IPv6 in brackets. */
export const literal = (host: string) => (host.includes(':') ? `[${host}]` : host)

/**
 * `host`: the address that is bound. `allowHosts`: further names under which the person reaches it, `name` or `name:port`, such as
 * the near end of a tunnel or a proxy. Matching is exact: what is not in the set does not exist.
 */
export function createGuard({ host, port, allowHosts }: { host: string; port: number; allowHosts: readonly string[] }): Guard {
  const own = [literal(host), 'localhost'].flatMap((name) => variants(name, port).slice(port === 80 ? 0 : 1))
  const added = new Set(allowHosts.flatMap((name) => (/:\d+$/.test(name) ? [name] : variants(name, port))))
  const allowed = new Set([...own, ...added])

  return {
    check(request, upgrade = false) {
      const { headers, method = '', url = '' } = request
      const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
      if (hosts !== 1) return { status: 400, reason: 'one Host header is needed' }
      if (!url.startsWith('/') || url.startsWith('//')) return { status: 400, reason: 'not a path' }
      const { origin, host: name = '' } = headers
      if (!allowed.has(name)) return { status: 421, reason: 'foreign host' }
      const reads = (method === 'GET' || method === 'HEAD') && !upgrade
      if (!reads && method !== 'POST' && !upgrade) return { status: 403, reason: 'method' }
      // Exactly the address of this very request; https only where the person named a proxy that may speak it.
      const ours = origin === `http://${name}` || (added.has(name) && origin === `https://${name}`)
      if (origin === undefined ? !reads : !ours) return { status: 403, reason: 'foreign origin' }
      const site = headers['sec-fetch-site']
      const near = site === undefined || site === 'same-origin' || site === 'none'
      if (!near && !isLoginVisit(request, reads)) return { status: 403, reason: 'foreign site' }
      return null
    },
  }
}

/** A browser leaves out the port that the scheme implies, and a proxy may pass its own name on without ours. */
const variants = (name: string, port: number) => [name, `${name}:${port}`]

/** The login page may be reached by a link, from a terminal that is itself a web page; it holds nothing and does nothing by itself. */
function isLoginVisit({ headers, url }: IncomingMessage, reads: boolean): boolean {
  return reads && url === '/login' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}
