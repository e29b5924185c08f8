/**
 * Whether a GAN that is told a class makes pictures of it, by the command line alone but for the judging:
 *
 *     npm run proof:conditional -- DATA PROJECTS [--data fashion-mnist] [--steps N] [--count N] [--loss hinge] [--seed S] [--engine ID]
 *
 * `gan` is trained with the tags of the pictures, and makes N pictures of each; a classifier that was trained on the real pictures says
 * what they show, and as many held-out real ones beside them. Guessing gets one in as many as there are classes right.
 *
 * DATA holds the data sets by name. PROJECTS is a folder that is kept, with a project, the made pictures and the figures in
 * `conditional.json`: asked again, what is there is not computed again, and a training that was cut off goes on.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build as bundle } from 'vite'
import { root } from './node24.mjs'
import { commandLine, output, readyEngines } from './proof.mjs'

const { values: options, positionals } = parseArgs({
  options: {
    data: { type: 'string', default: 'fashion-mnist' },
    steps: { type: 'string', default: '3000' },
    count: { type: 'string', default: '500' },
    loss: { type: 'string', default: 'hinge' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string' },
  },
  allowPositionals: true,
})
const [data, projects] = positionals.map((path) => resolve(path))
if (!data || !projects) {
  console.error(
    'usage: npm run proof:conditional -- DATA PROJECTS [--data NAME] [--steps N] [--count N] [--loss LOSS] [--seed S] [--engine ID]',
  )
  process.exit(2)
}
const latent = commandLine()
const [steps, count, seed] = [options.steps, options.count, options.seed].map(Number)

async function trained(project, name) {
  const { runs } = await latent('runs', project)
  const known = runs.find((run) => run.name === name)
  if (known?.status === 'finished') return known
  const engine = options.engine ? ['--engine', options.engine] : []
  const told = ['--recipe', 'gan', '--set', `loss=${options.loss}`, '--set', 'byTags=true']
  const about = ['--dataset', options.data, '--steps', options.steps, '--seed', options.seed, '--name', name]
  if (known) await latent('resume', project, '--run', name)
  else await latent('train', project, ...about, ...told, ...engine)
  return (await latent('runs', project)).runs.find((run) => run.name === name)
}

/** Made pictures by tag, a folder each. */
async function made(project, run, tags) {
  const folders = tags.map((tag, i) => [tag, join(projects, `${run}-made`, String(i))])
  for (const [tag, folder] of folders)
    if (!existsSync(folder) || readdirSync(folder).length < count)
      await latent('generate', project, '--run', run, '--label', tag, '--count', options.count, '--seed', '0', '--out', folder)
  return Object.fromEntries(folders)
}

async function judged(version, folders) {
  const outDir = join(root, 'out', 'proof')
  const ssr = join(root, 'bench', 'ours', 'conditional-measures.ts')
  await bundle({ root, logLevel: 'warn', configFile: false, build: { ssr, outDir, emptyOutDir: false, target: 'node24' } })
  const [engine] = readyEngines({ id: options.engine })
  const about = join(projects, 'conditional-of.json')
  writeFileSync(about, JSON.stringify({ engine: { ...engine, threads: availableParallelism() }, version, made: folders, count }))
  return JSON.parse((await output(join(outDir, 'conditional-measures.js'), about)).trim().split('\n').at(-1))
}

mkdirSync(projects, { recursive: true })
const file = join(projects, 'conditional.json')
const rows = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
const about = { data: options.data, recipe: 'gan', loss: options.loss, seed, steps, count }
let row = rows.find((one) => Object.entries(about).every(([key, value]) => one[key] === value))
if (!row) {
  const project = join(projects, `${options.data}.latent`)
  if (!existsSync(project)) await latent('import', project, join(data, options.data), '--dataset', options.data)
  const run = await trained(project, `gan-told-${options.loss}-${seed}-${steps}`)
  const version = join(project, 'versions', run.version)
  const { tags } = JSON.parse(readFileSync(join(version, 'pack.json'), 'utf8'))
  row = { ...about, ...(await judged(version, await made(project, run.name, tags))) }
  writeFileSync(`${file}.new`, `${JSON.stringify([...rows, row], null, 1)}\n`)
  renameSync(`${file}.new`, file)
}

const percent = (share) => `${(100 * share).toFixed(1)} %`
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const means = { real: mean(row.classes.map(({ real }) => real)), made: mean(row.classes.map(({ made }) => made)) }
console.table(
  Object.fromEntries([
    ...row.classes.map(({ tag, real, made, mistakenFor }) => [
      tag,
      {
        'real pictures of it': percent(real),
        'made ones': percent(made),
        'else mostly': mistakenFor ? `${mistakenFor.tag} (${percent(mistakenFor.share)})` : '–',
      },
    ]),
    ['mean', { 'real pictures of it': percent(means.real), 'made ones': percent(means.made), 'else mostly': '–' }],
  ]),
)
console.log(JSON.stringify({ ...about, ...means, rows: row.classes }))
