/** Texts in the data room: in, found, read, cleaned by the same keys as pictures, frozen with what that keeps; in both languages. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, expectAccessible, screenshot, test } from './support/studio'

const ANIMALS = ['猫', '狗', '鸟', '鱼', '马', '牛']

/** A table of small sentences with a label each; its last line is broken. */
function makeTable(rows: number): string {
  const line = (n: number) =>
    n % 2
      ? `"第${n}天，${ANIMALS[n % 6]}在院子里，天气很好。\n然后下雨了。",陈述`
      : `on day ${n} did the ${['cat', 'dog', 'bird'][n % 3]} see it?,question`
  const text = `sentence,label\n${Array.from({ length: rows }, (_, n) => line(n)).join('\n')}\nbroken\n`
  const file = join(mkdtempSync(join(tmpdir(), 'latent-texts-')), 'small-sentences.csv')
  writeFileSync(file, text)
  return file
}

async function bring(page: Page, file: string): Promise<void> {
  await page.getByRole('button', { name: 'New project' }).click()
  await page.getByRole('button', { name: 'Create project' }).click()
  await page.waitForURL(/#\/data$/)
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose files or zips' }).click(),
  ])
  await chooser.setFiles(file)
}

test('a table of sentences: shown, searched, read, set aside and frozen', async ({ studioPage: { page } }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await bring(page, makeTable(300))
  await expect(page.getByRole('heading', { level: 1, name: '300 texts' })).toBeVisible({ timeout: 30_000 })
  await expect(page.getByRole('heading', { name: '“sentence” of small-sentences.csv' })).toBeVisible()
  await expect(page.getByText('small-sentences.csv:452 has 1 fields where the others have 2.')).toBeVisible()
  await expectAccessible(page)
  await screenshot(page, 'texts-dark-en')

  const list = page.getByRole('listbox', { name: 'Texts of small-sentences' })
  await expect(list.getByRole('option').first()).toContainText('on day 0 did the cat see it?')
  expect(await list.getByRole('option').count()).toBeLessThan(60)
  await list.focus()
  await page.keyboard.press('End')
  await expect(list.getByRole('option', { name: '然后下雨了。' }).last()).toBeInViewport()
  await page.keyboard.press('Home')

  const search = page.getByRole('searchbox', { name: 'Find in the texts' })
  await search.fill('BIRD')
  await expect(page.getByRole('heading', { level: 1, name: '50 texts found' })).toBeVisible()
  await search.fill('100%')
  await expect(page.getByText('No text has these words near its beginning.')).toBeVisible()
  await search.fill('')
  await page.getByRole('button', { name: '陈述 150' }).click()
  await expect(page.getByRole('heading', { level: 1, name: '150 texts with “陈述”' })).toBeVisible()
  await page.getByRole('button', { name: 'Show all' }).click()

  await list.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const detail = page.getByRole('dialog')
  await expect(detail).toContainText('2 of 300')
  await expect(detail.getByRole('region', { name: 'The whole text' })).toHaveText('第1天，狗在院子里，天气很好。\n然后下雨了。')
  await expect(detail).toContainText('22 characters in 2 lines')
  await expectAccessible(page)
  await page.keyboard.press('Escape')

  await list.focus()
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Delete')
  await expect(page.getByRole('heading', { level: 1, name: '298 texts' })).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('heading', { level: 1, name: '300 texts' })).toBeVisible()

  await page.getByRole('button', { name: 'New version…' }).click()
  const freeze = page.getByRole('dialog')
  await expect(freeze).toContainText('100%')
  await freeze.getByText('Word parts').click()
  await freeze.getByLabel('Tokens in a row at most').fill('6')
  await expect(freeze).toContainText('300 rows of')
  await expect(freeze.getByText('Texts that fit as a whole').locator('xpath=following-sibling::dd[1]')).not.toHaveText('100%')
  await freeze.getByText('Into pieces').click()
  await expect(freeze.getByText('Text that is learned from').locator('xpath=following-sibling::dd[1]')).toHaveText('100%')
  await expectAccessible(page)
  await screenshot(page, 'texts-freeze-dark-en')
  await freeze.getByRole('button', { name: 'Freeze version' }).click()
  await expect(freeze).toBeHidden()
  await expect(page.getByRole('button', { name: /^v1 · Word parts/ })).toHaveAttribute('aria-pressed', 'true')
})

test('简体中文, light', async ({ studioPage: { page } }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await bring(page, makeTable(60))
  await expect(page.getByRole('heading', { level: 1, name: '60 texts' })).toBeVisible({ timeout: 30_000 })
  await page.getByRole('button', { name: 'Language' }).click()
  await page.getByRole('menuitem', { name: '简体中文' }).click()
  await page.getByRole('button', { name: '主题', exact: true }).click()
  await page.getByRole('menuitem', { name: '浅色', exact: true }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
  await page.mouse.move(0, 0)
  await expectAccessible(page)
  await screenshot(page, 'texts-light-zh-CN')
  await page.getByRole('button', { name: '新版本…' }).click()
  await expect(page.getByRole('dialog')).toContainText('模型看到的第一条文本')
  await expectAccessible(page)
  await screenshot(page, 'texts-freeze-light-zh-CN')
  expect(await page.locator('body').innerText()).not.toMatch(/\b(shell|data|ui)\.[a-z]+|\{\w+\}/i)
})
