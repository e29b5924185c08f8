/**
 * VAE, GAN and VAE-GAN beside each other on the built-in faces, by the command line alone but for the measuring:
 *
 *     npm run proof:vae-gan -- PROJECT [--minutes M | --steps N] [--size N] [--latent N] [--count N] [--rows vae,gan,vae-gan]
 *
 * PROJECT is kept, so that a run that was cut off goes on from its last saved state; one that is finished is not trained again. Every
 * row has the same time (5 minutes), latent size and seed. Prints a table and writes what it is made of to PROJECT/measures.json.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build as bundle } from 'vite'
import { build } from './build.mjs'
import { root } from './node24.mjs'
import { commandLine, output, readyEngines } from './proof.mjs'

const ROWS = {
  vae: { recipe: 'vae', settings: {} },
  gan: { recipe: 'gan', settings: {} },
  'vae-gan': { recipe: 'vae-gan', settings: {} },
  'vae-gan-weighted': { recipe: 'vae-gan', settings: { order: 'weighted' } },
}
const TAGS = ['smile', 'glasses', 'hat', 'long-hair', 'beard', 'freckles']

const { values: options, positionals } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    steps: { type: 'string' },
    size: { type: 'string', default: '32' },
    latent: { type: 'string', default: '32' },
    count: { type: 'string', default: '1000' },
    redrawn: { type: 'string', default: '64' },
    rows: { type: 'string', default: 'vae,gan,vae-gan' },
  },
  allowPositionals: true,
})
if (!positionals[0]) {
  console.error(
    'usage: npm run proof:vae-gan -- PROJECT [--minutes M | --steps N] [--size N] [--latent N] [--count N] [--rows …]',
  )
  process.exit(2)
}
const project = resolve(positionals[0])
const stop = options.steps ? ['--steps', options.steps] : ['--minutes', options.minutes]

const latent = commandLine()

async function trained(row) {
  const { recipe, settings } = ROWS[row]
  const name = [row, options.size, options.latent, ...stop].join('-')
  const { runs } = await latent('runs', project)
  const known = runs.find((run) => run.name === name && run.status !== 'failed')
  if (known?.status === 'finished') return { run: known.id, recipe, steps: known.step, seconds: known.seconds }
  if (known) return { recipe, ...(await latent('resume', project, '--run', known.id)) }
  const set = Object.entries({ latentSize: options.latent, ...settings }).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const about = ['--dataset', 'faces', '--recipe', recipe, '--size', options.size, '--seed', '1', '--name', name]
  return { recipe, ...(await latent('train', project, ...about, ...stop, ...set)) }
}

if ((await build()) !== 0) process.exit(1)
const outDir = join(root, 'out', 'proof')
const ssr = join(root, 'bench', 'ours', 'vae-gan-measures.ts')
await bundle({ root, logLevel: 'warn', configFile: false, build: { ssr, outDir, emptyOutDir: false, target: 'node24' } })

if (!existsSync(project)) {
  const faces = `${project}-faces`
  if (!existsSync(faces)) await latent('sample', 'cartoon-faces', faces)
  await latent('import', project, faces, '--dataset', 'faces')
}

const rows = []
for (const name of options.rows.split(',')) {
  const run = await trained(name)
  const folder = join(project, 'runs', run.run, 'checkpoints')
  const newest = Math.max(...readdirSync(folder).map(Number).filter(Number.isInteger))
  rows.push({ ...run, name, checkpoint: join(folder, String(newest)) })
}

const { runs } = await latent('runs', project)
const { version } = runs.find((run) => run.id === rows[0].run)
const [engine] = readyEngines()
const about = {
  engine: { ...engine, threads: availableParallelism() },
  version: join(project, 'versions', version),
  rows: rows.map(({ name, recipe, checkpoint }) => ({ name, recipe, checkpoint })),
  made: Number(options.count),
  redrawn: Number(options.redrawn),
  tags: TAGS,
}
const aboutFile = join(project, 'measures-of.json')
writeFileSync(aboutFile, JSON.stringify(about))
const measured = (await output(join(outDir, 'vae-gan-measures.js'), aboutFile))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
writeFileSync(join(project, 'measures.json'), `${JSON.stringify({ options, rows, measured }, null, 1)}\n`)

const figure = (value, digits = 3) => (typeof value === 'number' ? Number(value.toFixed(digits)) : '–')
console.table(
  Object.fromEntries(
    measured.map(({ name, step, energy, distance, redrawing }) => [
      name,
      {
        steps: step ?? '–',
        'sharpness, real = 1': figure(energy),
        'Fréchet distance': figure(distance, 2),
        'redrawn by': redrawing?.by ?? '–',
        'squared error': figure(redrawing?.mse, 4),
        'sharpness of redrawn': figure(redrawing?.energy),
        'error in features': figure(redrawing?.distance, 4),
      },
    ]),
  ),
)
console.log(
  'Share of pictures that have a tag after a move along its direction / of other tags that stay (real: the judge’s accuracy)',
)
console.table(
  Object.fromEntries(
    measured.map(({ name, tags }) => [
      name,
      Object.fromEntries(
        Object.entries(tags).map(([tag, one]) => [
          tag,
          one?.accuracy !== undefined
            ? figure(one.accuracy, 2)
            : one
              ? `${figure(one.reached, 2)} / ${figure(one.others, 2)}`
              : '–',
        ]),
      ),
    ]),
  ),
)
