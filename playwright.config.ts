/** Real Chromium, the system's own, against the built web host. Nothing is downloaded and nothing is served by Playwright. */
import { existsSync } from 'node:fs'
import { defineConfig } from '@playwright/test'

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const executablePath = [process.env.CHROMIUM_PATH, ...places].find((place) => place && existsSync(place))
if (!executablePath) throw new Error('The e2e tests need Chromium: install it from your system’s packages, or set CHROMIUM_PATH.')

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results/e2e',
  workers: 2,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [['line'], ['json', { outputFile: 'test-results/e2e.json' }]],
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    colorScheme: 'dark',
    // Without a GPU this is the way to WebGL; a root account has no sandbox to be in.
    launchOptions: { executablePath, chromiumSandbox: process.getuid?.() !== 0, args: ['--enable-unsafe-swiftshader'] },
    // What the page held and asked at each step, and a picture at the end; filming it all costs a third of the time.
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
  },
})
