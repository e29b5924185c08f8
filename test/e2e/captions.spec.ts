/** Descriptions of pictures: from a list beside them, over a picture's own words, to pictures that are made for what is typed. */
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, expectAccessible, screenshot, test } from './support/studio'
import { digest, makeTrainedProject } from './support/training'

const folder = join(tmpdir(), `latent-captions-${process.pid}`)
test.use({ hostOptions: { project: join(folder, 'Faces.latent') } })
test.beforeAll(() => {
  test.setTimeout(180_000)
  const small = ['architecture=mlp', 'critic=mlp', 'width=16', 'latentSize=4', 'batchSize=16', 'byText=true']
  const train = ['--recipe', 'gan', '--size', '16', '--engine', 'wasm', ...small.flatMap((one) => ['--set', one])]
  makeTrainedProject(folder, { faces: 48, steps: 30, sample: ['--captions', 'en'], train })
})
test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('makes the picture that a description asks for', async ({ studioPage: { page } }) => {
  await page.getByRole('link', { name: 'Explore' }).click()
  const picture = page.locator('[data-test=picture]')
  await expect(picture).toBeVisible({ timeout: 60_000 })
  const field = page.getByRole('textbox', { name: 'What to make' })
  await field.fill('A face with glasses')
  await field.press('Enter')
  const plain = await expect
    .poll(() => digest(picture))
    .toBeTruthy()
    .then(() => digest(picture))
  await field.fill('A face with a hat, glasses and freckles')
  await field.press('Enter')
  await expect.poll(() => digest(picture)).not.toBe(plain)
  const asked = await digest(picture)
  await field.fill('A face with a moustache')
  await field.press('Enter')
  await expect(page.getByText('It never met these words: moustache.')).toBeVisible()
  expect(await digest(picture)).toBe(asked)
  await expectAccessible(page)
  await screenshot(page, 'captions-explore')
})

test('says where descriptions came from, and takes other words for a picture, and back', async ({ studioPage: { page } }) => {
  await page.getByRole('link', { name: 'Data' }).click()
  await page.getByRole('button', { name: /choose another/ }).click()
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('menuitem', { name: 'A new dataset from a folder…' }).click()
  await (await chooser).setFiles(join(folder, 'faces'))
  await expect(page.getByRole('heading', { name: '48 pictures have a description' })).toBeVisible({ timeout: 30_000 })
  await expect(page.getByText('Taken from the column “caption” of captions.csv, where “file” names the picture.')).toBeVisible()

  const look = async () => {
    await page.getByRole('listbox', { name: /Pictures of/ }).focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
  }
  await look()
  const words = page.getByRole('dialog').getByRole('textbox', { name: 'Description' })
  await expect(words).toHaveValue(/\.$/)
  const before = await words.inputValue()
  // The keys of the dialog are letters and moves of the text here.
  await words.press('End')
  await words.press('Backspace')
  await words.press('ArrowLeft')
  await expect(words).toHaveValue(before.slice(0, -1))
  await words.fill('Somebody else altogether')
  await words.press('Enter')
  await expect(page.getByText('Description saved.')).toBeVisible()
  await expectAccessible(page)
  await screenshot(page, 'captions-item')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Undo' }).click()
  await look()
  await expect(words).toHaveValue(before)
})
