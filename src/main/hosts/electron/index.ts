/** The desktop window. It is a host like the others: everything it shows and does comes from the studio. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { app, BrowserWindow, dialog } from 'electron'
import { asStudioError } from '../../../contract/errors'
import { studioHome } from '../../home'
import { createStudio, type Studio } from '../../studio'
import { openBridge } from './bridge'
import { declareScheme, serveContent } from './content'
import { lockContents, lockSession } from './locks'
import { setMenu } from './menu'
import { openWindow } from './window'
import { wordsFor } from './words'

/** How long saving may take when the person quits. */
const FAREWELL_MS = 10_000

app.enableSandbox()
declareScheme()
lockContents()

if (app.requestSingleInstanceLock()) void run()
else app.quit()

async function run(): Promise<void> {
  await app.whenReady()
  let words = wordsFor(app.getLocale())
  let studio: Studio
  try {
    studio = await createStudio({ home: studioHome(), host: 'electron', fetchEngine: true })
    const { locale } = await createRouterClient(studio.router).app.preferences()
    words = wordsFor(locale ?? app.getLocale())
    await openFolderOf(studio, process.argv)
  } catch (thrown) {
    const { message, hint } = asStudioError(thrown)
    dialog.showErrorBox(words.failed, `${message}\n${hint}`)
    return app.exit(1)
  }
  lockSession()
  serveContent(studio)
  openBridge(studio)
  setMenu(words)
  openWindow(words)

  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) openWindow(words)
  })
  app.on('second-instance', async (_event, argv, from) => {
    const [window] = BrowserWindow.getAllWindows()
    if (window?.isMinimized()) window.restore()
    window?.focus()
    if (await openFolderOf(studio, argv, from).catch(() => false)) window?.webContents.reload()
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  app.on('child-process-gone', (_event, { type, reason }) => void process.stderr.write(`${type} ended: ${reason}\n`))
  let leaving = false
  app.on('before-quit', (event) => {
    if (leaving) return
    leaving = true
    event.preventDefault()
    for (const window of BrowserWindow.getAllWindows()) window.hide()
    const late = new Promise((done) => setTimeout(done, FAREWELL_MS))
    void Promise.race([studio.close(), late]).finally(() => app.exit(0))
  })
}

/** Opens the project folder that a command line names, and says whether it named one. */
async function openFolderOf(studio: Studio, argv: readonly string[], from = process.cwd()): Promise<boolean> {
  const folder = argv
    .slice(app.isPackaged ? 1 : 2)
    .map((argument) => resolve(from, argument))
    .find((path) => path.endsWith('.latent') && statSync(path, { throwIfNoEntry: false })?.isDirectory())
  if (!folder) return false
  await studio.openFolder(folder)
  return true
}
