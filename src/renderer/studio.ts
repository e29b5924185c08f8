/**
 * The renderer's only door to main: `studio.runs.list()`, `await studio.datasets.import({ grants })`. It is typed by the contract
 * and the same in the desktop window and in a browser. Everything it throws is a `StudioError` of the closed list.
 */
import { createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import type { contract } from '../contract'
import { fromWire, type StudioError } from '../contract/errors'
import { createConnection } from './door/connection'
import { dialPort, dialSocket } from './door/dial'

export { connected } from './door/connection'
export { chooseFiles, grantsOfDrop, saveAs } from './door/files'
export type { UploadProgress } from './door/files'

const connection = createConnection(window.latent ? dialPort : dialSocket)

export const studio: ContractRouterClient<typeof contract> = createORPCClient(connection.link)

/**
 * Follows a stream of events across lost connections: `follow((signal) => studio.jobs.watch(undefined, { signal }), show)`.
 * Every watch begins with the whole state, so nothing is missed by opening it again. Returns what ends it.
 */
export function follow<T>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  onEvent: (event: T) => void,
  onError: (error: StudioError) => void = () => {},
): () => void {
  const stop = new AbortController()
  const { signal } = stop
  void (async () => {
    while (!signal.aborted) {
      try {
        for await (const event of await open(signal)) {
          if (signal.aborted) return
          onEvent(event)
        }
        return
      } catch (thrown) {
        if (signal.aborted) return
        const error = fromWire(thrown)
        if (error.code !== 'studio-away') return onError(error)
        await connection.opened()
      }
    }
  })()
  return () => stop.abort()
}
