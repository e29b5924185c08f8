/** From nothing to a model of one's own, as a newcomer does it. Named so that it begins first: it takes longest. */
import type { Page } from '@playwright/test'
import { expect, screenshot, test } from './support/studio'
import { digest, startFaces } from './support/training'

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
