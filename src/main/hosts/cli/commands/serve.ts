/** `serve`: the studio in a browser, until Ctrl-C. */
import { createInterface } from 'node:readline'
import { serveWeb } from '../../web/serve'
import type { Command } from '../command'

const serveCommand: Command = {
  name: 'serve',
  positional: ['[PROJECT]'],
  options: {
    port: ['text', 'N', 'a port (any free one when absent)'],
    host: ['text', 'H', 'the address to listen on (this computer only when absent)'],
    'allow-host': ['list', 'NAME', 'a name under which other computers reach it; needed with --host'],
  },
  help: 'opens the studio in a browser',
  async run(given, session) {
    const port = given.number('port', { least: 0, whole: true }) ?? 0
    const studio = await session.studio()
    if (given.rest[0] !== undefined) await session.project(given.rest[0])
    const host = await serveWeb({
      studio,
      port,
      host: given.text('host'),
      allowHosts: given.list('allow-host'),
      log: (line) => session.progress.note(line),
    })
    const tell = (url: string) =>
      process.stdout.write(
        session.json
          ? `${JSON.stringify({ url, port: host.port })}\n`
          : `Open this address within a minute; it is good once:\n\n  ${url}\n\n`,
      )
    tell(host.url)
    if (!session.json)
      process.stdout.write('Press Enter for a fresh address, Ctrl-C to end. Training that is under way is saved first.\n')
    const lines = createInterface({ input: process.stdin }).on('line', () => tell(host.freshUrl()))
    await new Promise<void>((end) => session.onInterrupt(end))
    lines.close()
    await host.close()
    return { json: { port: host.port, closed: true }, say: 'Closed. Everything is saved.' }
  },
}

export const serve: readonly Command[] = [serveCommand]
