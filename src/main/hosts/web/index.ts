/** The studio in a browser: `node out/main/web.js [PROJECT] [--port N] [--host H] [--allow-host NAME]… [--fetch-engine]`. */
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { asStudioError } from '../../../contract/errors'
import { studioHome } from '../../home'
import { createStudio } from '../../studio'
import { serveWeb } from './serve'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string' },
      'allow-host': { type: 'string', multiple: true },
      'fetch-engine': { type: 'boolean' },
    },
  })
  const home = studioHome()
  const studio = await createStudio({ home, host: 'web', fetchEngine: values['fetch-engine'] })
  const [project] = positionals
  if (project !== undefined) await studio.openFolder(resolve(project), { create: true })
  const host = await serveWeb({
    studio,
    home,
    port: Number(values.port),
    host: values.host,
    allowHosts: values['allow-host'],
    log: (line) => void process.stderr.write(`${line}\n`),
  })

  process.stdout.write(`Latent Studio is ready. Open this address within a minute:\n\n  ${host.url}\n\n`)
  process.stdout.write('Press Enter for a fresh address, Ctrl-C to end. Training that is under way is saved first.\n')
  if (values.host !== undefined)
    process.stdout.write('Other computers may reach it, unencrypted: prefer a tunnel, such as ssh -L.\n')
  const lines = createInterface({ input: process.stdin })
  lines.on('line', () => void process.stdout.write(`\n  ${host.freshUrl()}\n\n`))

  let ending = false
  const end = () => {
    // Whoever asks twice means it.
    if (ending) process.exit(1)
    ending = true
    lines.close()
    void host
      .close()
      .then(() => studio.close())
      .then(() => process.exit(0))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
}

main().catch((thrown: unknown) => {
  const { message, hint } = asStudioError(thrown)
  process.stderr.write(`${message} ${hint}\n`)
  process.exit(1)
})
