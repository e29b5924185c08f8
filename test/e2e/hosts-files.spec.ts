/** Files from the person's disk through a real browser into the studio: dropped, chosen, whole folders, and back out. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import sharp from 'sharp'
import type { Dataset, Item } from '../../src/contract/nouns'
import { ask } from './support/rpc'
import { expect, test } from './support/studio'

let folder: string
test.beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'latent-drop-')), 'animals')
  for (const [tag, red] of [
    ['cats', 250],
    ['dogs', 20],
  ] as const) {
    mkdirSync(join(folder, tag, 'deep'), { recursive: true })
    for (let index = 0; index < 70; index++) {
      const picture = await sharp({ create: { width: 16, height: 16, channels: 3, background: { r: red, g: index, b: 99 } } })
        .png()
        .toBuffer()
      // Over a hundred entries in all: the browser lists a folder in parts.
      writeFileSync(join(folder, tag, index < 60 ? `${index}.png` : `deep/${index} ü.png`), picture)
    }
  }
})
test.afterAll(() => rmSync(join(folder, '..'), { recursive: true }))

/** Drops real files or folders, which no script in a page can. */
async function drop(page: Page, files: string[]): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  const event = { x: 720, y: 450, data: { items: [], files, dragOperationsMask: 1 } }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await cdp.send('Input.dispatchDragEvent', { type, ...event })
}

/** Sent, read and recorded: as long as it takes. */
async function expectItems(page: Page, items: number): Promise<void> {
  const imported = async () => (await ask<Dataset[]>(page, 'datasets/list').catch(() => []))[0]?.items ?? 0
  await expect.poll(imported, { timeout: 60_000 }).toBe(items)
}

async function imported(page: Page): Promise<{ dataset: Dataset; items: Item[] }> {
  await expectItems(page, 140)
  const [dataset] = await ask<Dataset[]>(page, 'datasets/list')
  const { items } = await ask<{ items: Item[] }>(page, 'datasets/items', { dataset: dataset!.id, offset: 0, limit: 500 })
  return { dataset: dataset!, items }
}

test('a dropped folder arrives whole, with its places as tags', async ({ studioPage: { page, home } }) => {
  await drop(page, [folder])
  const { items } = await imported(page)
  expect(items.filter(({ tags }) => tags.includes('cats'))).toHaveLength(70)
  expect(items.map(({ name }) => name)).toContain('dogs/deep/61 ü.png')
  const thumb = await page.evaluate(async (id) => {
    const answer = await fetch(`/media/thumb/${id}`)
    return [answer.status, answer.headers.get('content-type'), (await answer.blob()).size > 50]
  }, items[0]!.id)
  expect(thumb[0]).toBe(200)
  expect(thumb[1]).toMatch(/^image\//)
  // What was sent is the studio's own copy, in its own place.
  expect(readdirSync(join(home, 'uploads'))).toHaveLength(1)
})

test('several dropped files are one import', async ({ studioPage: { page } }) => {
  const files = ['cats', 'dogs'].flatMap((tag) =>
    readdirSync(join(folder, tag))
      .filter((name) => name.endsWith('.png'))
      .map((name) => join(folder, tag, name)),
  )
  await drop(page, files)
  await expectItems(page, 120)
})

test('nothing that was uploaded outlives the studio', async ({ studioPage: { page, home, host, allow } }) => {
  allow(/ERR_CONNECTION|WebSocket/)
  const sent = await page.evaluate(async () =>
    (await fetch('/upload/file?name=a.png', { method: 'POST', body: new Blob(['bytes']) })).json(),
  )
  expect((sent as { grant: string }).grant).toMatch(/^g[0-9a-f]{32}$/)
  const [own] = readdirSync(join(home, 'uploads'))
  expect(readdirSync(join(home, 'uploads', own!))).toHaveLength(1)
  const ended = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (readdirSync(join(home, 'uploads')).length > 0) return
      clearInterval(timer)
      resolve()
    }, 50)
  })
  // What the page still fetches would be missing.
  await page.waitForLoadState('networkidle')
  process.kill(host.pid, 'SIGTERM')
  await ended
  expect(readFileSync(join(home, 'logs', 'studio.log'), 'utf8')).not.toMatch(/login#|latent_\d+=/)
})
