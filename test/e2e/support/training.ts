/** Ways through the training that several tests share. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import config from '../../../playwright.config'

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

/** Of the shared training: enough for pictures that differ. */
export const FACES = 120
export const TRAINED_STEPS = 24
/** Emptied by Playwright before each run, so what lies there was made by what is tested. */
const shared = resolve(config.outputDir!, 'trained')

/** A copy, in `folder`, of a project of a few faces with a trained model (“First faces”) that is made once for all tests. */
export async function copyTrainedProject(folder: string): Promise<string> {
  const done = join(shared, 'done')
  while (!existsSync(done)) {
    if (!claim(shared)) await new Promise((resume) => setTimeout(resume, 100))
    else
      try {
        makeTrainedProject(shared, { faces: FACES, steps: TRAINED_STEPS })
        writeFileSync(done, '')
      } catch (error) {
        // Whoever waits tries it again, and says why.
        rmSync(shared, { recursive: true, force: true })
        throw error
      }
  }
  const project = join(folder, 'Faces.latent')
  cpSync(join(shared, 'Faces.latent'), project, { recursive: true })
  return project
}

/** Whether this folder was not there, and is now. */
function claim(folder: string): boolean {
  mkdirSync(dirname(folder), { recursive: true })
  try {
    mkdirSync(folder)
    return true
  } catch {
    return false
  }
}
