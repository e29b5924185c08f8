/** The data room on a real studio: pictures in, bad files named, cleaned by keyboard, frozen. */
import type { Page } from '@playwright/test'
import { makeIdx, makePictures } from './support/pictures'
import { expect, test } from './support/studio'

async function newProject(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New project' }).click()
  await page.getByRole('button', { name: 'Create project' }).click()
  await page.waitForURL(/#\/data$/)
}

async function choose(page: Page, button: string, path: string): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: button }).click()])
  await chooser.setFiles(path)
}

test('a folder with broken files: the good ones come in, each bad one is named with its reason', async ({
  studioPage: { page },
}) => {
  const { folder, broken } = await makePictures(48)
  await newProject(page)
  await choose(page, 'Choose a folder', folder)
  await expect(page.getByRole('heading', { level: 1, name: '48 pictures' })).toBeVisible({ timeout: 30_000 })
  await expect(page.getByRole('button', { name: 'circles 24' })).toBeVisible()
  await expect(page.getByRole('heading', { name: '4 files were set aside' })).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Only 48 pictures' })).toBeVisible()

  await page.getByRole('button', { name: 'See all 4' }).click()
  const rows = page.getByRole('dialog').getByRole('row')
  await expect(rows).toHaveCount(1 + broken.length)
  for (const name of broken) await expect(rows.filter({ hasText: name })).toHaveCount(1)
  await expect(rows.filter({ hasText: 'empty.jpg' })).toContainText('is empty.')
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'squares 24' }).click()
  await expect(page.getByRole('heading', { level: 1, name: '24 pictures with “squares”' })).toBeVisible()
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect(page.getByRole('heading', { level: 1, name: '48 pictures' })).toBeVisible()
})

test('the whole room by keyboard: move, select, look closer, set aside, undo, freeze', async ({ studioPage: { page } }) => {
  const { folder } = await makePictures(48)
  await newProject(page)
  await choose(page, 'Choose a folder', folder)
  const grid = page.getByRole('listbox', { name: /Pictures of/ })
  await expect(grid).toBeVisible({ timeout: 30_000 })
  await expect(page.getByRole('heading', { level: 1, name: '48 pictures' })).toBeVisible({ timeout: 30_000 })
  const chosen = grid.getByRole('option', { selected: true })

  await grid.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Shift+ArrowRight')
  await expect(chosen).toHaveCount(2)
  await page.keyboard.press('Space')
  await expect(chosen).toHaveCount(1)

  await page.keyboard.press('Home')
  await page.keyboard.press('Enter')
  const detail = page.getByRole('dialog')
  await expect(detail).toContainText('1 of 48')
  await expect(detail).toContainText('64 × 64 pixels')
  await page.keyboard.press('ArrowRight')
  await expect(detail).toContainText('2 of 48')
  await page.keyboard.press('Escape')
  await expect(detail).toBeHidden()

  await grid.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('Shift+ArrowRight')
  await page.keyboard.press('Delete')
  await expect(page.getByRole('heading', { level: 1, name: '46 pictures' })).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('heading', { level: 1, name: '48 pictures' })).toBeVisible()

  await page.getByRole('button', { name: 'New version…' }).click()
  const freeze = page.getByRole('dialog')
  await freeze.getByLabel('Size the model sees').selectOption('32')
  await freeze.getByRole('slider').press('Home')
  await expect(freeze).toContainText('Nothing kept aside')
  await freeze.getByRole('slider').press('End')
  await expect(freeze).toContainText('The model learns from 24 pictures of 32 × 32 pixels')
  await freeze.getByRole('button', { name: 'Freeze version' }).click()
  await expect(freeze).toBeHidden()
  await expect(page.getByRole('button', { name: /^v1 · colour/ })).toHaveAttribute('aria-pressed', 'true')
  await page.getByRole('button', { name: 'Ready: train on version 1' }).click()
  await page.waitForURL(/#\/train/)
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect(page.getByRole('main')).toContainText('shapes')
})

test('the way in from the welcome: own pictures make a project', async ({ studioPage: { page } }) => {
  const { folder } = await makePictures(20)
  await choose(page, 'Start with your own pictures', folder)
  await page.waitForURL(/#\/data$/, { timeout: 30_000 })
  await expect(page.getByRole('heading', { level: 1, name: '20 pictures' })).toBeVisible({ timeout: 30_000 })
})

test('files dragged over the window are welcome anywhere', async ({ studioPage: { page } }) => {
  await newProject(page)
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['x'], 'a.png'))
    window.dispatchEvent(new DragEvent('dragenter', { dataTransfer }))
  })
  await expect(page.getByText('Drop them here')).toBeVisible()
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['x'], 'a.png'))
    window.dispatchEvent(new DragEvent('dragleave', { dataTransfer }))
  })
  await expect(page.getByText('Drop them here')).toBeHidden()
})

test('a file that is no picture is named in one plain sentence, and the way in stays open', async ({ studioPage: { page } }) => {
  await newProject(page)
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose files or zips' }).click(),
  ])
  await chooser.setFiles({ name: 'notes.dat', mimeType: 'text/plain', buffer: Buffer.from('no picture') })
  await expect(page.getByText('notes.dat is not a picture we can read.')).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Drop pictures or texts anywhere in this window' })).toBeVisible()
})

test('a grid of 100,000 holds few elements, and reaches its end by one key', async ({ studioPage: { page } }) => {
  test.setTimeout(300_000)
  await newProject(page)
  await choose(page, 'Choose files or zips', makeIdx(100_000, 8))
  await expect(page.getByRole('heading', { level: 1, name: '100,000 pictures' })).toBeVisible({ timeout: 240_000 })
  await expect(page.getByText('Reading your files')).toBeHidden({ timeout: 60_000 })
  const grid = page.getByRole('listbox')
  await grid.focus()
  await page.keyboard.press('End')
  await expect(page.getByRole('option', { name: /^Picture 100000: / })).toBeVisible()
  expect(await page.getByRole('option').count()).toBeLessThan(300)
  await page.keyboard.press('Home')
  await expect(page.getByRole('option', { name: /^Picture 1: / })).toBeVisible()
})
