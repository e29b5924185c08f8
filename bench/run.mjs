/**
 * Our training steps against PyTorch's: the same networks (`table.json`), batches, optimiser and threads, in turns, so that a busy
 * machine is as unfair to both. Writes `bench/RESULTS.md`.
 *
 *     npm run bench -- [--rows dcgan-28,vae] [--rounds 9] [--steps N] [--threads 2] [--engine wasm] [--profile]
 *     npm run bench -- --engines [--rows …]    our own engines against each other, without PyTorch and without a file
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../scripts/node24.mjs'
import { markdown, summary } from './report.mjs'
import { peer } from './setup.mjs'
import { buildOurs, library, ours, torch } from './sides.mjs'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    steps: { type: 'string' },
    threads: { type: 'string', default: '2' },
    engine: { type: 'string', multiple: true, default: [] },
    engines: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds)
const table = JSON.parse(readFileSync(join(root, 'bench', 'table.json'), 'utf8'))
const rows = options.rows?.split(',') ?? (options.engines ? ['vae'] : Object.keys(table))
for (const row of rows) if (!table[row]) throw new Error(`There is no row ${row}: ${Object.keys(table).join(', ')}`)

const say = (text) => console.error(text)
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** A turn lasts about this long, at least ten steps, where `--steps` says nothing: short, so that neighbours see the same machine. */
const TURN = 1000
const TRIAL = 10

/** Asks for some steps; the answer's median time in milliseconds. */
async function turn(side, steps) {
  const answer = await side.ask(`steps ${steps}`)
  Object.assign(side, { last: answer })
  return median(answer.times)
}

/** Starts a side and lets it compile; null, with the reason in `failed`, where that does not work. */
async function started(starting, failed) {
  let side
  try {
    side = await starting
    await turn(side, 3)
    side.trial = await turn(side, TRIAL)
    say(`  ${side.name}: ${side.trial.toFixed(1)} ms`)
    return side
  } catch (error) {
    failed.push(error.message)
    say(`  ${error.message}`)
    await side?.stop()
    return null
  }
}

/** PyTorch is asked in every way that may suit a row; the fastest of them is the peer. */
function ways(row) {
  const convolves = JSON.stringify(row.networks ?? {}).includes('conv')
  const either = (option) => [[], [option]]
  const formats = convolves ? either('channels_last') : [[]]
  const updates = either(row.adam ? 'fused' : 'inverts')
  return formats.flatMap((format) => updates.map((update) => [...format, ...update]))
}

async function best(starts, failed) {
  let fastest = null
  for (const start of starts) {
    const side = await started(start(), failed)
    if (!side) continue
    const [keep, drop] = !fastest || side.trial < fastest.trial ? [side, fastest] : [fastest, side]
    await drop?.stop()
    fastest = keep
  }
  return fastest
}

async function measured(id, python) {
  const row = table[id]
  say(`${id}: ${row.title}`)
  const failed = []
  const wanted = options.engines ? ['tensorflow', 'wasm'] : ['tensorflow', ...options.engine]
  const sides = {}
  if (library()) {
    sides.captured = await started(ours(id, 'tensorflow', 'compiled', options.threads), failed)
    sides.eager = await started(ours(id, 'tensorflow', 'eager', options.threads), failed)
  }
  if (wanted.includes('wasm')) sides.wasm = await started(ours(id, 'wasm', 'eager', options.threads), failed)
  if (python) {
    const start = (way) => () => torch(id, python, way, options.threads)
    sides.torch = await best(ways(row).map(start), failed)
    // Compiling takes long: only in the ways that need not be slower.
    const compiled = ways(row).filter((way) => !row.adam || way.includes('fused'))
    sides.torchCompiled = await best(
      compiled.map((way) => start(['compile', ...way])),
      failed,
    )
  }
  const running = Object.entries(sides).filter(([, side]) => side)
  checkParameters(running)

  const peaks = []
  const times = Object.fromEntries(running.map(([name]) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, side] of running) {
      const steps = options.steps ?? Math.max(10, Math.ceil(TURN / side.trial))
      times[name].push(await turn(side, steps))
      if (name !== 'wasm') peaks.push(...(await side.ask('peak 3')).rates)
    }
  }
  const result = { id, row, failed, times, peaks, sides: {} }
  for (const [name, side] of running)
    result.sides[name] = { name: side.name, facts: side.facts, last: side.last, median: median(times[name]) }
  if (options.profile) await profile(sides.eager ?? sides.wasm)
  for (const [, side] of running) await side.stop()
  return result
}

/** Both sides must train the same thing. */
function checkParameters(running) {
  const counts = running.map(([, side]) => JSON.stringify(Object.entries(side.facts.parameters).sort()))
  if (new Set(counts).size > 1) throw new Error(`The sides' networks differ: ${counts.join(' and ')}`)
}

async function profile(side) {
  const { kernels } = await side.ask('profile 5')
  say(`  ${side.name}: ms a step by kernel, calls`)
  for (const [name, ms, calls] of kernels.slice(0, 25))
    say(`${ms.toFixed(2).padStart(11)} ${String(calls).padStart(6)} ×  ${name}`)
}

if (!library()) say('The tensorflow engine is not installed: `npm run -s latent -- engine install`.')
await buildOurs()
const python = options.engines ? null : peer()
const results = []
for (const id of rows) {
  results.push(await measured(id, python))
  const session = { command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(), rounds, threads: options.threads }
  if (python) writeFileSync(join(root, 'bench', 'RESULTS.md'), markdown(results, session))
}
console.table(summary(results))
