/**
 * The estimate of memory against the truth: `npm run proof:memory -- [--engine ID] [--steps N] [--trainer FILE]`.
 *
 * For each ready engine the built trainer says what `vae` would need at several sizes, batches and widths, and then trains it for
 * some steps; the truth is the most memory that its process ever held (`VmHWM`, Linux). Prints a table; exits 1 when an estimate
 * is more than 20 % off, or below 0.9 of the truth.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.mjs'
import { root } from './node24.mjs'
import { readyEngines, startTrainer, TRAINING, writeVersion } from './proof.mjs'

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    steps: { type: 'string', default: '12' },
    sizes: { type: 'string', default: '32,64,128' },
    batches: { type: 'string', default: '16,64,256' },
    widths: { type: 'string', default: '64,256' },
    /** Another build of the trainer than the checkout's own, which is brought up to date first. */
    trainer: { type: 'string' },
  },
})
const trainer = values.trainer ?? join(root, 'out', 'main', 'trainer.js')
const numbers = (list) => list.split(',').map(Number)
const ITEMS = 600
const [LEAST, MOST] = [0.9, 1.2]

/** One trainer, told one command; `hear` sees its events and ends it by its answer. Gives the most memory it held, in bytes. */
function ask(command, hear) {
  let most = 0
  let answer
  const look = () => {
    try {
      const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
      if (found) most = Math.max(most, Number(found[1]) * 1024)
    } catch {
      // It has ended; what was seen before stands.
    }
  }
  const child = startTrainer(trainer, command, (event) => {
    look()
    answer = hear(event) ?? answer
    if (answer) child.kill('SIGKILL')
  })
  const timer = setInterval(look, 20)
  return new Promise((done) =>
    child.on('close', () => {
      clearInterval(timer)
      done({ answer: answer ?? { code: 'ended' }, most })
    }),
  )
}

async function measure(room, engine, size, batchSize, width) {
  const about = { recipe: 'vae', settings: { width }, training: { ...TRAINING, batchSize } }
  const data = { kind: 'images', height: size, width: size, channels: 3, items: ITEMS * 0.9, tags: [] }
  const vast = { total: 1e15, free: 1e15, device: null }
  const stored = ITEMS * size * size * 3
  const told = await ask({ type: 'describe', id: 1, ...about, data, stored, engine, room: vast }, (event) =>
    event.id === 1 ? event : null,
  )
  if (told.answer.type !== 'result') throw new Error(JSON.stringify(told.answer))
  const folder = join(room, 'run')
  mkdirSync(folder, { recursive: true })
  const where = { run: 'run', folder, version: join(room, `version${size}`), checkpointEvery: null, resumeFrom: null }
  const spec = { formatVersion: 1, ...about, ...where, stop: { by: 'steps', steps: Number(values.steps) }, seed: 1, engine }
  const { answer, most } = await ask({ type: 'train', spec }, ({ type, code }) =>
    type === 'finished' ? { code: 'finished' } : type === 'failed' ? { code } : null,
  )
  rmSync(folder, { recursive: true, force: true })
  return { estimate: told.answer.result.memoryBytes, truth: most, ended: answer.code }
}

if (!values.trainer && (await build({ quiet: true })) !== 0) process.exit(1)
const room = mkdtempSync(join(tmpdir(), 'latent-memory-'))
try {
  const rows = []
  for (const size of numbers(values.sizes)) writeVersion(join(room, `version${size}`), { items: ITEMS, size })
  for (const engine of readyEngines({ id: values.engine }))
    for (const size of numbers(values.sizes))
      for (const batch of numbers(values.batches))
        for (const width of numbers(values.widths)) {
          const { estimate, truth, ended } = await measure(room, engine, size, batch, width)
          const [says, was] = [estimate, truth].map((bytes) => Math.round(bytes / 1e6))
          const row = { engine: engine.id, size, batch, width, 'estimate MB': says, 'measured MB': was }
          rows.push({ ...row, ratio: Number((estimate / truth).toFixed(2)), ended })
          console.log(Object.values(rows.at(-1)).join('\t'))
        }
  console.table(rows)
  const finished = rows.filter(({ ended }) => ended === 'finished')
  const off = finished.filter(({ ratio }) => ratio < LEAST || ratio > MOST)
  console.log(`${finished.length - off.length} of ${finished.length} estimates between ${LEAST} and ${MOST} of what was measured`)
  process.exitCode = off.length > 0 ? 1 : 0
} finally {
  rmSync(room, { recursive: true, force: true })
}
