/**
 * The main job on real pictures, by the command line alone: `npm run proof:pictures -- DATA [--engine ID]`.
 *
 * DATA holds `crawl-tiles/tiles32.zip` and Fashion-MNIST's four IDX files in `fashion-mnist/`. Imports both, counts and times
 * them, then trains `vae` (latent 16, 5 epochs) on Fashion-MNIST's training part and compares its reconstruction of the test
 * part with PCA of 16 components fitted on the same training part. Prints one JSON object; exits 1 when a claim fails.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { commandLine } from './proof.mjs'

const { values, positionals } = parseArgs({ options: { engine: { type: 'string' } }, allowPositionals: true })
const data = positionals[0]
if (!data) {
  console.error('usage: npm run proof:pictures -- DATA [--engine ID]')
  process.exit(2)
}
const room = mkdtempSync(join(tmpdir(), 'latent-proof-'))

const command = commandLine()
/** Runs one command of the command line; resolves to its JSON and the seconds it took. */
async function latent(...args) {
  const started = performance.now()
  const answer = await command(...args)
  return { ...answer, seconds_all: Math.round((performance.now() - started) / 100) / 10 }
}

try {
  const tiles = await latent('import', join(room, 'tiles'), resolve(data, 'crawl-tiles'), '--dataset', 'tiles')
  const fashion = join(room, 'fashion')
  const clothes = await latent('import', fashion, resolve(data, 'fashion-mnist'), '--dataset', 'fashion')
  const engine = values.engine ? ['--engine', values.engine] : []
  const run = await latent(
    'train',
    fashion,
    '--dataset',
    'fashion',
    '--recipe',
    'vae',
    '--set',
    'latentSize=16',
    '--epochs',
    '5',
    '--seed',
    '1',
    ...engine,
  )
  const measured = await latent('evaluate', fashion, '--run', 'latest')
  const claims = {
    'crawl-tiles: 3,895 items': tiles.items === 3895 && tiles.quarantined.length === 0,
    'Fashion-MNIST: 70,000 items in 10 classes': clothes.items === 70000 && clothes.classes === 10,
    'VAE redraws the test part better than PCA-16': measured.metrics.mse < measured.pcaMse,
  }
  console.log(JSON.stringify({ tiles, clothes, run, measured, claims }, null, 1))
  process.exitCode = Object.values(claims).every(Boolean) ? 0 : 1
} finally {
  rmSync(room, { recursive: true, force: true })
}
