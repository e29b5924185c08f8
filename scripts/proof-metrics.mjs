/**
 * The metrics against what is known of them: `npm run proof:metrics -- [DATA] [--engine ID]`.
 *
 * Two samples of N(0, I), as in Naeem et al.'s own program; two Gaussians, in closed form; and, where DATA holds MNIST and
 * Fashion-MNIST (their IDX files in `mnist/` and `fashion-mnist/`), 5,000 real test pictures, a Gaussian, 50 pictures repeated, and
 * noise, each against 5,000 training pictures, in every feature space. Prints a table; exits 1 when a number is not what it should be.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { build as bundle } from 'vite'
import { node24, root } from './node24.mjs'
import { hash, readyEngines } from './proof.mjs'

const { values, positionals } = parseArgs({
  options: { engine: { type: 'string', default: 'tensorflow' } },
  allowPositionals: true,
})
const [engine] = readyEngines({ id: values.engine })
if (!engine) throw new Error(`the engine ${values.engine} is not installed`)
const outDir = join(root, 'out', 'proof')
const ssr = join(root, 'bench', 'ours', 'metrics.ts')
await bundle({ root, logLevel: 'warn', configFile: false, build: { ssr, outDir, emptyOutDir: false, target: 'node24' } })

/** Precision, recall, density, coverage and Fréchet distance in pixels, measured by another implementation of the definitions. */
const ANCHORS = {
  mnist: {
    real: [0.94, 0.923, 1.009, 0.962, 0.782],
    gaussian: [0.879, 0.114, 0.789, 0.29, 4.894],
    collapse: [1, 0.01, 0.903, 0.055, 24.06],
    noise: [0.284, 0.955, 0.08, 0.231, 10.1],
  },
  'fashion-mnist': {
    real: [0.821, 0.837, 0.984, 0.967, 0.852],
    gaussian: [0.226, 0.442, 0.083, 0.08, 3.849],
    collapse: [1, 0.01, 0.867, 0.057, 22.21],
    noise: [0.036, 0.975, 0.01, 0.032, 9.398],
  },
}
/**
 * Which pictures were drawn differs. Fifty of them say little about where exactly they lie, and what the other Gaussian was fitted
 * to is not known, hence more room for these.
 */
const ROOM = {
  real: { share: 0.03, density: 0.03, frechet: 0.06 },
  noise: { share: 0.03, density: 0.03, frechet: 0.06 },
  gaussian: { share: 0.08, density: 0.08, frechet: 0.12 },
  collapse: { share: 0.03, density: 0.4, frechet: 0.15 },
}
/** Naeem et al.'s one pair of N(0, I). Density is 1 in expectation, and differs most from pair to pair. */
const NORMALS = { precision: [0.477, 0.03], recall: [0.471, 0.03], density: [1.056, 0.2], coverage: [0.974, 0.02] }

/** A data set's IDX files as a frozen version: 60,000 for training, 10,000 held out. */
function writeIdx(from, to) {
  mkdirSync(to)
  const read = (part, what) => gunzipSync(readFileSync(join(from, `${part}-${what}-ubyte.gz`)))
  const data = Buffer.concat(['train', 't10k'].map((part) => read(part, 'images-idx3').subarray(16)))
  const labels = Buffer.concat(['train', 't10k'].map((part) => read(part, 'labels-idx1').subarray(8)))
  const rows = Buffer.alloc(labels.length * 10)
  labels.forEach((label, i) => (rows[i * 10 + label] = 1))
  const tags = Array.from({ length: 10 }, (_, i) => `${i}`)
  const shape = { items: labels.length, train: 60_000, height: 28, width: 28, channels: 1 }
  const ids = Array.from({ length: labels.length }, (_, i) => `i${i}`)
  writeFileSync(join(to, 'data.bin'), data)
  writeFileSync(join(to, 'tags.bin'), rows)
  const pack = { formatVersion: 1, kind: 'images', ...shape, ids, tags, sha256: { data: hash(data), tags: hash(rows) } }
  writeFileSync(join(to, 'pack.json'), JSON.stringify(pack))
}

/** What is wrong with a row; nothing where it is as it should be. */
function faults(row) {
  const found = []
  const near = (name, value, expected, room) => {
    if (!(Math.abs(value - expected) <= room)) found.push(`${name} ${value.toPrecision(4)}, not ${expected}`)
  }
  const { precision, recall, density, coverage, frechet } = row
  if (row.expected) near('frechet', frechet, row.expected, 0.01 * row.expected)
  if (row.space === '–' && coverage !== undefined) {
    for (const [name, [expected, room]] of Object.entries(NORMALS)) near(name, row[name], expected, room)
  }
  const anchor = row.space === 'pixels' && ANCHORS[row.data][row.set]
  if (anchor) {
    const room = ROOM[row.set]
    near('precision', precision, anchor[0], room.share)
    near('recall', recall, anchor[1], room.share)
    near('density', density, anchor[2], room.density)
    near('coverage', coverage, anchor[3], room.share)
    near('frechet', frechet, anchor[4], anchor[4] * room.frechet)
  }
  if (row.set === 'collapse' && !(recall < 0.1 && coverage < 0.1)) found.push('collapse is not seen')
  return found
}

const room = mkdtempSync(join(tmpdir(), 'latent-metrics-'))
let wrong = 0
try {
  const versions = positionals[0] ? Object.keys(ANCHORS).map((name) => join(room, name)) : []
  for (const name of versions.length ? Object.keys(ANCHORS) : []) writeIdx(join(positionals[0], name), join(room, name))
  writeFileSync(join(room, 'engine.json'), JSON.stringify(engine))
  const args = [join(outDir, 'metrics.js'), join(room, 'engine.json'), ...versions]
  const child = spawn(node24(), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((done) => child.on('exit', done))
  for await (const line of createInterface({ input: child.stdout })) {
    const row = JSON.parse(line)
    if (row.classifier) {
      const { accuracy, steps } = row.classifier
      console.log(`${row.data}: classifier ${(100 * accuracy).toFixed(1)} % after ${steps} steps, ${row.seconds.toFixed(1)} s`)
      continue
    }
    const numbers = ['precision', 'recall', 'density', 'coverage', 'frechet'].map((name) =>
      (row[name] === undefined ? '' : row[name].toPrecision(3)).padStart(9),
    )
    const found = faults(row)
    wrong += found.length
    const about = [row.data ?? '', row.space, row.set].join(' ').padEnd(46)
    console.log(`${about}${numbers.join('')}${`${row.seconds.toFixed(1)} s`.padStart(9)}  ${found.join('; ')}`)
  }
  if ((await ended) !== 0) wrong++
} finally {
  rmSync(room, { recursive: true, force: true })
}
console.log(wrong === 0 ? 'all as it should be' : `${wrong} wrong`)
process.exitCode = wrong === 0 ? 0 : 1
