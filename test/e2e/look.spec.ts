/**
 * Every screen of the welcome, the data room and the share room, in a theme and a language each: no violation of WCAG A and AA,
 * of the policy, or of the texts. With `SCREENSHOTS=1` the pictures of the documentation are taken on the way.
 */
import type { Page } from '@playwright/test'
import { messages } from '../../src/renderer/locales/texts'
import { makePictures } from './support/pictures'
import { expect, expectAccessible, screenshot, test } from './support/studio'

type Language = keyof typeof messages

async function dress(page: Page, language: Language, theme: 'dark' | 'light'): Promise<void> {
  await page.evaluate((kept) => localStorage.setItem('latent.preferences', kept), JSON.stringify({ locale: language, theme }))
  await page.getByRole('button', { name: /^(Language|语言)$/ }).click()
  await page.getByRole('menuitem', { name: language === 'en' ? 'English' : '简体中文' }).click()
  const { label, ...themes } = messages[language].shell.theme
  await page.getByRole('button', { name: label, exact: true }).click()
  await page.getByRole('menuitem', { name: themes[theme], exact: true }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', theme)
  await expect(page.locator('html')).toHaveAttribute('lang', language)
  await page.mouse.move(0, 0)
}

/** No key of a text instead of the text, and no blank left to be filled. */
async function expectWritten(page: Page): Promise<void> {
  const text = await page.locator('body').innerText()
  expect(text).not.toMatch(/\b(shell|data|train|explore|share|ui)\.[a-z]+/i)
  expect(text).not.toMatch(/\{\w+\}/)
}

async function expectGood(page: Page): Promise<void> {
  await expectWritten(page)
  await expectAccessible(page)
  // Nothing is cut off: the window itself never scrolls.
  expect(
    await page.evaluate(
      () => document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight,
    ),
  ).toBe(true)
}

/** Each theme and each language once; all four for the documentation. */
const LOOKS: [Language, 'dark' | 'light'][] = [
  ['en', 'dark'],
  ['zh-CN', 'light'],
]
if (process.env.SCREENSHOTS) LOOKS.push(['en', 'light'], ['zh-CN', 'dark'])

for (const [language, theme] of LOOKS)
  test(`${language}, ${theme}`, async ({ studioPage: { page } }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const { data, shell, ui } = messages[language]
    await dress(page, language, theme)
    await expectGood(page)
    await screenshot(page, `welcome-${theme}-${language}`)

    await page.getByRole('button', { name: shell.welcome.new, exact: true }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await expectGood(page)
    await page.getByRole('button', { name: shell.welcome.create }).click()
    await page.waitForURL(/#\/data$/)
    await expectGood(page)

    await page.getByRole('button', { name: data.empty.faces }).click()
    await expect(page.getByRole('heading', { level: 1, name: /^2,000/ })).toBeVisible({ timeout: 60_000 })
    const { folder } = await makePictures(0)
    await page.getByRole('button', { name: data.add }).click()
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('menuitem', { name: data.addFolder }).click(),
    ])
    await chooser.setFiles(folder)
    await expect(page.getByRole('heading', { level: 3, name: /4/ })).toBeVisible({ timeout: 30_000 })
    await page.setViewportSize({ width: 1100, height: 700 })
    await expectGood(page)
    await page.setViewportSize({ width: 1440, height: 900 })
    await expectGood(page)
    await screenshot(page, `data-${theme}-${language}`)

    await page.getByRole('option').nth(2).dblclick()
    await expect(page.getByRole('dialog')).toBeVisible()
    await expectGood(page)
    await page.keyboard.press('Escape')

    await page
      .getByRole('button', { name: /4/ })
      .filter({ hasText: data.found.quarantineAll.split(' ')[0]! })
      .click()
    await expect(page.getByRole('dialog').getByRole('table')).toBeVisible()
    await expectGood(page)
    await page.keyboard.press('Escape')

    await page.getByRole('button', { name: data.versions.new }).click()
    await expect(page.getByRole('dialog').getByRole('slider')).toBeVisible()
    await expectGood(page)
    await screenshot(page, `freeze-${theme}-${language}`)
    await page.getByRole('dialog').getByRole('button', { name: ui.cancel }).click()

    for (const room of ['train', 'explore', 'share'] as const) {
      await page.getByRole('link', { name: shell.rooms[room] }).click()
      await expect(page.getByRole('heading').first()).toBeVisible()
      await expectGood(page)
    }
  })

test('the whole shell by keyboard: skip to the room, rooms by number, a visible focus', async ({ studioPage: { page } }) => {
  await page.getByRole('button', { name: 'New project' }).click()
  await page.getByRole('button', { name: 'Create project' }).click()
  await page.waitForURL(/#\/data$/)
  for (const [key, room] of [
    ['2', 'train'],
    ['3', 'explore'],
    ['4', 'share'],
    ['1', 'data'],
  ] as const) {
    await page.keyboard.press(`ControlOrMeta+${key}`)
    await page.waitForURL(new RegExp(`#/${room}`))
  }
  await page.reload()
  await expect(page.getByRole('link', { name: 'Data' })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the room' })).toBeFocused()
  // Each stop of the keyboard can be seen: bar, rail, room.
  for (let stop = 0; stop < 12; stop++) {
    const seen = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!)
      return `${document.activeElement!.textContent?.trim()}: ${outlineStyle} ${outlineWidth}`
    })
    expect(seen).toMatch(/: solid [1-9]/)
    await page.keyboard.press('Tab')
  }
  await page.getByRole('link', { name: 'Skip to the room' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
})
