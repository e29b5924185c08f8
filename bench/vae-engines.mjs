/**
 * Images a second of one training step of the recipe `vae` (64 × 64 × 3, batch 64, maps 16, 32, 64) on each engine, in turns so
 * that a busy machine is as unfair to both. `node bench/vae-engines.mjs [--rounds N] [--steps N] [--size N] [--batch N] [--profile]`.
 * The fast engine is looked for where the studio installs it, or in the folder that LATENT_STUDIO_LIBRARY names.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { build } from 'vite'
import { node24, root } from '../scripts/node24.mjs'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '6' },
    size: { type: 'string', default: '64' },
    batch: { type: 'string', default: '64' },
    threads: { type: 'string', default: '2' },
    profile: { type: 'boolean', default: false },
  },
})

function library() {
  if (process.env.LATENT_STUDIO_LIBRARY) return process.env.LATENT_STUDIO_LIBRARY
  const home =
    process.env.LATENT_STUDIO_HOME ?? join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'latent-studio')
  const engines = join(home, 'engines')
  const found = existsSync(engines) ? readdirSync(engines).find((name) => name.startsWith('tensorflow-')) : undefined
  return found && join(engines, found)
}

const outDir = join(root, 'out', 'bench')
await build({
  root,
  logLevel: 'warn',
  configFile: false,
  build: { ssr: join(root, 'bench', 'vae-step.ts'), outDir, emptyOutDir: true, target: 'node24' },
})

function start(id, folder = '') {
  const args = [join(outDir, 'vae-step.js'), id, folder, options.threads, options.size, options.batch]
  const child = spawn(node24(), args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${id} ended`)
    return JSON.parse(value)
  }
  return { id, next, ask: (question) => (child.stdin.write(`${question}\n`), next()), end: () => child.stdin.end(), times: [] }
}

const folder = library()
if (!folder)
  console.error('The tensorflow engine is not installed: `npm run -s latent -- engine install`. Only wasm is measured.')
const sides = [start('wasm'), ...(folder ? [start('tensorflow', folder)] : [])]
for (const side of sides) {
  side.facts = (await side.next()).facts
  await side.ask('steps 3')
}
for (let round = 0; round < Number(options.rounds); round++) {
  for (const side of sides) {
    const answer = await side.ask(`steps ${options.steps}`)
    side.times.push(...answer.times)
    Object.assign(side, { losses: answer.losses, tensors: answer.tensors, rss: answer.rss })
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const slowest = Math.max(...sides.map((side) => median(side.times)))
console.table(
  Object.fromEntries(
    sides.map((side) => [
      `${side.id} ${side.facts.version}, ${side.facts.threads} thread(s)`,
      {
        'ms a step (median)': Number(median(side.times).toFixed(1)),
        best: Number(Math.min(...side.times).toFixed(1)),
        'images/s': Math.round((1000 * Number(options.batch)) / median(side.times)),
        'times faster': Number((slowest / median(side.times)).toFixed(2)),
        loss: Number(side.losses.loss.toFixed(2)),
        'memory, MB': Math.round(side.rss / 1e6),
      },
    ]),
  ),
)
if (options.profile) {
  for (const side of sides) {
    const { kernels } = await side.ask(`profile ${options.steps}`)
    console.log(`\n${side.id}: ms a step by kernel`)
    for (const [name, ms, calls] of kernels.slice(0, 25))
      console.log(`${ms.toFixed(2).padStart(9)}  ${String(calls).padStart(5)} ×  ${name}`)
  }
}
for (const side of sides) side.end()
