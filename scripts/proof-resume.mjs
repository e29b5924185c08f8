/**
 * Exact resume, shown: `npm run proof:resume -- [--steps N] [--kills K] [--seed S] [--engine ID] [--eager]`.
 *
 * For each ready engine the built trainer trains `vae` on generated pictures without a stop, then again with K times kill -9 at
 * random moments (a step drawn from the seed, and a part of a second more, so that it falls anywhere: in a step, in a save),
 * each time going on from the newest checkpoint on disk. The final state (weights and optimiser) must have the same SHA-256, and the rows of the loss chart must be
 * the same numbers. Prints a table; exits 1 when anything differs.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.mjs'
import { root } from './node24.mjs'
import { hash, numbers, readyEngines, startTrainer, TRAINING, writeVersion } from './proof.mjs'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '300' },
    kills: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string' },
    /** Op by op on engines that compile whole steps, too. */
    eager: { type: 'boolean', default: false },
    /** Another build of the trainer than the checkout's own, which is brought up to date first. */
    trainer: { type: 'string' },
  },
})
const [steps, kills, seed] = [Number(values.steps), Number(values.kills), Number(values.seed)]
const trainer = values.trainer ?? join(root, 'out', 'main', 'trainer.js')
const CHECKPOINT_EVERY = 20
const SIZE = 32
const ITEMS = 600
/** Odd, so that most checkpoints lie in the middle of an epoch. */
const BATCH = 37

function specOf(room, name, engine) {
  const folder = join(room, `${engine.id}-${name}`)
  mkdirSync(folder, { recursive: true })
  return {
    formatVersion: 1,
    run: name,
    recipe: 'vae',
    settings: { latentSize: 16, klWarmup: 100 },
    training: { ...TRAINING, batchSize: BATCH },
    stop: { by: 'steps', steps },
    seed: 42,
    version: join(room, 'version'),
    folder,
    engine,
    checkpointEvery: CHECKPOINT_EVERY,
    resumeFrom: null,
  }
}

/** One trainer process, killed `kill.after` ms after it told of `kill.step`; resolves to how it ended and what rows it told. */
function runTrainer(spec, kill) {
  const seen = { rows: [], step: 0, startedAt: 0, seconds: 0, facts: null, error: null, status: null }
  const child = startTrainer(trainer, { type: 'train', spec }, (event) => {
    if (event.type === 'started') {
      seen.facts = event.facts
      seen.startedAt = performance.now()
    }
    if (event.type === 'metrics') seen.rows.push(...event.rows)
    seen.step = Math.max(seen.step, event.step ?? 0, event.rows?.at(-1).step ?? 0)
    if (kill && seen.step >= kill.step) {
      const { after } = kill
      kill = null
      setTimeout(() => child.kill('SIGKILL'), after)
    }
    if (event.type === 'finished') seen.status = event.status
    if (event.type === 'failed') seen.error = `${event.code}: ${event.stack}`
  })
  return new Promise((done, fail) =>
    child.on('close', () => {
      seen.seconds = (performance.now() - seen.startedAt) / 1000
      if (seen.error) fail(new Error(seen.error))
      else done(seen)
    }),
  )
}

/** Checkpoints on disk, oldest first; one without its manifest does not exist. */
function checkpoints(folder) {
  const all = join(folder, 'checkpoints')
  if (!existsSync(all)) return []
  const steps = readdirSync(all).filter((name) => /^\d+$/.test(name) && existsSync(join(all, name, 'manifest.json')))
  return steps.map(Number).sort((a, b) => a - b)
}

const finalState = (folder) => hash(readFileSync(join(folder, 'checkpoints', String(steps), 'state.safetensors')))
const numbersOf = (rows) => JSON.stringify(rows.map(({ step, losses }) => [step, losses]))

async function prove(room, engine) {
  const whole = specOf(room, 'whole', engine)
  const first = await runTrainer(whole, null)
  console.log(
    `${engine.id}: ${steps} steps without a stop in ${first.seconds.toFixed(1)} s (${first.facts.device}, ${first.facts.threads} threads)`,
  )

  const next = numbers(seed)
  const moments = Array.from({ length: kills }, () => ({ step: Math.floor(next() * 0.9 * steps), after: next() * 300 }))
  moments.sort((one, other) => one.step - other.step)
  const broken = specOf(room, 'broken', engine)
  let rows = []
  const go = async (kill) => {
    const from = checkpoints(broken.folder).at(-1)
    broken.resumeFrom = from === undefined ? null : join(broken.folder, 'checkpoints', String(from))
    rows = rows.filter(({ step }) => step <= (from ?? -1))
    const seen = await runTrainer(broken, kill)
    rows.push(...seen.rows)
    return { from: from ?? 0, ...seen }
  }
  for (const [i, moment] of moments.entries()) {
    const { from, step, status } = await go(moment)
    console.log(`${engine.id}: kill ${i + 1}: from step ${from}, ${status ?? `kill -9 after step ${step}`}`)
    if (status) throw new Error('the training ended before it could be killed: more steps are needed')
  }
  const last = await go(null)
  console.log(`${engine.id}: from step ${last.from} to the end`)
  const [a, b] = [finalState(whole.folder), finalState(broken.folder)]
  return {
    engine: engine.id,
    steps,
    kills,
    'state whole': a.slice(0, 16),
    'state killed': b.slice(0, 16),
    state: a === b,
    rows: numbersOf(first.rows) === numbersOf(rows),
  }
}

if (!values.trainer && (await build({ quiet: true })) !== 0) process.exit(1)
const room = mkdtempSync(join(tmpdir(), 'latent-resume-'))
try {
  console.log(`seed ${seed}`)
  writeVersion(join(room, 'version'), { items: ITEMS, size: SIZE })
  const engines = readyEngines({ id: values.engine, eager: values.eager })
  if (engines.length === 0) throw new Error(`the engine ${values.engine} is not installed`)
  const results = []
  for (const engine of engines) results.push(await prove(room, engine))
  console.table(results)
  const equal = results.every(({ state, rows }) => state && rows)
  console.log(equal ? 'equal, bit for bit' : 'NOT EQUAL')
  process.exitCode = equal ? 0 : 1
} finally {
  rmSync(room, { recursive: true, force: true })
}
