/** Every setting of the desktop window that keeps its page a page, asserted on a recorded `electron`. A real window is in `window.test.ts`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CHANNELS } from '../../../src/contract/bridge'
import { CONTENT_POLICY } from '../../../src/main/hosts/policy'
import { fakeStudio, type FakeStudio } from './fake'
import { electron, recorded } from './recorded-electron'

vi.mock('electron', async () => {
  const { electron: module } = await import('./recorded-electron')
  return { ...module, default: module }
})
const holder = vi.hoisted(() => ({ studio: null as FakeStudio | null, closed: 0 }))
vi.mock('../../../src/main/studio', () => ({ createStudio: async () => holder.studio }))

const PAGE = 'app://studio/index.html'
const handler = (name: string) => recorded.on[name] as unknown as (...args: unknown[]) => unknown
const named = (name: string) => recorded.calls.filter(([one]) => one === name)
const frame = (url: string, parent: unknown = null) => ({ senderFrame: { url, parent }, sender: {} })
const foreign = [
  'about:blank',
  '',
  'app://evil/index.html',
  'app://studio.evil/',
  'app://user@studio/',
  'https://studio/',
  'file:///etc/passwd',
  'data:text/html,x',
  'http://localhost:5173/',
]

beforeAll(async () => {
  const studio = fakeStudio()
  const close = studio.close
  holder.studio = { ...studio, close: async () => void (holder.closed++, await close()) }
  holder.studio.answers['app.preferences'] = async () => ({ locale: null, theme: 'system' })
  await import('../../../src/main/hosts/electron/index')
  await vi.waitFor(() => expect(named('window.loadURL')).toHaveLength(1))
})
afterAll(() => rmSync(holder.studio!.folder, { recursive: true }))

describe('the process', () => {
  it('is sandboxed, single, and declares its scheme before it is ready', () => {
    const order = recorded.calls.map(([name]) => name)
    expect(order.indexOf('app.enableSandbox')).toBe(0)
    expect(order.indexOf('protocol.registerSchemesAsPrivileged')).toBeLessThan(order.indexOf('app.whenReady'))
    expect(order).toContain('app.requestSingleInstanceLock')
    expect(named('protocol.registerSchemesAsPrivileged')[0]![1]).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
    ])
  })
})

describe('the window', () => {
  it('has every preference written out', () => {
    const [, options] = named('BrowserWindow')[0]! as [string, { show: boolean; webPreferences: Record<string, unknown> }]
    const { preload, ...preferences } = options.webPreferences
    expect(preload).toMatch(/out[\\/]preload[\\/]index\.cjs$/)
    expect(Object.keys(preferences)).toContain('enableBlinkFeatures')
    expect(preferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      enableBlinkFeatures: undefined,
      webviewTag: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false,
      devTools: false,
    })
    expect(named('window.loadURL')).toEqual([['window.loadURL', PAGE]])
  })

  it('comes back when its page crashes, and asks when it keeps crashing', async () => {
    const [window] = recorded.windows
    for (let crash = 0; crash < 3; crash++) window!.webContents.emit('render-process-gone', {}, { reason: 'crashed' })
    expect(named('webContents.reload')).toHaveLength(3)
    window!.webContents.emit('render-process-gone', {}, { reason: 'oom' })
    expect(named('webContents.reload')).toHaveLength(3)
    expect(named('dialog.showMessageBox')).toHaveLength(1)
    window!.emit('unresponsive')
    expect(named('dialog.showMessageBox')).toHaveLength(2)
    await Promise.resolve()
    expect(named('webContents.forcefullyCrashRenderer')).toHaveLength(0)
  })

  it('has a menu in the language of the person, without tools for developers', () => {
    const text = JSON.stringify(named('Menu.setApplicationMenu')[0])
    expect(text).toContain('全屏')
    expect(text).not.toContain('toggleDevTools')
  })
})

describe('permissions', () => {
  const permitted = ['clipboard-sanitized-write', 'fullscreen']
  const others = [
    'media',
    'geolocation',
    'notifications',
    'midi',
    'midiSysex',
    'hid',
    'serial',
    'usb',
    'display-capture',
    'openExternal',
    'clipboard-read',
    'pointerLock',
    'idle-detection',
    'fileSystem',
    'unknown',
  ]
  const asked = (permission: string, requestingUrl: string) => {
    let answer: unknown
    handler('session:permission-request')({ getURL: () => PAGE }, permission, (granted: boolean) => (answer = granted), {
      requestingUrl,
    })
    return answer
  }
  it('are two, and ours alone', () => {
    for (const permission of permitted) {
      expect(asked(permission, PAGE)).toBe(true)
      expect(handler('session:permission-check')(null, permission, 'app://studio/')).toBe(true)
      for (const url of foreign) {
        expect(asked(permission, url)).toBe(false)
        expect(handler('session:permission-check')(null, permission, url)).toBe(false)
      }
    }
    for (const permission of others) {
      expect(asked(permission, PAGE)).toBe(false)
      expect(handler('session:permission-check')(null, permission, 'app://studio/')).toBe(false)
    }
  })
  it('never reach a device or the screen', () => {
    expect(handler('session:device')({})).toBe(false)
    let streams: unknown = 'none'
    handler('session:display')({}, (answer: unknown) => (streams = answer))
    expect(streams).toBeNull()
  })
})

describe('the network', () => {
  const cancelled = (url: string, resourceType = 'xhr') => {
    let answer: { cancel: boolean } | undefined
    handler('session:request')({ url, resourceType }, (decision: { cancel: boolean }) => (answer = decision))
    return answer!.cancel
  }
  it('does not exist for the page', () => {
    for (const url of [
      'https://example.com/',
      'http://127.0.0.1:80/',
      'file:///etc/passwd',
      'ftp://x/',
      'ws://x/',
      'chrome://gpu',
      'devtools://devtools/x',
      'data:text/html,x',
      'nonsense',
    ]) {
      expect(cancelled(url), url).toBe(true)
    }
    expect(cancelled(PAGE)).toBe(false)
    expect(cancelled('blob:app://studio/1')).toBe(false)
    expect(cancelled('data:image/png;base64,AA==', 'image')).toBe(false)
  })
  it('is not looked for in the environment once packaged', () => {
    process.env.ELECTRON_RENDERER_URL = 'http://localhost:5173/'
    expect(cancelled('http://localhost:5173/')).toBe(true)
    recorded.packaged = false
    expect(cancelled('http://localhost:5173/main.ts')).toBe(false)
    expect(cancelled('http://localhost:5174/')).toBe(true)
    recorded.packaged = true
    delete process.env.ELECTRON_RENDERER_URL
  })
  it('gives no downloads', () => {
    const event = { preventDefault: vi.fn() }
    handler('session:will-download')(event)
    expect(event.preventDefault).toHaveBeenCalled()
  })
})

describe('navigation', () => {
  const contents = () => {
    const listeners: Record<string, (event: unknown) => void> = {}
    let opened: (details: { url: string }) => unknown = () => null
    handler('app:web-contents-created')(null, {
      on: (event: string, listener: (event: unknown) => void) => (listeners[event] = listener),
      setWindowOpenHandler: (open: typeof opened) => (opened = open),
    })
    const stopped = (event: string, url: string) => {
      const preventDefault = vi.fn()
      listeners[event]!({ url, preventDefault })
      return preventDefault.mock.calls.length > 0
    }
    return { stopped, open: (url: string) => opened({ url }) }
  }
  it('stays on our page', () => {
    const { stopped } = contents()
    for (const event of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
      for (const url of foreign) expect(stopped(event, url), `${event} ${url}`).toBe(true)
      expect(stopped(event, 'app://studio/train')).toBe(false)
    }
    expect(stopped('will-attach-webview', PAGE)).toBe(true)
  })
  it('opens no window, and in the browser only what our texts lead to', () => {
    const { open } = contents()
    for (const url of [
      ...foreign,
      PAGE,
      'https://evil.example/',
      'http://arxiv.org/',
      'https://arxiv.org.evil.example/',
      'https://user@arxiv.org/',
      'https://arxiv.org:444/',
    ])
      expect(open(url)).toEqual({ action: 'deny' })
    expect(named('shell.openExternal')).toEqual([])
    expect(open('https://arxiv.org/abs/1312.6114')).toEqual({ action: 'deny' })
    expect(named('shell.openExternal')).toEqual([['shell.openExternal', 'https://arxiv.org/abs/1312.6114']])
    expect(named('shell.openPath')).toEqual([])
  })
})

describe('content', () => {
  const get = (url: string, method = 'GET') => handler('protocol:app')({ url, method }) as Promise<Response>
  it('is our page and the project’s media, with the policy on everything', async () => {
    const thumb = await get('app://studio/media/thumb/abc')
    expect([thumb.status, await thumb.text()]).toEqual([200, 'PICTURE'])
    const answers = [
      thumb,
      await get(PAGE),
      await get('app://studio/nothing.js'),
      await get('app://evil/'),
      await get('app://studio/media/none/x'),
    ]
    for (const { headers } of answers) {
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('cache-control')).toBe('no-store')
    }
    expect(CONTENT_POLICY).not.toMatch(/unsafe-inline|'unsafe-eval'|\*/)
  })
  it('is nothing else', async () => {
    expect((await get('app://evil/index.html')).status).toBe(403)
    expect((await get(PAGE, 'POST')).status).toBe(403)
    for (const path of [
      '/../package.json',
      '/%2e%2e/%2e%2e/package.json',
      '/..%2f..%2fpackage.json',
      '/..%5c..%5cpackage.json',
      '/media/../package.json',
      '/media/item/..%2f..%2fpackage.json',
      '//etc/passwd',
      '/index.html%00.js',
    ])
      expect((await get(`app://studio${path}`)).status, path).toBe(404)
  })
})

describe('the bridge', () => {
  const invoke = (channel: string, input: unknown, from: unknown = frame(PAGE)) =>
    handler(`ipc:${channel}`)(from, input) as Promise<unknown>
  const refused = { error: { code: 'grant-unknown', details: {} } }

  it('listens on three channels', () => {
    expect(Object.keys(recorded.on).filter((name) => name.startsWith('ipc:'))).toEqual(
      [CHANNELS.grant, CHANNELS.ask, CHANNELS.connect].map((channel) => `ipc:${channel}`),
    )
  })
  it('answers the top frame of our page alone', async () => {
    recorded.dialogs.filePaths = ['/pictures']
    const before = named('dialog.showOpenDialog').length
    for (const url of foreign) {
      expect(await invoke(CHANNELS.ask, { ask: 'choose', folders: true }, frame(url))).toEqual(refused)
      expect(await invoke(CHANNELS.grant, holder.studio!.folder, frame(url))).toEqual(refused)
    }
    expect(await invoke(CHANNELS.grant, holder.studio!.folder, frame(PAGE, {}))).toEqual(refused)
    expect(await invoke(CHANNELS.grant, holder.studio!.folder, { senderFrame: null, sender: {} })).toEqual(refused)
    expect(named('dialog.showOpenDialog')).toHaveLength(before)
  })
  it('understands its requests and no others', async () => {
    for (const input of [
      null,
      {},
      { ask: 'open' },
      { ask: 'choose' },
      { ask: 'choose', folders: 'yes' },
      { ask: 'choose', folders: true, path: '/etc' },
      { ask: 'save', url: 'x'.repeat(501), name: 'x' },
    ])
      expect(await invoke(CHANNELS.ask, input)).toEqual(refused)
    for (const input of ['', 'relative', null, 7, {}, `/${'x'.repeat(5000)}`])
      expect(await invoke(CHANNELS.grant, input)).toEqual(refused)
    expect(await invoke(CHANNELS.grant, join(holder.studio!.folder, 'missing'))).toMatchObject({ error: {} })
  })
  it('gives grants, not paths', async () => {
    const { value } = (await invoke(CHANNELS.grant, holder.studio!.folder)) as { value: string }
    expect(value).toMatch(/^g[0-9a-f]{32}$/)
    expect(holder.studio!.grants.path(value)).toBe(holder.studio!.folder)
    recorded.dialogs.filePaths = ['/pictures', '/faces']
    const chosen = (await invoke(CHANNELS.ask, { ask: 'choose', folders: true })) as { value: string[] }
    expect(chosen.value.map((grant) => holder.studio!.grants.path(grant))).toEqual(['/pictures', '/faces'])
  })
  it('saves a copy of what the studio serves, and only of that', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latent-save-'))
    recorded.dialogs.filePath = join(folder, 'copy.png')
    expect(await invoke(CHANNELS.ask, { ask: 'save', url: '/media/thumb/abc', name: 'a/b.png' })).toEqual({ value: true })
    expect(readFileSync(join(folder, 'copy.png'), 'utf8')).toBe('PICTURE')
    expect(named('dialog.showSaveDialog').at(-1)![2]).toEqual({ defaultPath: join('/downloads', 'a_b.png') })
    writeFileSync(join(folder, 'secret'), 'secret')
    for (const url of [join(folder, 'secret'), `file://${folder}/secret`, '/media/../secret', '/media/thumb/none'])
      expect(await invoke(CHANNELS.ask, { ask: 'save', url, name: 'x' })).toMatchObject({ error: { code: 'path-not-found' } })
    recorded.dialogs.filePath = ''
    expect(await invoke(CHANNELS.ask, { ask: 'save', url: '/media/thumb/abc', name: 'x' })).toEqual({ value: false })
    rmSync(folder, { recursive: true })
  })
  it('carries calls over a port, and closes it on anything else', async () => {
    const connect = (from = frame(PAGE)) => {
      const { port1, port2 } = new MessageChannel()
      // Electron's port gives an event, Node's the value itself, and starts by itself with a listener.
      const port = {
        on: (event: string, listener: (value: unknown) => void) => port2.on(event, (data: unknown) => listener({ data })),
        postMessage: (data: unknown) => port2.postMessage(data),
        start: () => {},
        close: () => port2.close(),
      }
      handler(`ipc:${CHANNELS.connect}`)({ ...from, ports: [port] })
      return port1
    }
    holder.studio!.answers['jobs.list'] = () => []
    const port = connect()
    const answer = new Promise((resolve) => port.once('message', resolve))
    port.postMessage(JSON.stringify({ i: '1', p: { u: '/jobs/list', b: {} } }))
    expect(JSON.parse((await answer) as string)).toEqual({ i: '1', p: { b: { json: [] } } })
    port.close()
    for (const message of ['nonsense', { i: '1', p: { u: '/jobs/list' } }, 'x'.repeat(5_000_000)]) {
      const bad = connect()
      const closed = new Promise((resolve) => bad.once('close', resolve))
      bad.postMessage(message)
      await closed
    }
    holder.studio!.entered.length = 0
    const stranger = connect(frame('app://evil/'))
    stranger.postMessage(JSON.stringify({ i: '1', p: { u: '/jobs/list', b: {} } }))
    await new Promise((done) => setTimeout(done, 50))
    expect(holder.studio!.entered).toEqual([])
    stranger.close()
  })
})

describe('the preload', () => {
  it('gives the page three functions, frozen, in at most 40 lines', async () => {
    const source = readFileSync('src/preload/index.ts', 'utf8')
    expect(source.trim().split('\n').length).toBeLessThanOrEqual(40)
    for (const channel of Object.values(CHANNELS)) expect(source).toContain(`'${channel}'`)
    await import('../../../src/preload/index')
    const [, name, bridge] = named('contextBridge.exposeInMainWorld')[0] as [
      string,
      string,
      Record<string, (...args: never[]) => unknown>,
    ]
    expect([name, Object.keys(bridge), Object.isFrozen(bridge)]).toEqual(['latent', ['grantOf', 'ask', 'connect'], true])
    await (bridge.grantOf as (file: unknown) => unknown)({ path: '/etc/passwd' })
    expect(named('ipcRenderer.invoke').at(-1)).toEqual(['ipcRenderer.invoke', CHANNELS.grant, '/pictures/tom.png'])
  })
})

describe('leaving', () => {
  it('saves first, once', async () => {
    const event = { preventDefault: vi.fn() }
    handler('app:before-quit')(event)
    handler('app:before-quit')({ preventDefault: () => expect.unreachable() })
    expect(event.preventDefault).toHaveBeenCalled()
    await expect.poll(() => named('app.exit')).toEqual([['app.exit', 0]])
    expect(holder.closed).toBe(1)
    expect(electron.app.isPackaged).toBe(true)
  })
})
