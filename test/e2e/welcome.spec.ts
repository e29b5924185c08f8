/** The first screen, as a person who never saw the studio meets it. */
import { expect, test } from './support/studio'

test('one click draws the faces and leads to training', async ({ studioPage: { page } }) => {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Teach a computer to draw like your pictures')
  await page.getByRole('button', { name: 'Start with cartoon faces' }).click()
  await page.waitForURL(/#\/train\?start=faces$/, { timeout: 60_000 })
  await expect(page.getByRole('button', { name: /Cartoon faces: open another/ })).toBeVisible()

  await page.getByRole('link', { name: 'Data' }).click()
  await expect(page.getByRole('heading', { level: 1, name: '2,000 pictures' })).toBeVisible()
  const tags = page.getByRole('complementary').first().getByRole('listitem')
  await expect(tags.filter({ hasText: 'glasses' })).toBeVisible()
  await expect(page.getByText('Every file could be read')).toBeVisible()
  // Pictures are really there, not only their places.
  const first = page.getByRole('option').first().locator('img')
  await expect.poll(() => first.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth)).toBeGreaterThan(0)
})

test('a project is made by keyboard alone, and found again', async ({ studioPage: { page } }) => {
  const make = page.getByRole('button', { name: 'New project' })
  await make.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toBeVisible()
  await expect(page.getByLabel('Name')).toBeFocused()
  await page.keyboard.type('Leaves of 1921')
  await page.keyboard.press('Enter')
  await page.waitForURL(/#\/data$/)
  await expect(page.getByRole('heading', { name: 'Drop pictures or texts anywhere in this window' })).toBeVisible()

  await page.getByRole('link', { name: 'Latent Studio' }).click()
  await page.getByRole('button', { name: /Leaves of 1921 opened today/ }).click()
  await page.waitForURL(/#\/data$/)
  await expect(page).toHaveTitle('Data – Leaves of 1921 – Latent Studio')
})

test('Escape closes a dialog and the focus goes back', async ({ studioPage: { page } }) => {
  const make = page.getByRole('button', { name: 'New project' })
  await make.click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(make).toBeFocused()
})

test('language and theme are chosen, at once, and kept', async ({ studioPage: { page } }) => {
  await page.getByRole('button', { name: 'Language' }).click()
  await page.getByRole('menuitem', { name: '简体中文' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('教电脑画出像你的图片一样的画')
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN')
  await page.getByRole('button', { name: '主题' }).click()
  await page.getByRole('menuitem', { name: '浅色' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')

  // Kept by main, not only beside the page.
  await page.evaluate(() => localStorage.clear())
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
})

test('the theme follows the system when asked to', async ({ studioPage: { page } }) => {
  await page.getByRole('button', { name: 'Theme' }).click()
  await page.getByRole('menuitem', { name: 'As the system' }).click()
  await page.emulateMedia({ colorScheme: 'light' })
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})

test('the face under the slider moves with the arrow keys, and never by itself for those who asked for less motion', async ({
  studioPage: { page },
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.reload()
  const slider = page.getByRole('slider', { name: 'From one face to the other' })
  const before = await slider.getAttribute('aria-valuenow')
  await page.waitForTimeout(600)
  expect(await slider.getAttribute('aria-valuenow')).toBe(before)
  await slider.focus()
  await page.keyboard.press('End')
  await expect(slider).toHaveAttribute('aria-valuenow', '100')
})
