/** The studio's own diary, for a person who reports a problem: `logs/studio.log` in the studio's home. No file names of media in it. */
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'

type LogLevel = 'info' | 'warn' | 'error'
export type OnLog = (level: LogLevel, message: string) => void

export interface Log {
  info(message: string, thrown?: unknown): void
  warn(message: string, thrown?: unknown): void
  error(message: string, thrown?: unknown): void
  close(): Promise<void>
}

/** The stack with the causes it was made from; the person's home folder is not written down. */
function stackOf(thrown: unknown): string {
  const lines: string[] = []
  for (let at = thrown; at && lines.length < 5; at = (at as Error).cause) lines.push((at as Error).stack ?? String(at))
  return lines.join('\ncaused by ').replaceAll(homedir(), '~')
}

/** Lines go to the file in the background; `onLog` also gets them, for a host with a terminal. */
export function createLog({ home, onLog }: { home: string; onLog?: OnLog }): Log {
  mkdirSync(join(home, 'logs'), { recursive: true })
  const file = pino.destination({ dest: join(home, 'logs', 'studio.log'), sync: false, append: true })
  // A full disk must not end the studio because its diary cannot be written.
  file.on('error', () => {})
  const diary = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, file)
  const write = (level: LogLevel) => (message: string, thrown?: unknown) => {
    const stack = thrown === undefined ? undefined : stackOf(thrown)
    diary[level](stack ? { stack } : {}, message)
    onLog?.(level, stack ? `${message}\n${stack}` : message)
  }
  return {
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    close: () =>
      new Promise((done) => {
        file.once('close', () => done())
        file.end()
      }),
  }
}
