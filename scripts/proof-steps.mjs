/**
 * Nothing is left behind, shown: `npm run proof:steps -- [--steps N] [--engine ID] [--eager]`.
 *
 * Trains `vae` on generated pictures in the real loop (feed, checkpoints and samples included) and counts, every 250 steps, tfjs's
 * tensors, the engine's handles and the resident memory. Tensors and handles must not change; memory may grow by 1 MB in 1,000 steps
 * (a line through the second half of the counts: before, caches and V8's heap fill). Prints a table; exits 1 when anything grows.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { build as bundle } from 'vite'
import { build } from './build.mjs'
import { node24, root } from './node24.mjs'
import { readyEngines, TRAINING, writeVersion } from './proof.mjs'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '20000' },
    engine: { type: 'string', default: 'tensorflow' },
    eager: { type: 'boolean', default: false },
  },
})
const steps = Number(values.steps)
const MOST_MB = 1

const [engine] = readyEngines({ id: values.engine, eager: values.eager })
if (!engine) throw new Error(`the engine ${values.engine} is not installed`)
if ((await build()) !== 0) process.exit(1)
const outDir = join(root, 'out', 'proof')
const ssr = join(root, 'bench', 'ours', 'long-run.ts')
await bundle({ root, logLevel: 'warn', configFile: false, build: { ssr, outDir, emptyOutDir: true, target: 'node24' } })

const room = mkdtempSync(join(tmpdir(), 'latent-steps-'))
const counts = []
try {
  const folder = join(room, 'run')
  mkdirSync(folder)
  writeVersion(join(room, 'version'), { items: 600, size: 16 })
  const spec = {
    formatVersion: 1,
    run: 'steps',
    recipe: 'vae',
    settings: { architecture: 'conv', layers: 2, width: 16 },
    training: { ...TRAINING, batchSize: 32 },
    stop: { by: 'steps', steps },
    seed: 1,
    version: join(room, 'version'),
    folder,
    engine,
    checkpointEvery: null,
    resumeFrom: null,
  }
  writeFileSync(join(room, 'run.json'), JSON.stringify(spec))
  const began = performance.now()
  const args = [join(outDir, 'long-run.js'), join(room, 'run.json'), join(root, 'out', 'main', 'feed-worker.js')]
  const child = spawn(node24(), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let done = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line)
    if (said.facts) console.log(`${said.facts.id} ${said.facts.version}, ${JSON.stringify(said.facts.flags)}`)
    if (said.step) counts.push(said)
    done = said.done ?? done
  }
  if (done !== steps) throw new Error(`ended after ${done} of ${steps} steps`)
  console.log(`${steps} steps in ${((performance.now() - began) / 1000).toFixed(0)} s`)
} finally {
  rmSync(room, { recursive: true, force: true })
}

/** Least squares: y by x. */
function slope(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [mx, my] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))]
  return points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
}

const megabytes = (bytes) => Number((bytes / 1e6).toFixed(1))
console.table(
  counts
    .filter((_, i) => i % Math.ceil(counts.length / 10) === 0 || i === counts.length - 1)
    .map(({ step, tensors, handles, rss, heapUsed, external }) => ({
      step,
      tensors,
      handles,
      'resident, MB': megabytes(rss),
      'of JavaScript, MB': megabytes(heapUsed + external),
    })),
)
const constant = (name) => new Set(counts.map((count) => count[name])).size === 1
const growth = slope(counts.slice(counts.length >> 1).map(({ step, rss }) => [step / 1000, rss / 1e6]))
console.log(`memory: ${growth.toFixed(2)} MB in 1,000 steps (at most ${MOST_MB})`)
const held = constant('tensors') && constant('handles') && growth <= MOST_MB
console.log(held ? 'nothing is left behind' : 'something grows')
process.exitCode = held ? 0 : 1
