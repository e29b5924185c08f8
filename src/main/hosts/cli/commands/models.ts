/** `generate`, `encode`, `decode`, `reconstruct`, `evaluate`, `directions`, `edit`, `morph`: a trained model at work. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, resolve } from 'node:path'
import { z } from 'zod'
import { StudioError } from '../../../../contract/errors'
import { Evaluation } from '../../../../contract/explore'
import type { Pictures, Run } from '../../../../contract/nouns'
import { Prior } from '../../../../contract/prior'
import type { Scores, Space } from '../../../../contract/quality'
import type { Boldness, TextQuality, TextScores } from '../../../../contract/texts'
import { usage, type Command, type Given } from '../command'
import { makeFolder, numbered, writeGif, writePictures, writeStrip } from '../pictures'
import { filesOf, type Session } from '../session'

export const RUN = { run: ['text', 'RUN', 'an id, a name, or `latest`'] } as const
const OUT = { out: ['text', 'DIR', 'folder for the pictures (made when missing)'] } as const

/** Opens the project and finds the run that every command here is about. */
export async function subject(given: Given, session: Session): Promise<Run> {
  const which = given.needed('run')
  await session.project(given.rest[0]!, { existing: true })
  return session.run(which)
}

/** Every file of the given paths, folders opened, as grants. */
export async function granted(paths: string[], session: Session): Promise<{ files: string[]; grants: string[] }> {
  const files = (await Promise.all(paths.map(filesOf))).flat()
  if (files.length === 0) throw new StudioError('nothing-found', { file: paths.join(', ') })
  return { files, grants: await Promise.all(files.map((file) => session.grant(file))) }
}

/** Calls with at most `size` at a time, in order. */
async function inParts<T, R>(all: readonly T[], size: number, call: (part: T[]) => Promise<R>): Promise<R[]> {
  const answers: R[] = []
  for (let at = 0; at < all.length; at += size) answers.push(await call(all.slice(at, at + size)))
  return answers
}

const PART = 128

/** Throws `usage` for a prior that there is not. */
function priorOf(given: Given): Prior | undefined {
  const prior = Prior.optional().safeParse(given.text('prior'))
  if (!prior.success) throw usage(`--prior needs ${Prior.options.join(' or ')}, not “${given.text('prior')}”.`)
  return prior.data
}

const OF_PICTURES = {
  prior: ['text', 'PRIOR', 'from the model’s own prior (`standard`), or one `fitted` to where the training pictures lie'],
  label: ['text', 'L', 'with this tag, or several (`smile,glasses`), for models that are told tags'],
  text: ['text', 'WORDS', 'of this description, for models that are told one'],
  ...OUT,
} as const

const OF_TEXTS = {
  temperature: ['text', 'T', 'of texts: below 1 the likely becomes likelier (1 when absent)'],
  'top-k': ['text', 'K', 'of texts: only the K likeliest tokens'],
  'top-p': ['text', 'P', 'of texts: only the likeliest tokens that hold this share of all chances'],
} as const

/** How texts are to be drawn; undefined where nothing was said. */
function boldnessOf(given: Given): Boldness | undefined {
  const said = {
    temperature: given.number('temperature', { least: 0 }),
    topK: given.number('top-k', { least: 1, whole: true }),
    nucleus: given.number('top-p', { least: 0 }),
  }
  const chosen = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
  if (said.temperature === 0) throw usage('--temperature must be more than 0; --top-k 1 takes the likeliest token each time.')
  if (said.nucleus !== undefined && (said.nucleus === 0 || said.nucleus > 1))
    throw usage('--top-p must be more than 0 and at most 1.')
  return Object.keys(chosen).length > 0 ? chosen : undefined
}

/** Whether a run is on texts. Throws `usage` for an option that only the other kind of model has. */
async function ofTexts({ recipe }: Run, given: Given, { client }: Session, others = OF_PICTURES as object): Promise<boolean> {
  const texts = (await client.recipes.list()).find(({ id }) => id === recipe)?.data.includes('texts') ?? false
  const other = Object.keys(texts ? others : OF_TEXTS).find((name) => given.text(name) !== undefined)
  if (other !== undefined)
    throw usage(
      `--${other} is for models of ${texts ? 'pictures' : 'texts'}, and this is one of ${texts ? 'texts' : 'pictures'}.`,
    )
  return texts
}

const generate: Command = {
  name: 'generate',
  positional: ['PROJECT'],
  options: {
    ...RUN,
    count: ['text', 'N', 'how many (16 when absent)'],
    seed: ['text', 'S', 'the same seed gives the same pictures or texts (0 when absent)'],
    ...OF_PICTURES,
    ...OF_TEXTS,
  },
  help: 'makes new pictures, or writes new texts',
  async run(given, session) {
    const count = given.number('count', { least: 1, whole: true }) ?? 16
    const seed = given.number('seed', { least: 0, whole: true }) ?? 0
    const prior = priorOf(given)
    const boldness = boldnessOf(given)
    const label = given.text('label')
    const tags = label?.split(',').map((tag) => tag.trim())
    if (tags?.includes('')) throw usage('--label must be a tag, or several with commas between them.')
    const text = given.text('text')
    if (tags && text !== undefined) throw usage('--label and --text do not go together.')
    const run = await subject(given, session)
    if (await ofTexts(run, given, session)) {
      const { texts } = await session.client.explore.write({ run: run.id, count, seed, boldness })
      return { json: { run: run.id, count, seed, ...boldness, items: texts }, say: texts.join('\n') }
    }
    const folder = given.text('out') ?? 'generated'
    const { pictures, tags: made } = await session.client.explore.generate({
      run: run.id,
      count,
      seed,
      prior,
      tags,
      text,
    })
    const files = await writePictures(pictures, folder, numbered(count))
    return {
      json: { run: run.id, count, seed, files, tags: made, text: text ?? null },
      say: `${count} pictures in ${resolve(folder)}`,
    }
  },
}

const encode: Command = {
  name: 'encode',
  positional: ['PROJECT', 'PATH…'],
  options: RUN,
  help: 'tells the latents of pictures',
  async run(given, session) {
    const run = await subject(given, session)
    const { files, grants } = await granted(given.rest.slice(1), session)
    const parts = await inParts(grants, PART, (part) => session.client.explore.encode({ run: run.id, grants: part }))
    const latents = parts.flatMap((part) => part.latents)
    return {
      json: { run: run.id, files, latents },
      say: latents.map((latent, i) => `${files[i]}: ${latent.map((v) => v.toFixed(4)).join(' ')}`).join('\n'),
    }
  },
}

const Latents = z.array(z.array(z.number()).min(1)).min(1)

async function readLatents(file: string): Promise<number[][]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new StudioError('path-not-found', { file })
  })
  try {
    const value = JSON.parse(text) as unknown
    // What `encode --json` prints can be given back as it is.
    return Latents.parse(Array.isArray(value) ? value : (value as { latents?: unknown } | null)?.latents)
  } catch (thrown) {
    throw new StudioError('file-unreadable', { file, reason: 'it holds no list of latents' }, { cause: thrown })
  }
}

const decode: Command = {
  name: 'decode',
  positional: ['PROJECT'],
  options: { ...RUN, latents: ['text', 'FILE.json', 'a list of latents, as `encode --json` prints it'], ...OUT },
  help: 'draws the pictures of latents',
  async run(given, session) {
    const [file, folder] = [given.needed('latents'), given.needed('out')]
    const run = await subject(given, session)
    const latents = await readLatents(file)
    const names = numbered(latents.length)
    const parts = await inParts(latents, PART, (part) => session.client.explore.decode({ run: run.id, latents: part }))
    const files: string[] = []
    for (const pictures of parts) files.push(...(await writePictures(pictures, folder, names.splice(0, pictures.count))))
    return { json: { run: run.id, files }, say: `${files.length} pictures in ${resolve(folder)}` }
  },
}

/** Names for outputs from the names of inputs: readable, and none twice. */
function outputNames(files: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return files.map((file) => {
    const stem = basename(file, extname(file))
    const times = (seen.get(stem) ?? 0) + 1
    seen.set(stem, times)
    return times > 1 ? `${stem}-${times}` : stem
  })
}

const reconstruct: Command = {
  name: 'reconstruct',
  positional: ['PROJECT', 'PATH…'],
  options: { ...RUN, ...OUT },
  help: 'draws pictures again from their latents, with the error of each',
  async run(given, session) {
    const folder = given.needed('out')
    const run = await subject(given, session)
    const { files, grants } = await granted(given.rest.slice(1), session)
    const parts = await inParts(grants, PART, (part) => session.client.explore.reconstruct({ run: run.id, grants: part }))
    const names = outputNames(files)
    const written: string[] = []
    for (const { pictures } of parts) written.push(...(await writePictures(pictures, folder, names.splice(0, pictures.count))))
    const errors = parts.flatMap((part) => part.errors)
    const items = files.map((file, i) => ({ file, error: errors[i]!, out: written[i]! }))
    const meanError = errors.reduce((sum, error) => sum + error, 0) / errors.length
    return {
      json: { run: run.id, items, files: written, meanError },
      say: [...items.map(({ file, error }) => `${error.toFixed(5)}  ${file}`), `mean squared error ${meanError.toFixed(5)}`].join(
        '\n',
      ),
    }
  },
}

/** A table of one space: a row a score, a column each set. */
function scoreLines({ id, size, made, fitted, real, collapse }: Space): string[] {
  const row = (...cells: string[]) => cells.map((cell, i) => (i === 0 ? cell.padEnd(28) : cell.padStart(12))).join('')
  const scores = Object.keys(made) as (keyof Scores)[]
  return [
    row(`${id} (${size} numbers)`, 'made', ...(fitted ? ['fitted'] : []), 'real', 'collapsed'),
    ...scores.map((name) => {
      const sets = [made, ...(fitted ? [fitted] : []), real, collapse]
      return row(`  ${name}`, ...sets.map((each) => each[name].toPrecision(4)))
    }),
  ]
}

/** Of texts: each score of the made ones beside that of real ones. */
function textLines({ settings, made, real }: TextQuality): string[] {
  const row = (...cells: string[]) => cells.map((cell, i) => (i === 0 ? cell.padEnd(16) : cell.padStart(12))).join('')
  const scores = (name: string, key: keyof TextScores) =>
    Object.entries(made[key]).map(([n, value]) => row(`  ${name}-${n}`, value.toFixed(4), real[key][n]!.toFixed(4)))
  return [
    `${settings.count} texts in each set, against ${settings.references} ${settings.kind} references`,
    row('', 'made', 'real'),
    ...scores('BLEU', 'bleu'),
    ...scores('self-BLEU', 'selfBleu'),
    ...scores('distinct', 'distinct'),
  ]
}

const evaluate: Command = {
  name: 'evaluate',
  positional: ['PROJECT'],
  options: {
    ...RUN,
    count: ['text', 'N', 'pictures or texts in each set that is compared (5000 when absent, or as many as there are)'],
    samples: ['text', 'K', 'also log p(x), estimated with K samples an item (a VAE’s; 200 is usual)'],
    prior: [
      'text',
      'PRIOR',
      'with `fitted` also pictures of a prior fitted to where the training pictures lie, beside `standard`',
    ],
    ...OF_TEXTS,
  },
  help: 'measures a model, each number beside that of real pictures or texts',
  async run(given, session) {
    const count = given.number('count', { least: 20, whole: true })
    const samples = given.number('samples', { least: 1, whole: true })
    const prior = priorOf(given)
    const boldness = boldnessOf(given)
    const run = await subject(given, session)
    const isOfTexts = await ofTexts(run, given, session, { prior, samples })
    const started = await session.client.explore.evaluate({ run: run.id, count, samples, prior, boldness })
    const evaluation = Evaluation.parse(await session.job(started, 'Measuring'))
    const { step, items, metrics, pcaMse, logLikelihood, quality, texts } = evaluation
    const lines = Object.entries(metrics).map(([name, value]) => `${name.padEnd(16)} ${value.toPrecision(6)}`)
    if (pcaMse !== null) lines.push(`${'mse of PCA'.padEnd(16)} ${pcaMse.toPrecision(6)}`)
    if (logLikelihood) {
      const { mean, standardError } = logLikelihood
      lines.push(
        `${'log p(x)'.padEnd(16)} ${mean.toPrecision(6)} ± ${standardError.toPrecision(2)} (${logLikelihood.samples} samples)`,
      )
    }
    if (quality) {
      const { kinds, settings } = quality
      lines.push(`${settings.count} pictures in each set, against ${settings.real} ones`)
      lines.push(...quality.spaces.flatMap(scoreLines))
      for (const [name, own] of [
        ['made', kinds?.made],
        ['fitted', kinds?.fitted],
      ] as const)
        // prettier-ignore
        if (kinds && own) lines.push(`kinds ${name}: ${own.hit} of ${kinds.data.length}, divergence ${own.divergence.toPrecision(3)}`)
    }
    if (texts) lines.push(...textLines(texts))
    const found = isOfTexts ? { texts } : { pcaMse, ...(logLikelihood ? { logLikelihood } : {}), quality }
    return {
      json: { run: run.id, step, items, metrics, ...found },
      say: [`${items} items at step ${step}`, ...lines].join('\n'),
    }
  },
}

const directions: Command = {
  name: 'directions',
  positional: ['PROJECT'],
  options: { ...RUN, tag: ['text', 'TAG', 'only the one of this tag'] },
  help: 'finds directions: principal ones and one a tag',
  async run(given, session) {
    const run = await subject(given, session)
    const tag = given.text('tag')
    await session.job(await session.client.explore.map({ run: run.id }), 'Map')
    const all = await session.client.explore.directions({ run: run.id })
    const chosen = tag === undefined ? all : all.filter((direction) => direction.kind === 'tag' && direction.name === tag)
    if (chosen.length === 0) throw new StudioError('not-found', { what: 'direction', id: tag ?? run.name })
    return {
      json: { run: run.id, directions: chosen },
      say: chosen.map(({ id, kind, accuracy }) => `${id}  ${kind}, ${(accuracy * 100).toFixed(1)} %`).join('\n'),
    }
  },
}

const edit: Command = {
  name: 'edit',
  positional: ['PROJECT', 'PATH'],
  options: {
    ...RUN,
    direction: ['text', 'ID', 'one of `latent directions`'],
    strength: ['text', 'X', 'how far, in standard deviations of the items'],
    out: ['text', 'FILE', 'the PNG to write'],
  },
  help: 'moves a picture along a direction',
  async run(given, session) {
    const [id, out] = [given.needed('direction'), given.needed('out')]
    given.needed('strength')
    const strength = given.number('strength')!
    const run = await subject(given, session)
    const direction = (await session.client.explore.directions({ run: run.id })).find((one) => one.id === id || one.name === id)
    if (!direction) throw new StudioError('not-found', { what: 'direction', id })
    const { latents } = await session.client.explore.encode({ run: run.id, grants: [await session.grant(given.rest[1]!)] })
    const moved = latents[0]!.map((value, i) => value + strength * direction.spread * direction.vector[i]!)
    const pictures = await session.client.explore.decode({ run: run.id, latents: [moved] })
    await makeFolder(dirname(resolve(out)))
    const [file] = await writePictures(pictures, dirname(out), [basename(out, extname(out))])
    return { json: { run: run.id, direction: direction.id, strength, latent: moved, files: [file!] }, say: resolve(file!) }
  },
}

const morph: Command = {
  name: 'morph',
  positional: ['PROJECT'],
  options: {
    ...RUN,
    from: ['text', 'PATH', 'the first picture'],
    to: ['text', 'PATH', 'the last picture'],
    steps: ['text', 'N', 'how many pictures, the two ends among them (16 when absent)'],
    straight: ['flag', '', 'on a straight line instead of on the sphere'],
    out: ['text', 'DIR|FILE', 'a folder of PNGs, or one .gif or .png (a strip)'],
  },
  help: 'turns one picture into another',
  async run(given, session) {
    const [from, to, out] = [given.needed('from'), given.needed('to'), given.needed('out')]
    const steps = given.number('steps', { least: 2, whole: true }) ?? 16
    const run = await subject(given, session)
    const grants = [await session.grant(from), await session.grant(to)]
    const { latents } = await session.client.explore.encode({ run: run.id, grants })
    const spherical = !given.flag('straight')
    const { pictures } = await session.client.explore.morph({ run: run.id, from: latents[0]!, to: latents[1]!, steps, spherical })
    const files = await writeMorph(pictures, out)
    return { json: { run: run.id, steps, files }, say: `${steps} pictures in ${resolve(out)}` }
  },
}

async function writeMorph(pictures: Pictures, out: string): Promise<string[]> {
  const ending = extname(out).toLowerCase()
  if (ending === '') return writePictures(pictures, out, numbered(pictures.count))
  if (ending !== '.gif' && ending !== '.png') throw usage(`--out must be a folder, a .gif or a .png, not “${out}”.`)
  await makeFolder(dirname(resolve(out)))
  await (ending === '.gif' ? writeGif : writeStrip)(pictures, out)
  return [out]
}

export const models: readonly Command[] = [generate, encode, decode, reconstruct, evaluate, directions, edit, morph]
