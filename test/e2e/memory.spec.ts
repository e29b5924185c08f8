/** Memory that is not enough: said before a training starts, and mended by one click after one has failed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import Database from 'better-sqlite3'
import { StudioError } from '../../src/contract/errors'
import { expect, expectAccessible, screenshot, test } from './support/studio'
import { copyTrainedProject, startFaces, TRAINED_STEPS } from './support/training'

/** What the failed training was to reach. */
const MORE_STEPS = TRAINED_STEPS + 4

/** In both themes and both languages; ends as it began, dark and English. */
async function inAllLooks(page: Page, name: string): Promise<void> {
  for (const [language, code, theme, dark, light] of [
    ['English', 'en', 'Theme', 'Dark', 'Light'],
    ['简体中文', 'zh-CN', '主题', '深色', '浅色'],
  ] as const) {
    await page.getByRole('button', { name: /^(Language|语言)/ }).click()
    await page.getByRole('menuitem', { name: language }).click()
    for (const [label, look] of [
      [light, 'light'],
      [dark, 'dark'],
    ] as const) {
      await page.getByRole('button', { name: theme }).click()
      await page.getByRole('menuitem', { name: label }).click()
      await expect(page.locator('html')).toHaveAttribute('data-theme', look)
      await page.mouse.move(5, 5)
      await page.waitForTimeout(500)
      await screenshot(page, `${name}-${code}-${look}`)
      await expectAccessible(page)
    }
  }
}

test('the wizard says what would fit, and a click makes it so', async ({ studioPage: { page } }) => {
  test.setTimeout(240_000)
  await startFaces(page)
  await page.getByRole('button', { name: 'All settings' }).click()
  const panel = page.getByRole('complementary', { name: 'All settings' })
  await expect(panel.getByText(/adjustable numbers/)).toBeVisible({ timeout: 60_000 })
  const hint = page.locator('[data-test=memory]')
  await expect(hint).toBeHidden()

  // The built-in engine holds 3 GiB, whatever the computer has.
  await panel.getByRole('searchbox').fill('width')
  await panel.locator('[data-setting=width]').getByRole('textbox').fill('512')
  await panel.getByRole('searchbox').fill('')
  await panel.locator('[data-setting=batchSize]').getByRole('textbox').fill('1024')
  await expect(hint.getByRole('heading', { name: 'This is more than the engine can hold' })).toBeVisible({ timeout: 60_000 })
  const start = page.getByRole('button', { name: 'Start training' })
  await expect(start).toBeDisabled()
  await panel.getByRole('button', { name: 'Close' }).click()
  await inAllLooks(page, 'memory-hint')

  await page.getByRole('button', { name: /^(语言|Language)/ }).click()
  await page.getByRole('menuitem', { name: 'English' }).click()
  const way = hint.getByRole('button', { name: /^Use a batch of \d+$/ })
  await way.focus()
  await page.keyboard.press('Enter')
  await expect(hint).toBeHidden({ timeout: 60_000 })
  await expect(start).toBeEnabled()
})

test.describe('a training that ran out of memory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latent-e2e-memory-'))
  test.beforeAll(async () => {
    test.setTimeout(240_000)
    const project = await copyTrainedProject(folder)
    // As the supervisor leaves it; the failure itself is tested on the real trainer (`test/conformance/memory.test.ts`).
    const db = new Database(join(project, 'project.db'))
    const error = JSON.stringify(new StudioError('out-of-memory').toJSON())
    const stop = JSON.stringify({ by: 'steps', steps: MORE_STEPS })
    db.prepare("update runs set status = 'failed', error = ?, stop = ?, total_steps = ?").run(error, stop, MORE_STEPS)
    db.close()
  })
  test.afterAll(() => rmSync(folder, { recursive: true, force: true }))
  test.use({ hostOptions: { project: join(folder, 'Faces.latent') } })

  test('goes on with half the batch by one click', async ({ studioPage: { page, base } }) => {
    test.setTimeout(240_000)
    // The window opens on its project by itself; an address that comes before would be lost.
    await page.waitForURL(/#\/data$/)
    await page.goto(`${base}/#/train?all`)
    await page.getByRole('button', { name: /^First faces/ }).click({ timeout: 30_000 })
    const halve = page.getByRole('button', { name: 'Go on with half the batch (32)' })
    await expect(halve).toBeVisible()
    await inAllLooks(page, 'memory-failed')
    await page.getByRole('button', { name: /^(语言|Language)/ }).click()
    await page.getByRole('menuitem', { name: 'English' }).click()

    await halve.focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'First faces, 2' })).toBeVisible({ timeout: 30_000 })
    await expect(page.locator('[data-test=run-status]')).toHaveAttribute('data-status', 'finished', { timeout: 120_000 })
    await expect(page.getByText(`what First faces knew at step ${TRAINED_STEPS}; its settings are other ones`)).toBeVisible()
    await expect(page.locator('[data-test=progress]')).toContainText(`step ${MORE_STEPS}`)
    await screenshot(page, 'memory-branch')
  })
})
