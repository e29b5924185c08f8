import type { ErrorCode, ErrorDetails } from '../../contract/errors'

/** Why a part of an engine could not be fetched; `install` tells which engine it was for. */
export class Failure extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails
  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, { cause })
    this.code = code
    this.details = details
  }
}
