import { StudioError } from '../../contract/errors'

/** Why an engine could not be fetched, in the words that follow "could not be fetched:". */
export function installFailure(reason: string, cause?: unknown): StudioError {
  return new StudioError('engine-install', { id: 'tensorflow', reason }, { cause })
}
