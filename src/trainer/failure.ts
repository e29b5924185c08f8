/** Anything thrown, as the words of the contract. */
import { asStudioError, StudioError, type ErrorCode, type ErrorDetails } from '../contract/errors'

/** V8's, tfjs's, Emscripten's and TensorFlow's ways to say that memory ran out. */
const OUT_OF_MEMORY =
  /out of memory|bad_alloc|allocation failed|cannot allocate memory|Aborted\(OOM|OOM when allocating|Cannot enlarge memory|Invalid typed array length/i

export function failure(thrown: unknown): { code: ErrorCode; details: ErrorDetails; stack: string } {
  const error = OUT_OF_MEMORY.test(messageOf(thrown))
    ? new StudioError('out-of-memory', {}, { cause: thrown })
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
