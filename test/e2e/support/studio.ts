/**
 * `import { expect, test } from './support/studio'`: a logged-in page of a fresh studio, in which every violation of the policy,
 * every console error and every uncaught exception fails the test.
 */
import { resolve } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import { startHost, type Host } from './host'

interface StudioPage {
  page: Page
  /** The address of the studio, without a path. */
  base: string
  /** Its LATENT_STUDIO_HOME. */
  home: string
  host: Host
  /** Console errors that the test brings about on purpose. */
  allow(message: RegExp): void
}

/** Everything that went wrong in a page and was not meant to. */
async function watchFaults(page: Page): Promise<{ allow(message: RegExp): void; list(): string[] }> {
  const faults: string[] = []
  const allowed: RegExp[] = []
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(
        `policy violated: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`,
      ),
    )
  })
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => faults.push(error.stack ?? error.message))
  return {
    allow: (message) => void allowed.push(message),
    list: () => faults.filter((fault) => !allowed.some((message) => message.test(fault))),
  }
}

interface Fixtures {
  /** Options of the host, for `test.use({ hostOptions: { engines: true } })`. */
  hostOptions: Parameters<typeof startHost>[0]
  host: Host
  studioPage: StudioPage
}

export const test = base.extend<Fixtures>({
  hostOptions: [{}, { option: true }],
  host: async ({ hostOptions }, use) => {
    const host = await startHost(hostOptions)
    await use(host)
    await host.stop()
  },
  studioPage: async ({ host, page }, use) => {
    const faults = await watchFaults(page)
    await page.goto(await host.login())
    await page.waitForURL((url) => url.pathname !== '/login')
    await use({ page, base: host.base, home: host.home, host, allow: faults.allow })
    expect(faults.list(), 'console errors, exceptions and policy violations').toEqual([])
  },
})

export { expect } from '@playwright/test'

/** No violation of WCAG 2.2 A and AA in what is shown now. */
export async function expectAccessible(page: Page, include?: string): Promise<void> {
  // “Legacy”: in this page alone, where the other way opens a second one each time to join what foreign frames say.
  const builder = new AxeBuilder({ page }).setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
  const { violations } = await (include ? builder.include(include) : builder).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)).toEqual([])
}

/** Keeps a picture for the documentation when `SCREENSHOTS=1`; otherwise it goes with the results of the test. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS ? 'docs/screenshots' : 'test-results/screenshots'
  await page.screenshot({ path: resolve(folder, `${name}.png`), animations: 'disabled' })
}
