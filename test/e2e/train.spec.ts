/** From nothing to a model of one's own, as a newcomer does it; and the training room by itself. */
import type { Page } from '@playwright/test'
import { expect, expectAccessible, screenshot, test } from './support/studio'
import { digest, startFaces, trainFor } from './support/training'

test.use({ hostOptions: { engines: true } })

async function inBothThemes(page: Page, name: string): Promise<void> {
  for (const [theme, label] of [
    ['light', 'Light'],
    ['dark', 'Dark'],
  ]) {
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitem', { name: label }).click()
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme!)
    await page.mouse.move(5, 5)
    await page.waitForTimeout(600)
    await screenshot(page, `${name}-${theme}`)
  }
}

test('a newcomer morphs a face of their own within three minutes', async ({ studioPage: { page } }) => {
  test.setTimeout(400_000)
  await expect(page.getByRole('button', { name: 'Start with cartoon faces' })).toBeVisible()
  const usable = performance.now()
  await startFaces(page)
  // Everything is preset, and Start has the focus.
  const start = page.getByRole('button', { name: 'Start training' })
  await expect(start).toBeFocused()
  await page.keyboard.press('Enter')

  const status = page.locator('[data-test=run-status]')
  await expect(status).toHaveAttribute('data-status', 'running', { timeout: 60_000 })
  await expect(page.getByRole('button', { name: 'Made picture 1: follow it through time' })).toBeVisible({ timeout: 60_000 })
  await expect(status).toHaveAttribute('data-status', 'finished', { timeout: 300_000 })

  await page.getByRole('button', { name: 'Explore it' }).click()
  const picture = page.locator('[data-test=picture]')
  const slider = page.getByRole('slider', { name: 'Way 1' })
  await expect(slider).toBeVisible({ timeout: 60_000 })
  await expect(picture).toBeVisible()
  const before = await digest(picture)
  await slider.focus()
  for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowRight')
  await expect.poll(() => digest(picture)).not.toBe(before)
  const seconds = (performance.now() - usable) / 1000
  console.log(`from a usable studio to a trained face morphing under a slider: ${seconds.toFixed(1)} s`)
  expect(seconds).toBeLessThan(180)

  await page.getByRole('button', { name: 'Morph two pictures' }).click()
  const box = (await page.getByRole('application').boundingBox())!
  for (const [name, x, y] of [
    ['Choose another start (A)', 0.35, 0.45],
    ['Choose another end (B)', 0.65, 0.55],
  ] as const) {
    await expect
      .poll(async () => {
        // Somewhere around there lies a picture.
        await page.mouse.click(
          box.x + box.width * x + Math.sin(performance.now()) * 40,
          box.y + box.height * y + Math.cos(performance.now()) * 40,
        )
        return page.getByRole('button', { name }).count()
      })
      .toBe(1)
  }
  await expect(page.getByRole('slider', { name: 'From A to B' })).toHaveAttribute('aria-valuetext', '100% of the way from A to B')
  await inBothThemes(page, 'explore')
  await page.goBack()
  await expect(page.getByRole('button', { name: 'Made picture 1: follow it through time' })).toBeVisible()
  await inBothThemes(page, 'train')
})

test('pauses, goes on, stops, and shows every moment of it', async ({ studioPage: { page } }) => {
  await startFaces(page)
  await trainFor(page, 400)
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
