/** The choices about what a model is shown: rare kinds evened out, pictures varied, and another kind of model. */
import { expect, expectAccessible, screenshot, test } from './support/studio'
import { startFaces, trainFor } from './support/training'

test.use({ hostOptions: { engines: true } })

test('rare kinds are evened out and pictures varied, by keyboard, in both themes', async ({ studioPage: { page } }) => {
  test.setTimeout(300_000)
  await startFaces(page)
  await page.getByRole('button', { name: /From which pictures/ }).click()
  const feed = page.getByRole('button', { name: /^How they are shown/ })
  await expect(feed).toContainText('as they are')
  await feed.press('Enter')

  // Tags of which no face has two are proposed; every way tells what it makes of each kind.
  const table = page.getByRole('table')
  await expect(table).toBeVisible({ timeout: 90_000 })
  const cells = async (row: number) =>
    (await table.getByRole('row').nth(row).getByRole('cell').allTextContents()).map((cell) => cell.trim())
  const [items, weighed, removed, repeated] = await cells(1)
  expect(weighed).toContain(`${items} × `)
  expect(Number(removed!.replace(',', ''))).toBeLessThanOrEqual(Number(items!.replace(',', '')))
  expect(Number(repeated!.replace(',', ''))).toBeGreaterThanOrEqual(Number(items!.replace(',', '')))

  await page.getByRole('radio', { name: 'As they come' }).focus()
  await page.keyboard.press('ArrowLeft')
  await expect(page.getByRole('radio', { name: 'Repeat the rare' })).toBeChecked()
  await page.getByRole('checkbox', { name: 'Turned a little' }).press('Space')
  await page.getByRole('checkbox', { name: 'Mirrored' }).press('Space')
  await expect(page.getByRole('img', { name: /each with seven examples/ })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText('Mirrored letters and digits')).toBeVisible()
  await expect(feed).toContainText('Repeat the rare')

  for (const [theme, label] of [
    ['light', 'Light'],
    ['dark', 'Dark'],
  ]) {
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitem', { name: label }).click()
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme!)
    await expectAccessible(page)
    await screenshot(page, `feed-${theme}`)
  }

  await page.getByRole('button', { name: 'Continue' }).click()
  await trainFor(page, 20)
  await expect(page.locator('[data-test=run-status]')).toHaveAttribute('data-status', 'finished', { timeout: 120_000 })
  await expect(page.getByText('Repeat the rare, by')).toBeVisible()
})
