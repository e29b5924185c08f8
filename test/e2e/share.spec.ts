/** Every kind of file made from a trained model, each opened again by another reader before the room calls it done. */
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messages } from '../../src/renderer/locales/texts'
import { expect, expectAccessible, screenshot, test } from './support/studio'
import { copyTrainedProject } from './support/training'

const folder = join(tmpdir(), `latent-share-${process.pid}`)
test.use({ hostOptions: { project: join(folder, 'Faces.latent') } })
test.beforeAll(async () => {
  test.setTimeout(240_000)
  await copyTrainedProject(folder)
})
test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a model becomes pictures, ONNX and safetensors, and each can be saved', async ({ studioPage: { page } }) => {
  test.setTimeout(400_000)
  await page.getByRole('link', { name: 'Share' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Share “First faces')
  for (const [format, made, checked] of [
    ['png', /\.png$/, 'identical'],
    ['onnx', /\.onnx$/, 'largest difference'],
    ['safetensors', /\.safetensors$/, 'identical'],
  ] as const) {
    const { title, make } = messages.en.share.formats[format]
    const card = page.getByRole('region', { name: title })
    await card.getByRole('button', { name: make }).click()
    await expect(card).toContainText(checked, { timeout: 90_000 })
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      card
        .getByRole('button', { name: /^Save / })
        .first()
        .click(),
    ])
    expect(download.suggestedFilename()).toMatch(made)
    expect(readFileSync(await download.path()).length).toBeGreaterThan(100)
  }
  const difference = await page
    .getByRole('region', { name: messages.en.share.formats.onnx.title })
    .getByText(/largest difference/)
    .innerText()
  expect(Number(difference.replace(/.*difference /, ''))).toBeLessThanOrEqual(1e-4)

  // Seen again after leaving, and in the other theme.
  await page.getByRole('link', { name: 'Data' }).click()
  await page.getByRole('link', { name: 'Share' }).click()
  await expect(page.getByText('largest difference')).toBeVisible()
  await page.mouse.move(0, 0)
  await expect(page.getByText('was saved.')).toHaveCount(0)
  await expectAccessible(page)
  await screenshot(page, 'share-dark')
  await page.getByRole('button', { name: 'Theme' }).click()
  await page.getByRole('menuitem', { name: 'Light' }).click()
  await expectAccessible(page)
  await screenshot(page, 'share-light')
})

test.describe('a project without a model', () => {
  test.use({ hostOptions: {} })

  test('says what to do first', async ({ studioPage: { page } }) => {
    await page.getByRole('button', { name: 'New project' }).click()
    await page.getByRole('button', { name: 'Create project' }).click()
    await page.waitForURL(/#\/data$/)
    await page.getByRole('link', { name: 'Share' }).click()
    await expect(page.getByRole('heading', { name: 'Nothing to share yet' })).toBeVisible()
    await page.getByRole('button', { name: 'Go to training' }).click()
    await page.waitForURL(/#\/train/)
  })
})
