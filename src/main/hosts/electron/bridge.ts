/** Main's end of the preload: three channels, each open to the top frame of our own page only, each with a schema. */
import { stat, open } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { RPCHandler } from '@orpc/server/message-port'
import { app, BrowserWindow, dialog, ipcMain } from 'electron'
import type { IpcMainEvent, IpcMainInvokeEvent, MessagePortMain } from 'electron'
import { z } from 'zod'
import { CHANNELS, ShellRequest, type ShellAnswer } from '../../../contract/bridge'
import { asStudioError, StudioError } from '../../../contract/errors'
import { writeDurably } from '../../durable'
import type { Studio } from '../../studio'
import { isMediaPath } from '../files'
import { isCall, MAX_CALLS } from '../limits'
import { isOurFrame } from './origin'

const Path = z.string().min(1).max(4096).refine(isAbsolute)

export function openBridge(studio: Pick<Studio, 'router' | 'grants' | 'media'>): void {
  handle(CHANNELS.grant, Path, async (path) => {
    await stat(path)
    return studio.grants.give(path)
  })
  handle(CHANNELS.ask, ShellRequest, (request, window) =>
    request.ask === 'choose' ? choose(studio, request, window) : save(studio, request, window),
  )
  ipcMain.on(CHANNELS.connect, (event: IpcMainEvent) => {
    const [port] = event.ports
    if (!port || !isOurFrame(event.senderFrame)) return
    answerCalls(studio.router, port)
  })
}

/** The one way to listen. Who is not our page is told nothing but that it failed. */
function handle<T>(channel: string, schema: z.ZodType<T>, work: (input: T, window: BrowserWindow) => Promise<unknown>): void {
  ipcMain.handle(channel, async (event: IpcMainInvokeEvent, input: unknown): Promise<ShellAnswer> => {
    try {
      const window = BrowserWindow.fromWebContents(event.sender)
      const parsed = schema.safeParse(input)
      if (!window || !isOurFrame(event.senderFrame) || !parsed.success) throw new StudioError('grant-unknown')
      return { value: await work(parsed.data, window) }
    } catch (thrown) {
      const { code, details } = asStudioError(thrown)
      return { error: { code, details } }
    }
  })
}

type Asked<Name> = Extract<ShellRequest, { ask: Name }>

async function choose(
  { grants }: Pick<Studio, 'grants'>,
  { folders }: Asked<'choose'>,
  window: BrowserWindow,
): Promise<string[]> {
  const { filePaths } = await dialog.showOpenDialog(window, {
    properties: [folders ? 'openDirectory' : 'openFile', 'multiSelections'],
  })
  return filePaths.map((path) => grants.give(path))
}

/** Copies what the studio serves under `url` to where the person says, whole or not at all. */
async function save({ media }: Pick<Studio, 'media'>, { url, name }: Asked<'save'>, window: BrowserWindow): Promise<boolean> {
  const part = isMediaPath(url) ? await media(url) : null
  if (!part) throw new StudioError('path-not-found', { file: name })
  const { filePath } = await dialog.showSaveDialog(window, {
    defaultPath: join(app.getPath('downloads'), name.replace(/[/\\:\0]/g, '_')),
  })
  if (!filePath) return false
  const source = await open(part.file)
  try {
    await writeDurably(filePath, async (append) => {
      if (part.length === 0) return
      for await (const chunk of source.createReadStream({
        start: part.offset,
        end: part.offset + part.length - 1,
        autoClose: false,
      }))
        await append(chunk as Buffer)
    })
  } finally {
    await source.close()
  }
  return true
}

/** oRPC over a port that passes on calls and nothing else. */
function answerCalls(router: Studio['router'], port: MessagePortMain): void {
  let calls = 0
  const handler = new RPCHandler(router, {
    rootInterceptors: [
      async ({ next }) => {
        if (++calls > MAX_CALLS) port.close()
        try {
          return await next()
        } finally {
          calls--
        }
      },
    ],
  })
  handler.upgrade({
    postMessage: (message: unknown) => port.postMessage(message),
    on: (event: string, listener: (event?: { data: unknown }) => void) => {
      if (event === 'close') port.on('close', () => listener())
      else port.on('message', ({ data }) => (isCall(data) ? listener({ data }) : port.close()))
    },
  } as Parameters<typeof handler.upgrade>[0])
  port.start()
}
