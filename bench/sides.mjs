/** The processes that are compared: one row on one engine in one way, each. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'vite'
import { node24, root } from '../scripts/node24.mjs'
import { readyEngines } from '../scripts/proof.mjs'

/** Idle threads of the side that was asked last go on looking for work for a while. */
const REST = 500

const outDir = join(root, 'out', 'bench')

/** Builds our side's program. */
export async function buildOurs() {
  const ssr = join(root, 'bench', 'ours', 'side.ts')
  await build({ root, logLevel: 'warn', configFile: false, build: { ssr, outDir, emptyOutDir: true, target: 'node24' } })
}

/** Folder of the installed TensorFlow engine, or of `LATENT_STUDIO_LIBRARY`; undefined without one. */
export const library = () => process.env.LATENT_STUDIO_LIBRARY || readyEngines({ id: 'tensorflow' })[0]?.library

export const ours = (row, engine, mode, threads) =>
  start(`${engine}, ${mode}`, node24(), [join(outDir, 'side.js'), row, engine, engine === 'wasm' ? '' : library(), threads, mode])

export const torch = (row, python, options, threads) =>
  start(['torch', ...options].join(', '), python, [join(root, 'bench', 'torch', 'side.py'), row, threads, ...options])

/**
 * A started side. `ask` resolves to the answer to a question (`steps 5`), `stop` when the process has ended. Both reject with
 * the end of what it wrote to stderr when it ends by itself.
 */
async function start(name, command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise((done) => child.on('close', done))
  let errors = ''
  child.stderr.on('data', (text) => (errors = (errors + text).slice(-2000)))
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error(`${name} ended: ${errors.trim().split('\n').at(-1)}`)
      if (value.startsWith('{')) return JSON.parse(value)
    }
  }
  const side = {
    name,
    facts: await next(),
    async ask(question) {
      await sleep(REST)
      child.stdin.write(`${question}\n`)
      return next()
    },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
  return side
}
