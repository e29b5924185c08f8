/**
 * Logins and sessions. A login code is in the address that the host prints: 256 bits, one use, one minute. It buys a session, a
 * random id in a cookie. Cookies ignore ports, so other local servers receive it: it is an id that ends with this host, not a key.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const CODE_MS = 60_000
/** A session that nothing used for this long ends; an open page uses it all the time. */
const IDLE_MS = 24 * 3600_000
/** Failures within the last minutes after which every further try waits. */
const PATIENCE = 20
const MEMORY_MS = 10 * 60_000
const DELAY_MS = 1000

export interface Sessions {
  readonly cookie: string
  /** A fresh login code. */
  code(): string
  /** The cookie's value for a good code, else null. */
  login(code: string): string | null
  /** The session a Cookie header names, else null. Counts as use. */
  find(header: string | undefined): string | null
  end(session: string): void
  /** Called with each session that ends, so that its connections end with it. */
  onEnd(listener: (session: string) => void): void
  /** How long an unknown visitor waits for the answer, milliseconds. */
  failed(): number
  close(): void
}

const digest = (text: string) => createHash('sha256').update(text).digest()
const secret = () => randomBytes(32).toString('base64url')

/** `now`: a monotonic clock, milliseconds. */
export function createSessions(port: number, now: () => number = () => performance.now()): Sessions {
  const cookie = `latent_${port}`
  let codes: { hash: Buffer; until: number }[] = []
  const sessions = new Map<string, { hash: Buffer; until: number }>()
  const listeners = new Set<(session: string) => void>()
  let failures: number[] = []

  function end(session: string): void {
    if (sessions.delete(session)) for (const listener of listeners) listener(session)
  }
  const sweep = () => {
    for (const [session, { until }] of sessions) if (until <= now()) end(session)
  }
  const timer = setInterval(sweep, 60_000)
  timer.unref()

  return {
    cookie,
    end,
    code() {
      const code = secret()
      codes = [...codes.filter(({ until }) => until > now()), { hash: digest(code), until: now() + CODE_MS }]
      return code
    },
    login(code) {
      const hash = digest(code)
      // Every code is compared, in the same time, whether or not one fits.
      const [good] = codes.filter((one) => timingSafeEqual(one.hash, hash))
      if (!good) return null
      codes = codes.filter((one) => one !== good)
      if (good.until <= now()) return null
      const session = secret()
      sessions.set(session, { hash: digest(session), until: now() + IDLE_MS })
      return session
    },
    find(header) {
      sweep()
      // Another local server can set a cookie of the same name: a wrong one beside the right one must not lock the person out.
      const values = (header ?? '')
        .split(/;\s*/)
        .flatMap((pair) => (pair.startsWith(`${cookie}=`) ? [digest(pair.slice(cookie.length + 1))] : []))
      for (const hash of values.slice(0, 8)) {
        for (const [session, known] of sessions) {
          if (!timingSafeEqual(known.hash, hash)) continue
          known.until = now() + IDLE_MS
          return session
        }
      }
      return null
    },
    onEnd: (listener) => void listeners.add(listener),
    failed() {
      failures = [...failures.filter((at) => at > now() - MEMORY_MS), now()].slice(-PATIENCE - 1)
      return failures.length > PATIENCE ? DELAY_MS : 0
    },
    close() {
      clearInterval(timer)
      for (const session of [...sessions.keys()]) end(session)
    },
  }
}
