/** `sample`, `import`, `datasets`: data into a project. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { ImportResult, type ListColumn } from '../../../../contract/datasets'
import { StudioError } from '../../../../contract/errors'
import { Kind } from '../../../../contract/nouns'
import { TextSplit } from '../../../../contract/texts'
import { samples, writeSample, type SampleName } from '../../../datasets/samples'
import { LANGUAGES } from '../../../datasets/samples/sentences'
import { usage, type Command } from '../command'
import { makeFolder } from '../pictures'

const sample: Command = {
  name: 'sample',
  positional: ['NAME', 'DIR'],
  options: {
    count: ['text', 'N', 'how many (2000 when absent)'],
    seed: ['text', 'S', 'the same seed draws the same (1 when absent)'],
    captions: ['text', 'LANG', `also a captions.csv with a sentence a picture: ${LANGUAGES.join(' or ')}`],
  },
  help: `writes a built-in sample data set: ${Object.keys(samples).join(', ')}`,
  async run(given, session) {
    const [name, folder] = given.rest as [string, string]
    const known = Object.keys(samples) as SampleName[]
    const found = known.find((one) => one === name)
    if (!found) throw usage(`There is no sample “${name}”: ${known.join(', ')}.`)
    const count = given.number('count', { least: 1, whole: true }) ?? 2000
    const seed = given.number('seed', { least: 0, whole: true }) ?? 1
    const captions = z.enum(LANGUAGES).optional().safeParse(given.text('captions'))
    if (!captions.success) throw usage(`--captions must be ${LANGUAGES.join(' or ')}.`)
    session.progress.note(`Drawing ${count} pictures …`)
    await makeFolder(resolve(folder))
    const items = await writeSample(found, resolve(folder), { count, seed }, captions.data)
    return { json: { sample: found, folder: resolve(folder), items, seed }, say: `${items} pictures in ${resolve(folder)}` }
  },
}

const TAKEN = {
  picture: 'names the picture',
  caption: 'describes it',
  tags: 'tells its tags',
  nothing: 'was left out',
} satisfies Record<ListColumn['as'], string>

const importCommand: Command = {
  name: 'import',
  positional: ['PROJECT', 'PATH…'],
  options: {
    dataset: ['text', 'NAME', 'into this data set, made when missing (named after the path when absent)'],
    kind: ['text', 'KIND', `${Kind.options.join(', ')} (found out when absent)`],
    split: ['text', 'BY', `of plain text an item is a ${TextSplit.options.join(', ')} (found out when absent)`],
    column: ['text', 'NAME', 'the column of a table that holds the text (found out when absent)'],
    encoding: ['text', 'E', 'of texts: utf-8, gb18030, windows-1252 … (found out when absent)'],
    caption: [
      'text',
      'COLUMN',
      'of a list beside the pictures (CSV or TSV): what describes them, or `none` (a column of sentences when absent)',
    ],
  },
  help: 'adds pictures, texts, tables, folders, zips or IDX files to a project',
  async run(given, session) {
    const kind = Kind.optional().safeParse(given.text('kind'))
    if (!kind.success) throw usage(`--kind must be one of ${Kind.options.join(', ')}.`)
    const split = TextSplit.optional().safeParse(given.text('split'))
    if (!split.success) throw usage(`--split must be one of ${TextSplit.options.join(', ')}.`)
    const texts = { split: split.data, column: given.text('column'), encoding: given.text('encoding') }
    const [project, ...paths] = given.rest
    // Before a project is made for nothing: every path must be there.
    const missing = paths.find((path) => !existsSync(path))
    if (missing !== undefined) throw new StudioError('path-not-found', { file: missing })
    await session.project(project!)
    const grants = await Promise.all(paths.map((path) => session.grant(path)))
    const wanted = given.text('dataset')
    const existing = (await session.client.datasets.list()).find(({ id, name }) => id === wanted || name === wanted)
    const into = existing ? { dataset: existing.id } : { name: wanted }
    const column = given.text('caption')
    const caption = column === 'none' ? null : column
    const started = await session.client.datasets.import({ grants, kind: kind.data, texts, caption, ...into })
    const result = ImportResult.parse(await session.job(started, 'Importing'))
    const { name } = await session.client.datasets.get({ dataset: result.dataset })
    const lines = [
      `${name}: ${result.added} added, ${result.items} in all, ${result.duplicates} known already, ${result.ignored} other files`,
    ]
    for (const { file, encoding, guessed, column } of result.read)
      if (guessed || column !== null)
        lines.push(`${file}: ${guessed ? 'probably ' : ''}${encoding}${column === null ? '' : `, column “${column}”`}`)
    for (const { file, encoding, guessed, columns, captions } of result.lists) {
      const taken = columns.map(({ name, as }) => `“${name}” ${TAKEN[as]}`).join(', ')
      lines.push(`${file}: ${taken}; ${captions} pictures described${guessed ? `; read as ${encoding}, which is a guess` : ''}`)
    }
    if (result.quarantined.length > 0) lines.push(`${result.quarantined.length} could not be used:`)
    return { json: { ...result, name }, say: [...lines, ...result.quarantined.map(({ reason }) => `  ${reason}`)].join('\n') }
  },
}

const list: Command = {
  name: 'datasets',
  positional: ['PROJECT'],
  options: {},
  help: 'lists the data sets of a project',
  async run({ rest }, session) {
    await session.project(rest[0]!)
    const datasets = await session.client.datasets.list()
    const say = datasets.map(({ id, name, kind, items, classes, quarantined }) => {
      return `${id}  ${name}: ${items} ${kind}, ${classes} tags, ${quarantined} set aside`
    })
    return { json: { datasets }, say: say.join('\n') || 'No data sets yet.' }
  },
}

export const data: readonly Command[] = [sample, importCommand, list]
