/** The training room by itself. */
import { expect, expectAccessible, test } from './support/studio'
import { startFaces, trainFor } from './support/training'

test.use({ hostOptions: { engines: true } })

test('pauses, goes on, stops, and shows every moment of it', async ({ studioPage: { page } }) => {
  await startFaces(page)
  await trainFor(page, 400)
  const bar = page.getByRole('contentinfo', { name: 'What runs now' })
  await expect(bar).toContainText(/Training|Preparing/)
  const status = page.locator('[data-test=run-status]')
  await expect(status).toHaveAttribute('data-status', 'running', { timeout: 60_000 })
  await expect(page.getByRole('button', { name: 'Made picture 1: follow it through time' })).toBeVisible({ timeout: 60_000 })

  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(status).toHaveAttribute('data-status', 'paused', { timeout: 30_000 })
  await page.getByRole('button', { name: 'Go on' }).click()
  await expect(status).toHaveAttribute('data-status', 'running', { timeout: 60_000 })
  await expect(page.getByText(/exactly as if never stopped/)).toBeVisible()

  // The chart and its words: every part of the loss by its name, with its number.
  const chart = page.getByRole('complementary', { name: 'Learning' })
  for (const part of ['Total', 'Redrawing error', 'Use of the latent code'])
    await expect(chart.getByRole('button', { name: part })).toBeVisible()
  await expect(chart.locator('[data-test=chart-verdict]')).not.toBeEmpty()
  await expect(chart.locator('canvas')).toBeVisible()

  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(status).toHaveAttribute('data-status', 'stopped', { timeout: 30_000 })
  await expect(bar).toContainText('Nothing is running')

  // By keyboard through time: back to the first moment and to the end again.
  const time = page.getByRole('slider', { name: 'Time' })
  await time.focus()
  await page.keyboard.press('Home')
  await expect(page.getByRole('button', { name: 'To the end' })).toBeVisible()
  await page.keyboard.press('End')
  await expect(page.getByRole('button', { name: 'To the end' })).toBeHidden()

  await expectAccessible(page)
  await page.getByRole('button', { name: 'All trainings' }).click()
  await expect(page.getByRole('button', { name: /^Cartoon faces 1 .* Stopped/ })).toBeVisible()
  await expectAccessible(page)
})

test('the wizard goes by Enter alone, and its settings guard themselves', async ({ studioPage: { page } }) => {
  await startFaces(page)
  await page.goto(`${new URL(page.url()).origin}/#/train`)
  for (const heading of ['What would you like to do?', 'From which pictures?', 'How long may it take?']) {
    await expect(page.locator('[aria-current=step] h2')).toHaveText(new RegExp(heading.replace('?', '\\?')))
    await expect(page.locator('[data-main]')).toBeFocused()
    await expectAccessible(page)
    if (heading !== 'How long may it take?') await page.keyboard.press('Enter')
  }

  await page.getByRole('button', { name: 'All settings' }).click()
  const panel = page.getByRole('complementary', { name: 'All settings' })
  await expect(panel.getByText(/adjustable numbers/)).toBeVisible({ timeout: 60_000 })
  await expectAccessible(page)
  const size = panel.locator('[data-setting=latentSize]')
  await size.getByRole('textbox').fill('1')
  await expect(size.getByText('At least 2.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
  await size.getByRole('button', { name: /^Back to/ }).click()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled()
  await panel.getByRole('searchbox').fill('warm-up (steps)')
  await expect(panel.locator('[data-setting]')).toHaveCount(1)
})
