/** What the page may never do, whatever gets into it: leave, open, ask for devices, fetch from elsewhere, download. */
import { app, session, shell } from 'electron'
import type { Session, WebContents } from 'electron'
import { developmentUrl, isOurs, SCHEME } from './origin'

/** Where a link of ours may lead, in the person's browser. */
const LINKS = new Set(['arxiv.org', 'doi.org'])
const PERMISSIONS = new Set(['clipboard-sanitized-write', 'fullscreen'])

export function lockSession(ours: Session = session.defaultSession): void {
  ours.setPermissionRequestHandler((contents, permission, decide, details) =>
    decide(PERMISSIONS.has(permission) && isOurs(details.requestingUrl ?? contents.getURL())),
  )
  ours.setPermissionCheckHandler((_contents, permission, origin) => PERMISSIONS.has(permission) && isOurs(origin))
  ours.setDevicePermissionHandler(() => false)
  ours.setDisplayMediaRequestHandler((_request, decide) => decide(null))
  ours.webRequest.onBeforeRequest(({ url, resourceType }, decide) => decide({ cancel: !mayLoad(url, resourceType) }))
  // Copies are made by our own dialog, from files that main knows by their ids.
  ours.on('will-download', (event) => event.preventDefault())
}

export function lockContents(): void {
  app.on('web-contents-created', (_event, contents: WebContents) => {
    const stay = (event: { preventDefault(): void; url: string }) => {
      if (!isOurs(event.url)) event.preventDefault()
    }
    contents.on('will-navigate', stay)
    contents.on('will-redirect', stay)
    contents.on('will-frame-navigate', stay)
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(({ url }) => {
      openLink(url)
      return { action: 'deny' }
    })
  })
}

function mayLoad(url: string, resourceType: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol } = new URL(url)
  if (protocol === `${SCHEME}:` || protocol === 'blob:') return true
  if (protocol === 'data:') return resourceType === 'image'
  const development = developmentUrl()
  if (!development) return false
  return protocol === 'devtools:' || new URL(url).host === new URL(development).host
}

/** Opens an address in the person's browser if it is one of the few our texts lead to. */
function openLink(url: string): void {
  if (!URL.canParse(url)) return
  const { protocol, host, username, password } = new URL(url)
  if (protocol === 'https:' && LINKS.has(host) && !username && !password) void shell.openExternal(url)
}
