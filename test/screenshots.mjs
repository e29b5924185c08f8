/**
 * The pictures of the documentation: `npm run screenshots -- PROJECT`, a project whose newest run is finished. Opens it in a real
 * Chromium and writes `docs/screenshots/<room>-<theme>-<language>.png` of the four rooms; look at them before you commit them.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from '@playwright/test'
import { node24, root } from '../scripts/node24.mjs'

const project = process.argv[2]
if (!project) {
  console.error('usage: npm run screenshots -- PROJECT')
  process.exit(2)
}
const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
)
const cli = join(root, 'out', 'main', 'cli.js')
const run = JSON.parse(execFileSync(node24(), [cli, 'runs', resolve(project), '--json'], { encoding: 'utf8' }).trim()).runs[0].id
const host = spawn(node24(), [cli, 'serve', resolve(project)], { stdio: ['pipe', 'pipe', 2] })
let said = ''
/** A fresh one-time address: the first is printed, Enter asks for another. */
async function address() {
  for (;;) {
    const found = /http:\/\/127\.0\.0\.1:\S+/.exec(said)
    if (found) {
      said = ''
      return found[0]
    }
    await new Promise((wait) => setTimeout(wait, 50))
  }
}
host.stdout.on('data', (chunk) => (said += chunk))

const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
try {
  for (const language of ['en', 'zh-CN'])
    for (const theme of ['dark', 'light']) {
      const page = await browser.newPage({
        viewport: { width: 1440, height: 900 },
        locale: language,
        colorScheme: theme,
        reducedMotion: 'reduce',
      })
      await page.goto(await address())
      await page.waitForURL((url) => url.pathname !== '/login')
      const shot = async (room) => {
        await page.waitForTimeout(1500)
        await page.screenshot({
          path: join(root, 'docs', 'screenshots', `${room}-${theme}-${language}.png`),
          animations: 'disabled',
        })
      }
      const studio = new URL(page.url()).origin
      for (const room of ['data', `train?run=${run}`, 'explore', 'share']) {
        await page.goto(`${studio}/#/${room}`)
        if (room === 'explore') {
          const map = page.getByRole('application').first()
          await map.waitFor({ timeout: 60_000 })
          await page.waitForTimeout(1000)
          const box = await map.boundingBox()
          await page.mouse.click(box.x + box.width * 0.42, box.y + box.height * 0.4)
        }
        await shot(room.split('?')[0])
      }
      await page.close()
      host.stdin.write('\n')
    }
} finally {
  await browser.close()
  host.kill()
}
