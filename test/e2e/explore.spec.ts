/** Walking through a model: the map, the sliders, a morph; by pointer and by keyboard alone. */
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, expectAccessible, test } from './support/studio'
import { copyTrainedProject, digest, FACES } from './support/training'

const folder = join(tmpdir(), `latent-explore-${process.pid}`)
test.use({ hostOptions: { project: join(folder, 'Faces.latent') } })
test.beforeAll(async () => {
  test.setTimeout(240_000)
  await copyTrainedProject(folder)
})
test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

const picture = (page: Page) => page.locator('[data-test=picture]')
const map = (page: Page) => page.getByRole('application', { name: new RegExp(`^Map of ${FACES} pictures`) })

async function explore(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Explore' }).click()
  await expect(map(page)).toBeVisible({ timeout: 60_000 })
  await expect(picture(page)).toBeVisible()
}

test('sliders move the picture, one by one and back', async ({ studioPage: { page } }) => {
  await explore(page)
  const average = await digest(picture(page))
  const slider = page.getByRole('slider', { name: 'Way 1', exact: true })
  await slider.focus()
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight')
  await expect(slider).toHaveAttribute('aria-valuetext', '1 spreads from the average')
  await expect.poll(() => digest(picture(page))).not.toBe(average)

  await page.getByRole('button', { name: 'Reset Way 1', exact: true }).click()
  await expect.poll(() => digest(picture(page))).toBe(average)
  await page.getByRole('button', { name: 'Undo the last move' }).click()
  await expect.poll(() => digest(picture(page))).not.toBe(average)
  await page.getByRole('button', { name: 'To the average' }).click()
  await expect.poll(() => digest(picture(page))).toBe(average)

  // Named by the tags that the pictures came with.
  await expect(
    page
      .getByRole('slider', { name: 'glasses' })
      .or(page.getByRole('button', { name: /more tags/ }))
      .first(),
  ).toBeVisible()
  await expect(page.getByRole('button', { name: 'Go to nearest picture 4' })).toBeVisible()
  await expectAccessible(page)
})

test('the map answers a click anywhere, and a drag of the picture', async ({ studioPage: { page } }) => {
  await explore(page)
  const box = (await map(page).boundingBox())!
  const average = await digest(picture(page))
  await page.mouse.click(box.x + box.width * 0.2, box.y + box.height * 0.15)
  await expect.poll(() => digest(picture(page))).not.toBe(average)
  await expect(page.getByText(/^Made by the model|^One of your pictures/)).toBeVisible()

  // From where it is now, over the map: the picture follows the hand, and the whole way is one move.
  const there = await digest(picture(page))
  await page.mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.15)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.6, { steps: 12 })
  await page.mouse.up()
  await expect.poll(() => digest(picture(page))).not.toBe(there)
  await page.keyboard.press('ControlOrMeta+z')
  await expect.poll(() => digest(picture(page))).toBe(there)
})

test('one picture becomes another under a slider', async ({ studioPage: { page } }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await explore(page)
  await page.getByRole('button', { name: 'Morph two pictures' }).click()
  // By keyboard: the nearest originals are pictures one can go to, and the map's cursor finds others.
  await map(page).focus()
  const status = map(page).getByRole('status')
  const onPicture = async (key: string): Promise<void> => {
    for (let i = 0; i < 200; i++) {
      await page.keyboard.press(key)
      if ((await status.textContent())?.startsWith('On one of your pictures')) break
    }
    await page.keyboard.press('Enter')
  }
  await onPicture('ArrowLeft')
  await expect(page.getByRole('button', { name: 'Choose another start (A)' })).toBeVisible()
  await onPicture('ArrowRight')
  const slider = page.getByRole('slider', { name: 'From A to B' })
  await expect(slider).toBeVisible()
  const start = await digest(picture(page))
  await slider.focus()
  await page.keyboard.press('End')
  await expect(slider).toHaveAttribute('aria-valuetext', '100% of the way from A to B')
  await expect.poll(() => digest(picture(page))).not.toBe(start)
  const end = await digest(picture(page))
  await page.keyboard.press('PageDown')
  await expect.poll(() => digest(picture(page))).not.toBe(end)
  await page.keyboard.press('Home')
  await expect.poll(() => digest(picture(page))).toBe(start)
  await expectAccessible(page)
})

test('tags stand out on the map, and a surprise comes from the model', async ({ studioPage: { page } }) => {
  await explore(page)
  await page.getByRole('combobox', { name: 'Show' }).selectOption('glasses')
  await expect(page.getByText(/pictures with “glasses” stand out/)).toBeVisible()
  const before = await digest(picture(page))
  await page.getByRole('button', { name: 'Surprise me' }).click()
  await expect.poll(() => digest(picture(page))).not.toBe(before)
})

test.describe('a project without a model', () => {
  test.use({ hostOptions: {} })

  test('says so, and leads to training', async ({ studioPage: { page } }) => {
    await page.getByRole('button', { name: 'New project' }).click()
    await page.getByLabel('Name').fill('Nothing yet')
    await page.keyboard.press('Enter')
    await page.waitForURL(/#\/data$/)
    await page.getByRole('link', { name: 'Explore' }).click()
    await expect(page.getByRole('heading', { name: 'There is no model to explore yet' })).toBeVisible()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Train a model' }).click()
    await expect(page.getByRole('heading', { name: 'There is nothing to learn from yet' })).toBeVisible()
    await expectAccessible(page)
  })
})
