/** An `electron` module that does nothing and remembers everything: what the desktop host asks of it is what the tests look at. */
import { EventEmitter } from 'node:events'

type Listener = (...args: never[]) => unknown

export interface Recorded {
  /** `object.method` with its arguments, in order. */
  calls: [name: string, ...args: unknown[]][]
  /** Listeners and handlers by `object:event`. */
  on: Record<string, Listener>
  packaged: boolean
  windows: FakeWindow[]
  /** What the dialogs answer. */
  dialogs: { filePaths: string[]; filePath: string; response: number }
}

export const recorded: Recorded = {
  calls: [],
  on: {},
  packaged: true,
  windows: [],
  dialogs: { filePaths: [], filePath: '', response: 0 },
}

const note =
  (name: string, result?: unknown) =>
  (...args: unknown[]) => {
    recorded.calls.push([name, ...args])
    return result
  }
const listen = (object: string) => (event: string, listener: Listener) => void (recorded.on[`${object}:${event}`] = listener)

class FakeWindow extends EventEmitter {
  webContents = Object.assign(new EventEmitter(), {
    reload: note('webContents.reload'),
    forcefullyCrashRenderer: note('webContents.forcefullyCrashRenderer'),
  })
  constructor(options: unknown) {
    super()
    recorded.calls.push(['BrowserWindow', options])
    recorded.windows.push(this)
  }
  static getAllWindows = () => recorded.windows
  static fromWebContents = () => recorded.windows[0] ?? null
  loadURL = note('window.loadURL', Promise.resolve())
  show = note('window.show')
  hide = note('window.hide')
  focus = note('window.focus')
  restore = note('window.restore')
  isMinimized = () => true
  isDestroyed = () => false
}

const session = {
  setPermissionRequestHandler: (handler: Listener) => (recorded.on['session:permission-request'] = handler),
  setPermissionCheckHandler: (handler: Listener) => (recorded.on['session:permission-check'] = handler),
  setDevicePermissionHandler: (handler: Listener) => (recorded.on['session:device'] = handler),
  setDisplayMediaRequestHandler: (handler: Listener) => (recorded.on['session:display'] = handler),
  webRequest: { onBeforeRequest: (handler: Listener) => (recorded.on['session:request'] = handler) },
  on: listen('session'),
}

export const electron = {
  app: {
    get isPackaged() {
      return recorded.packaged
    },
    enableSandbox: note('app.enableSandbox'),
    requestSingleInstanceLock: note('app.requestSingleInstanceLock', true),
    whenReady: () => {
      recorded.calls.push(['app.whenReady'])
      return Promise.resolve()
    },
    getLocale: () => 'zh-CN',
    getPath: () => '/downloads',
    on: listen('app'),
    quit: note('app.quit'),
    exit: note('app.exit'),
  },
  BrowserWindow: FakeWindow,
  dialog: {
    showOpenDialog: async (...args: unknown[]) => (
      note('dialog.showOpenDialog')(...args),
      { filePaths: recorded.dialogs.filePaths }
    ),
    showSaveDialog: async (...args: unknown[]) => (
      note('dialog.showSaveDialog')(...args),
      { filePath: recorded.dialogs.filePath }
    ),
    showMessageBox: async (...args: unknown[]) => (
      note('dialog.showMessageBox')(...args),
      { response: recorded.dialogs.response }
    ),
    showErrorBox: note('dialog.showErrorBox'),
  },
  ipcMain: { handle: listen('ipc'), on: listen('ipc') },
  Menu: { buildFromTemplate: (template: unknown) => template, setApplicationMenu: note('Menu.setApplicationMenu') },
  protocol: {
    registerSchemesAsPrivileged: note('protocol.registerSchemesAsPrivileged'),
    handle: (scheme: string, handler: Listener) => (recorded.on[`protocol:${scheme}`] = handler),
  },
  session: { defaultSession: session },
  shell: {
    openExternal: note('shell.openExternal', Promise.resolve()),
    openPath: note('shell.openPath'),
    showItemInFolder: note('shell.showItemInFolder'),
  },
  // The preload's half.
  contextBridge: { exposeInMainWorld: note('contextBridge.exposeInMainWorld') },
  ipcRenderer: {
    invoke: note('ipcRenderer.invoke', Promise.resolve({ value: 'g' })),
    postMessage: note('ipcRenderer.postMessage'),
  },
  webUtils: { getPathForFile: () => '/pictures/tom.png' },
}
