/** Measuring a model from its page: by keyboard, with progress, and the numbers beside real ones. */
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, expectAccessible, screenshot, test } from './support/studio'
import { copyTrainedProject } from './support/training'

const folder = join(tmpdir(), `latent-quality-${process.pid}`)
test.use({ hostOptions: { project: join(folder, 'Faces.latent') } })
test.beforeAll(async () => {
  test.setTimeout(240_000)
  await copyTrainedProject(folder)
})
test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a model is measured, and its numbers stay', async ({ studioPage: { page } }) => {
  test.setTimeout(300_000)
  await page.getByRole('link', { name: 'Train' }).click()
  await page.getByText('First faces').first().click()
  const card = page.getByRole('region', { name: 'How good it is' })
  await card.getByRole('button', { name: 'Measure' }).focus()
  await page.keyboard.press('Enter')
  await expect(card.getByRole('progressbar')).toBeVisible({ timeout: 30_000 })
  await card.getByRole('button', { name: 'Cancel the measuring' }).press('Enter')
  await card.getByRole('button', { name: 'Measure' }).press('Enter')
  await expect(card.getByRole('row', { name: /^Believable/ })).toBeVisible({ timeout: 240_000 })
  await expectAccessible(page, '[data-test=quality]')

  await page.reload()
  for (const label of ['Light', 'Dark']) {
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitem', { name: label }).click()
    await expect(card.getByRole('row', { name: /^Believable/ })).toBeVisible()
    await card.scrollIntoViewIfNeeded()
    await page.mouse.move(5, 5)
    await page.waitForTimeout(600)
    await expectAccessible(page, '[data-test=quality]')
    await screenshot(page, `quality-${label.toLowerCase()}`)
  }
})
