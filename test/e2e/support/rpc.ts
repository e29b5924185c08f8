/** Asks the studio as the page does, for what a test wants to know without looking for it on the screen. */
import type { Page } from '@playwright/test'

export function ask<T>(page: Page, procedure: string, json?: unknown): Promise<T> {
  return page.evaluate(
    ([u, b]) =>
      new Promise<never>((resolve, reject) => {
        const socket = new WebSocket(`ws://${location.host}/rpc`)
        socket.addEventListener('open', () => socket.send(JSON.stringify({ i: '1', p: { u, b } })))
        socket.addEventListener('error', () => reject(new Error('no connection')))
        socket.addEventListener('message', ({ data }) => {
          const { p } = JSON.parse(data as string) as { p: { s?: number; b: { json: never } } }
          socket.close()
          if ((p.s ?? 200) === 200) resolve(p.b.json)
          else reject(new Error(JSON.stringify(p.b.json)))
        })
      }),
    [`/${procedure}`, { json }] as const,
  ) as Promise<T>
}
