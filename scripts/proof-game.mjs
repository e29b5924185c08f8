/**
 * The game of generator and critic, shown where its end is known: `npm run proof:game -- [--steps N] [--engine ID] [--only exact|ring|grid]`.
 *
 * In the plane, seeded: the minimax game on a target that the generator can make exactly must come to V = −log 4 and D = ½ (Goodfellow
 * et al. 2014, theorem 1); then every loss on mixtures of normal distributions: how many modes are hit, and which share of 2,500 points
 * is within three deviations of one (Srivastava et al. 2017; Lin et al. 2018). Prints a JSON object and a table in Markdown; exits 1
 * when the exact game does not come to its end. What the losses do to mixtures is a measurement, not a claim.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { build } from 'vite'
import { node24, root } from './node24.mjs'
import { readyEngines } from './proof.mjs'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '20000' },
    engine: { type: 'string', default: 'tensorflow' },
    only: { type: 'string' },
  },
})
/** Of V from −log 4, of D from ½ on average, and of the made points' mean and covariance. */
const MOST = { value: 0.01, distance: 0.03, error: 0.1 }

const [engine] = readyEngines({ id: values.engine })
if (!engine) throw new Error(`the engine ${values.engine} is not installed`)
const outDir = join(root, 'out', 'proof-game')
const ssr = join(root, 'bench', 'ours', 'game.ts')
await build({ root, logLevel: 'warn', configFile: false, build: { ssr, outDir, emptyOutDir: true, target: 'node24' } })

/** One part in one process. One thread: layers this small gain nothing from more, and the numbers depend on how many there are. */
async function played(part) {
  const args = [join(outDir, 'game.js'), engine.id, engine.library ?? '', '1', values.steps, part]
  const child = spawn(node24(), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((done) => child.on('close', done))
  const said = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(JSON.parse(line))
    console.error(line)
  }
  if ((await ended) !== 0) throw new Error(`${part}: a game broke off`)
  return said
}

const said = (await Promise.all((values.only ? [values.only] : ['exact', 'ring', 'grid']).map(played))).flat()
const { facts } = said.find((one) => one.facts)
const games = said.filter((one) => one.game)
const exact = games.filter(({ game }) => game === 'exact')
const held = exact.every(
  ({ value, distance, error }) => Math.abs(value + Math.log(4)) <= MOST.value && distance <= MOST.distance && error <= MOST.error,
)
const mixtures = games.filter(({ game }) => game !== 'exact')
const row = (cells) => `| ${cells.join(' | ')} |`
const share = (quality) => `${(100 * quality).toFixed(1)} %`
if (mixtures.length > 0) {
  const names = [...new Set(mixtures.map(({ game }) => game))]
  const losses = [...new Set(mixtures.map(({ loss }) => loss))]
  console.log(row(['loss', ...names.flatMap((name) => [`${name}: modes`, 'high quality'])]))
  console.log(row(['---', ...names.flatMap(() => ['---', '---'])]))
  for (const loss of losses) {
    const own = names.map((name) => mixtures.find((one) => one.game === name && one.loss === loss))
    console.log(row([loss, ...own.flatMap(({ modes, of, quality }) => [`${modes} of ${of}`, share(quality)])]))
  }
}
for (const { value, distance, error } of exact)
  console.log(
    `\nexact game: V = ${value} (−log 4 = ${(-Math.log(4)).toFixed(4)}, at most ${MOST.value} off), ` +
      `|D − ½| = ${distance} (at most ${MOST.distance}), moments ${error} off (at most ${MOST.error})`,
  )
console.log(JSON.stringify({ steps: Number(values.steps), facts, games, held }))
process.exitCode = held ? 0 : 1
