/** The door of the web host, tried by a real browser: the person's own page, and pages that want in. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import config from '../../playwright.config'
import { expect, test } from './support/studio'

// Any name of this domain leads to this machine, as after a DNS rebinding. Newer browsers also keep the pages of the internet from
// asking local addresses at all; that is switched off, so that what holds here is ours.
const args = [
  '--host-resolver-rules=MAP *.rebound.example 127.0.0.1',
  '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
]
test.use({ launchOptions: { ...config.use!.launchOptions, args } })

test('the address logs in once', async ({ host, browser }) => {
  const address = await host.login()
  const page = await browser.newPage()
  await page.goto(address)
  await page.waitForURL(`${host.base}/**`)
  await expect(page).not.toHaveURL(/login/)
  expect(await page.evaluate(() => document.cookie)).toBe('')
  expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2)

  const stranger = await (await browser.newContext()).newPage()
  await stranger.goto(address)
  await expect(stranger.getByRole('alert')).toContainText('press Enter', { ignoreCase: true })
  expect(new URL(stranger.url()).hash).toBe('')
  const locked = await stranger.goto(`${host.base}/`)
  expect(locked!.status()).toBe(401)
  await expect(stranger.getByRole('status')).toContainText('locked')
  await stranger.context().close()
  await page.close()
})

test('the locked page speaks the language of the browser', async ({ host, browser }) => {
  const context = await browser.newContext({ locale: 'zh-CN' })
  const page = await context.newPage()
  await page.goto(`${host.base}/`)
  await expect(page.getByRole('status')).toContainText('已锁定')
  await context.close()
})

test('the page obeys the policy and the policy holds', async ({ studioPage: { page, allow } }) => {
  allow(/violates|requires 'Trusted|policy violated|blocked/)
  const outcome = await page.evaluate(async () => {
    const attempts: Record<string, () => unknown> = {
      html: () => (document.createElement('div').innerHTML = '<b>x</b>'),
      script: () => document.head.append(Object.assign(document.createElement('script'), { text: 'window.pwned = 1' })),
      handler: () => document.createElement('div').setAttribute('onclick', 'window.pwned = 1'),
      policy: () =>
        (window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }).trustedTypes.createPolicy(
          'mine',
          {},
        ),
    }
    const thrown = Object.entries(attempts).filter(([, attempt]) => {
      try {
        attempt()
        return false
      } catch {
        return true
      }
    })
    const away = await fetch('http://127.0.0.1:1/').catch(() => 'refused')
    return { thrown: thrown.map(([name]) => name), away, pwned: 'pwned' in window }
  })
  expect(outcome).toEqual({ thrown: ['html', 'script', 'handler', 'policy'], away: 'refused', pwned: false })
})

test.describe('a page that wants in', () => {
  let server: Server
  let port: number
  test.beforeAll(async () => {
    server = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><body>'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  test.afterAll(() => void server.close())

  /** Everything a page can try against `target`; gives what the browser let it see. */
  function attack(page: Page, target: string): Promise<Record<string, string>> {
    return page.evaluate(async (studio) => {
      const seen: Record<string, string> = {}
      const load = (tag: 'img' | 'script' | 'link' | 'iframe', path: string) =>
        new Promise<string>((resolve) => {
          const element = document.createElement(tag)
          element.addEventListener('load', () => resolve(tag === 'iframe' ? 'framed' : 'loaded'))
          element.addEventListener('error', () => resolve('failed'))
          if (tag === 'link') Object.assign(element, { rel: 'stylesheet', href: studio + path })
          else (element as HTMLImageElement).src = studio + path
          document.body.append(element)
        })
      const get = (path: string, init?: RequestInit) =>
        fetch(studio + path, init).then(
          (answer) => `${answer.type} ${answer.status}`,
          () => 'failed',
        )
      seen.fetch = await get('/session', { credentials: 'include' })
      seen.page = await get('/', { credentials: 'include' })
      seen.upload = await get('/upload/folder?name=evil', { method: 'POST', credentials: 'include' })
      seen.json = await get('/upload/folder?name=evil', {
        method: 'POST',
        credentials: 'include',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
      })
      seen.login = await get('/login', { method: 'POST', body: '{"code":"x"}' })
      seen.blind = await get('/upload/folder?name=evil', { method: 'POST', credentials: 'include', mode: 'no-cors' })
      seen.img = await load('img', '/media/thumb/abc')
      seen.script = await load('script', '/login.js')
      seen.link = await load('link', '/login.css')
      seen.socket = await new Promise((resolve) => {
        const socket = new WebSocket(`${studio.replace('http', 'ws')}/rpc`)
        socket.addEventListener('open', () => resolve('open'))
        socket.addEventListener('error', () => resolve('failed'))
      })
      await load('iframe', '/')
      const frame = document.querySelector('iframe')!
      try {
        seen.frame = frame.contentDocument?.title ? 'seen' : 'failed'
      } catch {
        seen.frame = 'failed'
      }
      const form = Object.assign(document.createElement('form'), {
        method: 'POST',
        action: `${studio}/upload/folder?name=evil`,
        target: 'elsewhere',
      })
      document.body.append(form)
      form.submit()
      const opened = window.open(`${studio}/`)
      await new Promise((done) => setTimeout(done, 500))
      seen.opened = opened ? 'handle' : 'none'
      return seen
    }, target)
  }

  /** What the host noted of each request it refused: every one of the attack's, and each with this status. */
  function expectRefused(log: string, status: number): void {
    const lines = log.trim().split('\n')
    expect(lines.filter((line) => !line.includes(` with ${status}: `))).toEqual([])
    for (const asked of [
      'GET /session',
      'GET /',
      'POST /upload/folder',
      'POST /login',
      'GET /media/thumb/abc',
      'GET /login.js',
      'GET /rpc',
    ])
      expect(log).toContain(`refused ${asked} with ${status}`)
  }

  const nothing = {
    fetch: 'failed',
    page: 'failed',
    upload: 'failed',
    json: 'failed',
    login: 'failed',
    blind: 'failed',
    img: 'failed',
    script: 'failed',
    link: 'failed',
    socket: 'failed',
    frame: 'failed',
  }

  test('from another port of this machine, with the cookie in the same browser', async ({ studioPage: { page, base, host } }) => {
    const evil = await page.context().newPage()
    await evil.goto(`http://127.0.0.1:${port}/`)
    expect(await attack(evil, base)).toMatchObject(nothing)
    expectRefused(host.log(), 403)
    expect(host.log()).not.toContain((await page.context().cookies())[0]!.value)
  })

  test('from another site', async ({ studioPage: { page, base, host } }) => {
    const evil = await page.context().newPage()
    await evil.goto(`http://www.rebound.example:${port}/`)
    expect(await attack(evil, base)).toMatchObject(nothing)
    expectRefused(host.log(), 403)
  })

  test('under a name that was rebound to this machine', async ({ studioPage: { page, base, host } }) => {
    const rebound = base.replace('127.0.0.1', 'studio.rebound.example')
    const evil = await page.context().newPage()
    // The attacker's own server answered this name a moment ago.
    await evil.route(`${rebound}/trap`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><body>' }))
    await evil.goto(`${rebound}/trap`)
    const seen = await attack(evil, rebound)
    // To the browser this is the page's own origin, so it may read the answers; there is nothing in them.
    for (const one of ['fetch', 'page', 'upload', 'json', 'login', 'blind']) expect(seen[one]).toBe('basic 421')
    expect(seen).toMatchObject({ img: 'failed', script: 'failed', socket: 'failed', frame: 'failed' })
    expectRefused(host.log(), 421)
  })
})
