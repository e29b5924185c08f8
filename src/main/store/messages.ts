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

export function packError(thrown: unknown): ErrorRecord {
  const { code, details, cause, stack } = asStudioError(thrown)
  return { code, details, stack: (cause instanceof Error ? cause.stack : stack) ?? '' }
}

export function unpackError({ code, details, stack }: ErrorRecord): StudioError {
  return new StudioError(code, details, { cause: stack })
}
