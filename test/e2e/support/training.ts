/** Ways through the training that several tests share. */
import { createHash } from 'node:crypto'
import type { Locator, Page } from '@playwright/test'

/** From the welcome screen to the wizard's last question, with the cartoon faces. */
export async function startFaces(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start with cartoon faces' }).click()
  await page.waitForURL(/#\/train\?start=faces$/, { timeout: 60_000 })
}

/** Starts from the wizard's last question, for so many steps. */
export async function trainFor(page: Page, steps: number): Promise<void> {
  await page.getByRole('radio', { name: /^My own/ }).check()
  await page.getByRole('radio', { name: 'Steps' }).check()
  await page.getByRole('spinbutton', { name: 'How many' }).fill(String(steps))
  await page.getByRole('button', { name: 'Start training' }).click()
}

/** What a canvas shows, as a short word: equal words, equal pictures. */
export async function digest(canvas: Locator): Promise<string> {
  return createHash('sha256')
    .update(await canvas.evaluate((element: HTMLCanvasElement) => element.toDataURL()))
    .digest('hex')
    .slice(0, 16)
}
