/**
 * How well the models find odd ones, by the command line alone:
 *
 *     npm run proof:odd -- DATA PROJECTS [--digits 1,4,9] [--recipes vae,gan,vae-gan] [--steps N] [--test N] [--engine ID]
 *
 * Protocol: one digit of MNIST is left out of training, the model learns the other nine from the training part, and has to tell the
 * test pictures of the digit it never saw from those of the nine (as in GANomaly; not the one-class protocol, which trains
 * on a single digit). Pictures are 28 × 28 grey; the first N test pictures of each side are scored; the figure is the area under the
 * receiver operating characteristic for each way that the recipe has to tell.
 *
 * DATA holds the four IDX files in `mnist/`. PROJECTS is a folder that is kept, with a project a digit and the figures in
 * `odd.json`: asked again, what is there is not computed again, and a training that was cut off goes on.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { auroc } from '../src/nn/metrics/auroc.ts'
import { commandLine } from './proof.mjs'

const { values: options, positionals } = parseArgs({
  options: {
    digits: { type: 'string', default: '1,4,9' },
    recipes: { type: 'string', default: 'vae,gan,vae-gan' },
    steps: { type: 'string', default: '1500' },
    test: { type: 'string', default: '500' },
    engine: { type: 'string' },
  },
  allowPositionals: true,
})
const [data, projects] = positionals.map((path) => resolve(path))
if (!data || !projects) {
  console.error(
    'usage: npm run proof:odd -- DATA PROJECTS [--digits 1,4,9] [--recipes vae,gan,vae-gan] [--steps N] [--test N] [--engine ID]',
  )
  process.exit(2)
}

const latent = commandLine()

/** MNIST's pictures and digits of a part, `train` or `t10k`. */
function part(name) {
  const read = (file) => gunzipSync(readFileSync(join(data, 'mnist', `${name}-${file}-ubyte.gz`)))
  return { pictures: read('images-idx3').subarray(16), digits: read('labels-idx1').subarray(8) }
}

/** Writes the chosen pictures as an IDX pair, as their source has them. */
function writePart(folder, name, { pictures, digits }, chosen) {
  mkdirSync(folder, { recursive: true })
  const head = (...numbers) => {
    const bytes = Buffer.alloc(4 * numbers.length)
    numbers.forEach((number, i) => bytes.writeInt32BE(number, 4 * i))
    return bytes
  }
  const tiles = chosen.map((i) => pictures.subarray(i * 784, (i + 1) * 784))
  writeFileSync(join(folder, `${name}-images-idx3-ubyte`), Buffer.concat([head(0x803, chosen.length, 28, 28), ...tiles]))
  const labels = Buffer.from(chosen.map((i) => digits[i]))
  writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), Buffer.concat([head(0x801, chosen.length), labels]))
}

/** A project with three data sets: `nine` to learn from, `usual` and `odd` to tell apart. */
async function prepared(digit) {
  const project = join(projects, `without-${digit}.latent`)
  const sources = join(projects, `without-${digit}`)
  const [train, test] = [part('train'), part('t10k')]
  const choose = ({ digits }, wanted, most = Infinity) =>
    [...digits.keys()].filter((i) => (digits[i] === digit) === wanted).slice(0, most)
  const most = Number(options.test)
  writePart(join(sources, 'nine'), 'train', train, choose(train, false))
  const { datasets } = existsSync(project) ? await latent('datasets', project) : { datasets: [] }
  const bring = async (name, folder) => {
    if (!datasets.some((one) => one.name === name)) await latent('import', project, folder, '--dataset', name)
  }
  await bring('nine', join(sources, 'nine'))
  for (const [name, wanted] of [
    ['usual', false],
    ['odd', true],
  ]) {
    writePart(join(sources, `${name}-${most}`), 't10k', test, choose(test, wanted, most))
    await bring(`${name}-${most}`, join(sources, `${name}-${most}`))
  }
  return project
}

async function trained(project, recipe) {
  const name = `${recipe}-${options.steps}`
  const { runs } = await latent('runs', project)
  const known = runs.find((one) => one.name === name)
  const engine = options.engine ? ['--engine', options.engine] : []
  if (!known)
    await latent(
      'train',
      project,
      '--dataset',
      'nine',
      '--recipe',
      recipe,
      '--seed',
      '1',
      '--steps',
      options.steps,
      '--name',
      name,
      ...engine,
    )
  else if (known.status !== 'finished') await latent('resume', project, '--run', name)
  return name
}

/** Of `score`. */
const METHODS = ['likelihood', 'redrawing', 'inversion', 'critic']

const file = join(projects, 'odd.json')
mkdirSync(projects, { recursive: true })
const rows = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
const { recipes: catalogue } = await latent('recipes')

for (const recipe of options.recipes.split(',')) {
  const card = catalogue.find(({ id }) => id === recipe)
  if (!card) {
    console.error(`There is no recipe ${recipe} in this build; left out.`)
    continue
  }
  for (const digit of options.digits.split(',').map(Number)) {
    const about = { recipe, digit, steps: Number(options.steps), test: Number(options.test) }
    const done = (method) => rows.find((row) => Object.entries({ ...about, method }).every(([key, value]) => row[key] === value))
    const missing = METHODS.filter((method) => can(card, method) && !done(method))
    if (missing.length === 0) continue
    const project = await prepared(digit)
    const run = await trained(project, recipe)
    for (const method of missing) {
      const scores = async (dataset) => {
        const { scores } = await latent(
          'score',
          project,
          '--run',
          run,
          '--dataset',
          `${dataset}-${options.test}`,
          '--method',
          method,
        )
        return scores.map(({ score }) => score)
      }
      rows.push({ ...about, method, auroc: Math.round(auroc(await scores('usual'), await scores('odd')) * 10_000) / 10_000 })
      writeFileSync(`${file}.new`, `${JSON.stringify(rows, null, 1)}\n`)
      renameSync(`${file}.new`, file)
    }
  }
}
console.log(JSON.stringify({ protocol: 'MNIST, one digit left out of training', rows }, null, 1))

/** As `oddMethods` of the contract has it. */
function can({ likelihood, abilities }, method) {
  if (method === 'likelihood') return abilities.includes('score') && likelihood !== 'none'
  if (method === 'critic') return abilities.includes('score') && likelihood === 'none'
  return abilities.includes(method === 'redrawing' ? 'encode' : 'decode')
}
