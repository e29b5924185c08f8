/** Anything thrown, as the words of the contract. */
import { asStudioError, saysOutOfMemory, StudioError, type ErrorCode, type ErrorDetails } from '../contract/errors'

/** What the WebGPU engine says when the driver was reset or the device taken away. */
const DEVICE_LOST = /the graphics device was lost/

export function failure(thrown: unknown): { code: ErrorCode; details: ErrorDetails; stack: string } {
  const error = saysOutOfMemory(messageOf(thrown))
    ? new StudioError('out-of-memory', {}, { cause: thrown })
    : DEVICE_LOST.test(messageOf(thrown))
      ? new StudioError('device-lost', {}, { cause: thrown })
      : asStudioError(thrown)
  return { code: error.code, details: error.details, stack: stackOf(error) }
}

/** The error's own stack and those of what caused it. */
function stackOf(error: Error): string {
  const stacks: string[] = []
  for (let at: unknown = error; at !== undefined && stacks.length < 5; at = at instanceof Error ? at.cause : undefined)
    stacks.push(at instanceof Error ? (at.stack ?? at.message) : String(at))
  return stacks.join('\ncaused by: ')
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error && !(thrown instanceof StudioError) ? thrown.message : '')
