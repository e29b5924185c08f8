/** Ways through the training that several tests share. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Locator, Page } from '@playwright/test'

/** From the welcome screen to the wizard's last question, with the cartoon faces. */
export async function startFaces(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start with cartoon faces' }).click()
  await page.waitForURL(/#\/train\?start=faces$/, { timeout: 60_000 })
}

/** Starts from the wizard's last question, for so many steps. */
export async function trainFor(page: Page, steps: number): Promise<void> {
  await page.getByRole('radio', { name: /^My own/ }).check()
  await page.getByRole('radio', { name: 'Steps', exact: true }).check()
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

/** A project with a few faces and a model that was trained on them just long enough, made by the command line as anybody can. */
export function makeTrainedProject(
  folder: string,
  { faces = 240, steps = 80, sample = [] as string[], train = ['--recipe', 'vae'] } = {},
): string {
  const project = join(folder, 'Faces.latent')
  const latent = (...args: string[]): void => {
    execFileSync(process.execPath, [resolve('out/main/cli.js'), ...args], {
      stdio: 'pipe',
      env: { ...process.env, LATENT_STUDIO_HOME: join(folder, 'home') },
    })
  }
  mkdirSync(folder, { recursive: true })
  latent('sample', 'cartoon-faces', join(folder, 'faces'), '--count', String(faces), ...sample)
  latent('import', project, join(folder, 'faces'), '--dataset', 'Faces')
  latent('train', project, '--dataset', 'Faces', ...train, '--steps', String(steps), '--name', 'First faces')
  return project
}
