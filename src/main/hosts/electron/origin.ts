/** Which page is ours. Everything in this host asks here before it trusts an address. */
import { app } from 'electron'
import type { WebFrameMain } from 'electron'

export const SCHEME = 'app'
const ORIGIN = `${SCHEME}://studio`

/** The development server, only ever in a checkout; a packaged app does not look at the variable. */
export function developmentUrl(): string | null {
  return app.isPackaged ? null : (process.env.ELECTRON_RENDERER_URL ?? null)
}

export function pageUrl(): string {
  return developmentUrl() ?? `${ORIGIN}/index.html`
}

/** The address's scheme, host and port. `URL.origin` is "null" for schemes of one's own. */
function originOf(url: string): string | null {
  if (!URL.canParse(url)) return null
  const { protocol, host, username, password } = new URL(url)
  return username || password ? null : `${protocol}//${host}`
}

export function isOurs(url: string): boolean {
  return originOf(url) === originOf(pageUrl())
}

/** The top frame of a page of ours; a frame that is gone, blank or inside another is not. */
export function isOurFrame(frame: WebFrameMain | null): boolean {
  return frame !== null && frame.parent === null && isOurs(frame.url)
}
