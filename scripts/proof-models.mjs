/**
 * The picture models beside each other, by the command line alone:
 *
 *     npm run proof:models -- DATA PROJECTS [--data fashion-mnist,mnist,crawl-tiles] [--rows gan-hinge,…] [--steps N] [--count N] [--plan]
 *
 * DATA holds the data sets by name; PROJECTS is a folder for a project each, kept, so that a run that was cut off goes on from its
 * last saved state. Every row trains for the same number of steps: as many as `vae` takes in five minutes of an idle machine, found
 * once and then a part of the record. Records are added to `docs/results/models.json` one by one, and a row that is there is not
 * trained again; `--plan` says what is missing. `npm run docs:results` makes tables of them.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './node24.mjs'
import { commandLine } from './proof.mjs'

const CALIBRATION_MINUTES = 5
/** Pictures that are made to be measured, and as many real ones beside them. */
const COUNT = 5000

const gan = (loss, more = {}) => ({ recipe: 'gan', settings: { loss, ...more } })
const ROWS = {
  vae: { recipe: 'vae', settings: {} },
  'vae-beta-4': { recipe: 'vae', settings: { beta: 4 } },
  'vae-gan': { recipe: 'vae-gan', settings: {} },
  'gan-minimax': gan('minimax'),
  'gan-non-saturating': gan('non-saturating'),
  'gan-least-squares': gan('least-squares'),
  'gan-hinge': gan('hinge'),
  'gan-wasserstein-clipping': gan('wasserstein', { bound: 'clipping' }),
  'gan-wasserstein-penalty': gan('wasserstein', { bound: 'gradient-penalty' }),
}
/** Seeds of a data set's rows. */
const DATA = { 'fashion-mnist': [1, 2], mnist: [1], 'crawl-tiles': [1] }

const { values: options, positionals } = parseArgs({
  options: {
    data: { type: 'string', default: Object.keys(DATA).join() },
    rows: { type: 'string', default: Object.keys(ROWS).join() },
    steps: { type: 'string' },
    count: { type: 'string', default: String(COUNT) },
    plan: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const [data, projects] = positionals.map((path) => resolve(path))
if (!data || !projects) {
  console.error('usage: npm run proof:models -- DATA PROJECTS [--data …] [--rows …] [--steps N] [--count N] [--plan]')
  process.exit(2)
}

const file = join(root, 'docs', 'results', 'models.json')
const records = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { steps: null, rows: [] }

function save() {
  writeFileSync(`${file}.new`, `${JSON.stringify(records, null, 1)}\n`)
  renameSync(`${file}.new`, file)
}

const latent = commandLine({ cpu: true })

async function imported(name) {
  const project = join(projects, `${name}.latent`)
  if (!existsSync(project)) await latent('import', project, join(data, name), '--dataset', name)
  return project
}

/** Steps that `vae` takes in five minutes here. */
async function calibrated() {
  if (options.steps) return Number(options.steps)
  if (records.steps) return records.steps.count
  const project = await imported('fashion-mnist')
  const train = ['train', project, '--dataset', 'fashion-mnist', '--recipe', 'vae', '--seed', '1', '--name', 'calibration']
  const { steps, seconds } = await latent(...train, '--minutes', String(CALIBRATION_MINUTES))
  const count = Math.round(steps / 100) * 100
  records.steps = { count, minutes: CALIBRATION_MINUTES, seconds, machine: `${cpus()[0].model}, ${availableParallelism()} cores` }
  save()
  return count
}

async function row(name, which, seed, steps) {
  const { recipe, settings } = ROWS[which]
  const project = await imported(name)
  const run = `${which}-${seed}-${steps}`
  const { runs } = await latent('runs', project)
  const known = runs.find((one) => one.name === run)
  const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const about = ['--dataset', name, '--recipe', recipe, '--seed', String(seed), '--steps', String(steps), '--name', run]
  const trained = !known
    ? await latent('train', project, ...about, ...set)
    : known.status === 'finished'
      ? known
      : await latent('resume', project, '--run', run)
  const samples = recipe === 'vae' ? ['--samples', '200'] : []
  const measured = await latent('evaluate', project, '--run', run, '--count', options.count, ...samples)
  const { seconds, cpuSeconds, losses, engine } = trained
  const date = new Date().toISOString().slice(0, 10)
  records.rows.push({
    data: name,
    row: which,
    recipe,
    settings,
    seed,
    steps,
    date,
    seconds,
    cpuSeconds,
    engine,
    losses,
    measured,
  })
  save()
}

const wanted = options.data
  .split(',')
  .flatMap((name) => DATA[name].flatMap((seed) => options.rows.split(',').map((which) => ({ name, which, seed }))))
const missing = wanted.filter(
  ({ name, which, seed }) => !records.rows.some((one) => one.data === name && one.row === which && one.seed === seed),
)
if (options.plan) {
  for (const { name, which, seed } of missing) console.log(`${name} ${which} seed ${seed}`)
  console.log(`${missing.length} of ${wanted.length} rows to go; steps ${records.steps?.count ?? 'not yet found'}`)
  process.exit(0)
}
mkdirSync(projects, { recursive: true })
const steps = await calibrated()
for (const { name, which, seed } of missing) await row(name, which, seed, steps)
console.log(`${records.rows.length} rows in ${file}`)
