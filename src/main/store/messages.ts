/** Between the store's facade and its thread. */
import { StudioError, asStudioError } from '../../contract/errors'
import type { ErrorCode, ErrorDetails } from '../../contract/errors'
import type { Queries } from './queries'

export interface WorkerData {
  folder: string
  create?: { name: string }
}

export type Request = { id: number; method: keyof Queries | 'close'; args: unknown[] }
export type Reply = { id: number; result: unknown } | { id: number; error: ErrorRecord }
/** The first message of the thread: the project is open, or why not. */
export type Opened = { opened: true } | { opened: false; error: ErrorRecord }

/** A `StudioError` as plain data: a class does not survive the way between threads. `stack` is for the log. */
export interface ErrorRecord {
  code: ErrorCode
  details: ErrorDetails
  stack: string
}

/** What SQLite and the disk say, as the sentence a person gets. `name`: the project's. */
export function asProjectError(thrown: unknown, name: string): unknown {
  const code = String((thrown as { code?: unknown } | null)?.code ?? '')
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new StudioError('project-busy', { file: name }, { cause: thrown })
  if (/^(SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|EACCES|EPERM|EROFS)/.test(code))
    return new StudioError('file-unreadable', { file: name, reason: 'no permission to write there' }, { cause: thrown })
  return thrown
}

export function packError(thrown: unknown): ErrorRecord {
  const { code, details, cause, stack } = asStudioError(thrown)
  return { code, details, stack: (cause instanceof Error ? cause.stack : stack) ?? '' }
}

export function unpackError({ code, details, stack }: ErrorRecord): StudioError {
  return new StudioError(code, details, { cause: stack })
}
