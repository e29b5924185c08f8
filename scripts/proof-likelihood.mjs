/**
 * The likelihood that a VAE reaches in twenty minutes: `npm run proof:likelihood -- MNIST [--project DIR] [--minutes M]`.
 *
 * MNIST holds the four IDX files. Imports them, trains `vae` by the command line on the training part, each picture made black and
 * white anew each time it is seen (dynamic binarisation), and estimates log p(x) of the test part, made black and white
 * likewise, with 200 importance samples a picture. Prints one JSON object; exits 1 below −95 nats. With `--project` the run is kept, and a
 * proof that was stopped goes on from its newest checkpoint.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.mjs'
import { commandLine } from './proof.mjs'

const LEAST = -95
const { values, positionals } = parseArgs({
  options: {
    project: { type: 'string' },
    minutes: { type: 'string', default: '20' },
    samples: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    /** Instead of the checkout's own build, which is brought up to date first. */
    out: { type: 'string' },
  },
  allowPositionals: true,
})
const data = positionals[0]
if (!data) {
  console.error('usage: npm run proof:likelihood -- MNIST [--project DIR] [--minutes M]')
  process.exit(2)
}

const latent = commandLine({ build: values.out })

const SETTINGS = {
  binarise: true,
  architecture: 'mlp',
  width: 512,
  layers: 2,
  latentSize: 40,
  klWarmup: 1000,
  batchSize: 128,
}

if (!values.out && (await build({ quiet: true })) !== 0) process.exit(1)
const room = values.project ? resolve(values.project) : mkdtempSync(join(tmpdir(), 'latent-likelihood-'))
try {
  const before = existsSync(join(room, 'project.db')) ? (await latent('runs', room)).runs : []
  if (before.length === 0) await latent('import', room, resolve(data), '--dataset', 'mnist')
  const chosen = Object.entries(SETTINGS).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  const ends = ['--minutes', values.minutes, '--seed', values.seed]
  const run =
    before.length > 0
      ? before[0].status === 'finished'
        ? before[0]
        : await latent('resume', room, '--run', 'latest')
      : await latent('train', room, '--dataset', 'mnist', '--recipe', 'vae', ...chosen, ...ends)
  const { items, metrics, logLikelihood } = await latent('evaluate', room, '--run', 'latest', '--samples', values.samples)
  const { step = run.steps, seconds, stepsPerSecond } = run
  const trained = { steps: step, seconds, stepsPerSecond, settings: SETTINGS }
  const reached = logLikelihood.mean >= LEAST
  console.log(JSON.stringify({ trained, items, elbo: metrics.elbo, logLikelihood, least: LEAST, reached }, null, 1))
  process.exitCode = reached ? 0 : 1
} finally {
  if (!values.project) rmSync(room, { recursive: true, force: true })
}
