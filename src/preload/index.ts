/** The one bridge between the sandboxed page and main: three functions, no Electron object, and no path that the page could name. */
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { Bridge } from '../contract/bridge'

// Written out, because a sandboxed preload is one file and the contract brings zod with it. A test compares them.
const CHANNELS = { grant: 'latent:grant', ask: 'latent:ask', connect: 'latent:connect', port: 'latent:port' }

const bridge: Bridge = {
  grantOf: (file) => ipcRenderer.invoke(CHANNELS.grant, webUtils.getPathForFile(file)),
  ask: (request) => ipcRenderer.invoke(CHANNELS.ask, request),
  connect() {
    const { port1, port2 } = new MessageChannel()
    ipcRenderer.postMessage(CHANNELS.connect, null, [port1])
    window.postMessage(CHANNELS.port, location.origin, [port2])
  },
}

contextBridge.exposeInMainWorld('latent', Object.freeze(bridge))
