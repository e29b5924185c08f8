/** The two transports: a message port to Electron's main, or a WebSocket to the web host. Both end in the same link. */
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import type { Bridge, CHANNELS } from '../../contract/bridge'
import type { Dial } from './connection'

declare global {
  interface Window {
    /** Only in the desktop window. */
    latent?: Bridge
  }
}

/** The word with which the preload hands the port over. */
const PORT: (typeof CHANNELS)['port'] = 'latent:port'

export const dialPort: Dial = (onClose) =>
  new Promise((resolve) => {
    const receive = (event: MessageEvent) => {
      const [port] = event.ports
      if (event.source !== window || event.data !== PORT || !port) return
      window.removeEventListener('message', receive)
      port.addEventListener('close', onClose, { once: true })
      port.start()
      resolve(new PortLink({ port }))
    }
    window.addEventListener('message', receive)
    window.latent!.connect()
  })

export const dialSocket: Dial = (onClose) =>
  new Promise((resolve, reject) => {
    const websocket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rpc`)
    let opened = false
    websocket.addEventListener('open', () => {
      opened = true
      resolve(new SocketLink({ websocket }))
    })
    websocket.addEventListener('close', async () => {
      if (opened) return onClose()
      reject(new Error('the studio does not answer'))
      // A browser does not say why a WebSocket was refused. Without a session nothing on this page can work again: the host's
      // own page says how to get a new one.
      const session = await fetch('/session').catch(() => null)
      if (session?.status === 401) location.replace('/')
    })
  })
