/**
 * A real window of the built studio. Electron's program cannot be had everywhere (it is no package of a registry), and it has no
 * sandbox as root; where it is missing this says so, in CI too, and the recorded `electron` of `electron.test.ts` is what is left.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, type ElectronApplication, type Page } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const folder = resolve('node_modules/electron')
// Probed by its files: loading the package outside Electron would start a download.
const named = join(folder, 'path.txt')
const executablePath = existsSync(named) ? join(folder, 'dist', readFileSync(named, 'utf8').trim()) : ''

function whyNot(): string | null {
  if (!existsSync(executablePath)) return 'Electron’s program is not here'
  if (process.getuid?.() === 0) return 'Electron has no sandbox as root'
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return 'there is no display'
  return existsSync('out/main/electron.js') ? null : 'the studio is not built'
}
const reason = whyNot()

describe.skipIf(reason)(`a real window${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let app: ElectronApplication
  let page: Page
  let home: string
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'latent-window-'))
    app = await _electron.launch({
      executablePath,
      args: [resolve('.')],
      env: { ...(process.env as Record<string, string>), LATENT_STUDIO_HOME: home },
    })
    page = await app.firstWindow()
    await page.waitForLoadState()
  })
  afterAll(async () => {
    await app.close()
    rmSync(home, { recursive: true, force: true })
  })

  it('shows our page, which talks with main and reaches nothing else', async () => {
    expect(page.url()).toMatch(/^app:\/\/studio\//)
    expect(
      await page.evaluate(() => [
        typeof window.latent,
        typeof (globalThis as { require?: unknown }).require,
        typeof (globalThis as { process?: unknown }).process,
      ]),
    ).toEqual(['object', 'undefined', 'undefined'])
    expect(
      await page.evaluate(() =>
        fetch('https://example.com').then(
          () => 'reached',
          () => 'refused',
        ),
      ),
    ).toBe('refused')
    await expect.poll(() => page.locator('#app').innerText()).not.toBe('')
  })

  it('has the sandbox and the policy', async () => {
    const preferences = await app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]!.webContents as unknown as {
        getLastWebPreferences(): Record<string, unknown>
      }
      const { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag } = contents.getLastWebPreferences()
      return { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag }
    })
    expect(preferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    })
    const blocked = await page.evaluate(() => {
      document.head.append(Object.assign(document.createElement('style'), { textContent: 'body { outline: 1px solid red }' }))
      return getComputedStyle(document.body).outlineStyle
    })
    expect(blocked).toBe('none')
  })
})
