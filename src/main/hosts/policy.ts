/** What both hosts tell the browser engine about our pages. The window and the web host send the same words. */

/**
 * Nothing but our own files runs. `wasm-unsafe-eval` compiles WebAssembly and nothing else; the only Trusted Types policy is
 * Vue's own, through which it inserts the static parts of compiled templates.
 */
export const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-src 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types vue',
].join('; ')

/** A file of the project opened by itself must not act as a page of ours, whatever is in it. */
const MEDIA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** On every response of either host. */
export const HEADERS = {
  'Content-Security-Policy': CONTENT_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), usb=(), serial=(), hid=(), display-capture=()',
  // Pictures may be private faces: nothing of them stays in the cache of a browser on a shared machine. Thumbnails too: the
  // host serves 800 of them a second on a machine that is busy with other work, so a cache would buy nothing one could see.
  'Cache-Control': 'no-store',
} as const

/** What a browser may show in place; anything else is only ever downloaded, as bytes without a meaning. */
const SHOWN = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif'])

/** The headers of a file of the project. `type` comes from its bytes, never from its name. */
export function mediaHeaders(media: { type: string; length: number; download?: string }): Record<string, string> {
  const shown = SHOWN.has(media.type) && media.download === undefined
  const headers: Record<string, string> = {
    ...HEADERS,
    'Content-Security-Policy': MEDIA_POLICY,
    'Content-Type': SHOWN.has(media.type) ? media.type : 'application/octet-stream',
    'Content-Length': String(media.length),
  }
  if (!shown) headers['Content-Disposition'] = `attachment; filename*=UTF-8''${encodeURIComponent(media.download ?? 'file')}`
  return headers
}
