/** `score`: how odd pictures are to a trained model. */
import { basename, extname, join, resolve } from 'node:path'
import { StudioError } from '../../../../contract/errors'
import type { Pictures } from '../../../../contract/nouns'
import { OddFound, OddMethod } from '../../../../contract/odd'
import { usage, type Command, type Given } from '../command'
import { makeFolder, numbered, writeStrip } from '../pictures'
import type { Session } from '../session'
import { granted, RUN, subject } from './models'

/** What a score is, for people. */
const METHODS: Record<OddMethod, string> = {
  likelihood: 'how unlikely the model finds each picture (−ELBO in nats, or −log p where the model knows it)',
  redrawing: 'how badly the model redraws each picture through its encoder (squared error per pixel)',
  inversion: 'how badly the model draws each picture at best (squared error per pixel, its latent searched for)',
  critic: 'what the critic that was trained along makes of each picture',
}
/** Lines that a person reads; `--json` has them all. */
const SHOWN = 20
const WINDOW = 1000
const PICTURES = 32

interface Scored {
  file: string
  score: number
  /** How to ask for its pictures. */
  source: { items: string[] } | { grants: string[] }
}

/** Most odd first. */
async function ofFiles(
  paths: string[],
  ask: { run: string; method?: OddMethod },
  session: Session,
): Promise<[OddFound, Scored[]]> {
  const { files, grants } = await granted(paths, session)
  if (grants.length > 10_000) throw new StudioError('too-many', { limit: 10_000 })
  const found = OddFound.parse(await session.job(await session.client.odd.find({ ...ask, grants }), 'Score'))
  const scored = files.map((file, i) => ({ file, score: found.scores![i]!, source: { grants: [grants[i]!] } }))
  return [found, scored.sort((a, b) => b.score - a.score)]
}

async function ofDataset(
  name: string,
  ask: { run: string; method?: OddMethod },
  session: Session,
): Promise<[OddFound, Scored[]]> {
  const { id: dataset } = await session.dataset(name)
  const found = OddFound.parse(await session.job(await session.client.odd.find({ ...ask, dataset }), 'Score'))
  const { run, step, method } = found
  const scored: Scored[] = []
  for (let offset = 0, total = 1; offset < total; offset += WINDOW) {
    const window = await session.client.odd.list({ run, step, dataset, method, offset, limit: WINDOW })
    total = window.total
    for (const { item, name, score, aside } of window.items)
      if (!aside) scored.push({ file: name, score, source: { items: [item] } })
  }
  return [found, scored]
}

function methodOf(given: Given): OddMethod | undefined {
  const text = given.text('method')
  if (text === undefined) return undefined
  const method = OddMethod.safeParse(text)
  if (!method.success) throw usage(`--method is one of ${OddMethod.options.join(', ')}, not “${text}”.`)
  return method.data
}

/** A strip for each: the picture, how the model draws it, and the difference. */
async function writeReasons(run: string, scored: readonly Scored[], folder: string, session: Session): Promise<string[]> {
  await makeFolder(folder)
  const files: string[] = []
  for (const [i, name] of numbered(scored.length).entries()) {
    const { file, source } = scored[i]!
    const { originals, redrawn, differences } = await session.client.odd.redrawn({ run, ...source })
    const pixels = Buffer.concat([originals, redrawn, differences].map((one) => Buffer.from(one.pixels, 'base64')))
    const strip: Pictures = { ...originals, count: 3, pixels: pixels.toString('base64') }
    const out = join(folder, `${name}-${basename(file, extname(file))}.png`)
    await writeStrip(strip, out)
    files.push(out)
  }
  return files
}

const score: Command = {
  name: 'score',
  positional: ['PROJECT', '[PATH…]'],
  options: {
    ...RUN,
    dataset: ['text', 'NAME', 'a data set instead of files'],
    method: ['text', 'M', `${OddMethod.options.join(', ')} (the recipe’s best when absent)`],
    count: ['text', 'N', `how many of the most odd get a picture in --out (${PICTURES} when absent)`],
    out: ['text', 'DIR', 'folder for strips: the picture, how the model draws it, the difference'],
  },
  help: 'tells how odd pictures are to a model, most odd first',
  async run(given, session) {
    const [paths, name, folder] = [given.rest.slice(1), given.text('dataset'), given.text('out')]
    const count = given.number('count', { least: 1, whole: true }) ?? PICTURES
    const method = methodOf(given)
    given.needed('run')
    if (paths.length > 0 === (name !== undefined)) throw usage('Give either --dataset NAME or the paths of pictures.')
    const { id: run } = await subject(given, session)
    const [found, scored] =
      name === undefined ? await ofFiles(paths, { run, method }, session) : await ofDataset(name, { run, method }, session)
    const files = folder === undefined ? [] : await writeReasons(run, scored.slice(0, count), folder, session)
    const lines = scored.slice(0, SHOWN).map(({ file, score }) => `${score.toPrecision(6).padStart(12)}  ${file}`)
    if (scored.length > SHOWN) lines.push(`… and ${scored.length - SHOWN} more; --json tells all.`)
    return {
      json: { run, step: found.step, method: found.method, scores: scored.map(({ file, score }) => ({ file, score })), files },
      say: [
        `Most odd first, by ${METHODS[found.method]}:`,
        ...lines,
        ...(folder ? [`${files.length} strips in ${resolve(folder)}`] : []),
      ].join('\n'),
    }
  },
}

export const odd: readonly Command[] = [score]
