/** Finding odd ones: from a training to the ranked list with its reasons, setting one aside and back, in both themes and languages. */
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, expectAccessible, screenshot, test } from './support/studio'
import { copyTrainedProject, digest, FACES } from './support/training'

const folder = join(tmpdir(), `latent-odd-${process.pid}`)
test.use({ hostOptions: { project: join(folder, 'Faces.latent') } })
test.beforeAll(async () => {
  test.setTimeout(240_000)
  await copyTrainedProject(folder)
})
test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a training shows its odd ones, with the reason for each', async ({ studioPage: { page } }) => {
  test.setTimeout(180_000)
  await page.getByRole('link', { name: 'Train' }).click()
  await page.getByText('First faces').first().click()
  await page.getByRole('button', { name: 'Show the odd ones' }).click()
  const list = page.locator('[data-test=odd]')
  const first = list.getByRole('listitem').first()
  await expect(first).toBeVisible({ timeout: 90_000 })
  await expect(first).toHaveAttribute('aria-setsize', String(FACES))
  const pictures = first.getByRole('img')
  await expect(pictures).toHaveCount(3, { timeout: 60_000 })
  expect(await digest(pictures.nth(0))).not.toBe(await digest(pictures.nth(1)))
  // Only what is in sight exists.
  expect(await list.getByRole('listitem').count()).toBeLessThan(30)
  await expectAccessible(page)
  await screenshot(page, 'odd-dark-en')

  // By keyboard: down one, set aside, and back by the button that took its place.
  await list.focus()
  await page.keyboard.press('ArrowDown')
  const second = list.getByRole('listitem').nth(1)
  await expect(second).toBeFocused()
  await page.keyboard.press('Delete')
  await expect(second.getByText('Set aside. The next version is made without it.')).toBeVisible()
  await second.getByRole('button', { name: 'Put back' }).click()
  await expect(second.getByRole('button', { name: 'Set aside' })).toBeVisible()
  await page.keyboard.press('End')
  await expect(list.locator(`[data-place="${FACES - 1}"]`)).toBeVisible()

  // Another way to tell makes another list.
  await page.getByRole('combobox', { name: 'Judged by' }).selectOption('redrawing')
  await expect(page.getByText('The model redraws each picture.')).toBeVisible()
  await expect(first).toBeVisible({ timeout: 60_000 })

  await page.getByRole('button', { name: 'Language' }).click()
  await page.getByRole('menuitem', { name: '简体中文' }).click()
  await page.getByRole('button', { name: '主题', exact: true }).click()
  await page.getByRole('menuitem', { name: '浅色', exact: true }).click()
  await expect(page.getByRole('heading', { name: '异常图片' })).toBeVisible()
  await expectAccessible(page)
  await screenshot(page, 'odd-light-zh-CN')
})
