/** The window, with every setting that keeps its page a page written out, be it the default or not. */
import { join } from 'node:path'
import { app, BrowserWindow, dialog } from 'electron'
import { appRoot } from '../../programs'
import type { Words } from './words'
import { pageUrl } from './origin'

/** Reloads of a crashed page within this time, before the person is asked. */
const CRASHES = 3
const CRASH_MS = 5 * 60_000

export function openWindow(words: Words): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 920,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Latent Studio',
    icon: join(appRoot(), 'resources', 'icons', 'icon.png'),
    backgroundColor: '#101216',
    webPreferences: {
      preload: join(appRoot(), 'out', 'preload', 'index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      enableBlinkFeatures: undefined,
      webviewTag: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  })
  window.once('ready-to-show', () => window.show())
  reviveWhenCrashed(window, words)
  void window.loadURL(pageUrl())
  return window
}

/** Training goes on in main and below it; the page only has to come back and look. */
function reviveWhenCrashed(window: BrowserWindow, words: Words): void {
  let crashes: number[] = []
  const ask = async (message: string, wait: string, act: () => void) => {
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message,
      buttons: [wait, words.reload],
      defaultId: 0,
      cancelId: 0,
    })
    if (response === 1 && !window.isDestroyed()) act()
  }
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return
    const now = performance.now()
    crashes = [...crashes.filter((at) => at > now - CRASH_MS), now]
    if (crashes.length <= CRASHES) window.webContents.reload()
    else void ask(words.crashed, words.leave, () => window.webContents.reload())
  })
  window.on('unresponsive', () => void ask(words.hung, words.wait, () => window.webContents.forcefullyCrashRenderer()))
}
