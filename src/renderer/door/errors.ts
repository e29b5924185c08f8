/** Whatever a transport throws, as the one error that the rooms know. */
import { errors, StudioError } from '../../contract/errors'
import type { ErrorCode, ErrorDetails } from '../../contract/errors'

interface Wire {
  code?: unknown
  data?: { details?: ErrorDetails }
  details?: ErrorDetails
}

/** Errors of the studio carry a code of the closed list; a connection that ends aborts its calls. */
export function fromWire(thrown: unknown): StudioError {
  if (thrown instanceof StudioError) return thrown
  const { code, data, details } = (thrown ?? {}) as Wire
  if (typeof code === 'string' && code in errors)
    return new StudioError(code as ErrorCode, data?.details ?? details ?? {}, { cause: thrown })
  return new StudioError('unexpected', {}, { cause: thrown })
}
