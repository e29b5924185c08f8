/** Files of text as items: lines, paragraphs or whole files of plain text, one column of tables. */
import { extname } from 'node:path'
import { asStudioError, StudioError } from '../../../contract/errors'
import type { Split } from '../../../contract/nouns'
import type { TextImport, TextRead, TextSplit } from '../../../contract/texts'
import { limits, sizeText } from '../limits'
import { detectEncoding } from './encoding'
import type { Encoding } from './encoding'
import { cleanTag } from './entry'
import type { Entry } from './entry'
import type { Refuse } from './folder'
import { linesOf } from './lines'
import { Naming, openTable } from './table'
import type { Table } from './table'

/** A text that becomes an item. */
export interface TextOffer {
  name: string
  tags: string[]
  split: Split | null
  content: { text: string }
}

/** What is known of a file before it is read: words for all of its texts. */
export interface TextFile {
  entry: Entry
  tags: string[]
  split: Split | null
}

export const isTable = (path: string): boolean => /^\.(csv|tsv|jsonl|ndjson)$/i.test(extname(path))

/** Lines by which a plain text is judged. */
const JUDGED = 500
/** So many small files are one text each. */
const MANY = 8
const SMALL = 32 * 1024

/** Columns that hold the text, the tags and the part of a published split, by their usual names. */
const TEXT =
  /^(text|texts|sentence|line|content|body|review|poem|caption|description|name|文本|文字|句子|内容|正文|诗|诗句|描述|名字|姓名)$/i
const TAG = /^(label|labels|class|category|tag|tags|标签|类别|分类)$/i
const SPLIT = /^(split|subset|fold|划分)$/i

/**
 * All texts of the files, in order. What cannot be used goes to `refuse`, by file and line; how each file was read goes to `told`.
 * `wanted` is what a person said; a table without the column they named is refused.
 */
export async function* textsOf(
  files: TextFile[],
  wanted: TextImport,
  refuse: Refuse,
  told: (read: TextRead) => void,
): AsyncGenerator<TextOffer> {
  const split = wanted.split ?? (await fileEach(files))
  for (const file of files) {
    const { entry } = file
    try {
      if (isTable(entry.path)) yield* rowsOf(file, wanted, refuse, told)
      else yield* plainTexts(file, { ...wanted, split }, refuse, told)
    } catch (thrown) {
      refuse(entry.shown, asStudioError(thrown))
    }
  }
}

/** Many small files are one text each: a folder of letters, of reviews, of songs. */
async function fileEach(files: TextFile[]): Promise<TextSplit | undefined> {
  const plain = files.filter(({ entry }) => !isTable(entry.path))
  if (plain.length < MANY) return undefined
  const sizes = await Promise.all(plain.map(({ entry }) => entry.size().catch(() => 0)))
  return sizes.toSorted((a, b) => a - b)[sizes.length >> 1]! <= SMALL ? 'file' : undefined
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1)

function offer({ entry, tags, split }: TextFile, line: number | null, text: string): TextOffer {
  return { name: line === null ? entry.path : `${baseName(entry.path)}:${line}`, tags, split, content: { text } }
}

async function* plainTexts(
  file: TextFile,
  wanted: TextImport,
  refuse: Refuse,
  told: (read: TextRead) => void,
): AsyncGenerator<TextOffer> {
  const { entry } = file
  const encoding = await detectEncoding(entry, wanted.encoding)
  const split = wanted.split ?? (await usualSplit(entry, encoding))
  told({ file: entry.shown, encoding: encoding.name, guessed: encoding.guessed, split, column: null, columns: [] })
  const naming = new Naming(entry, refuse)
  let held: string[] = []
  let [from, length] = [1, 0]

  /** What is held, as one text; null where it is only space. */
  function take(): TextOffer | null {
    const text = held.join('\n').trim()
    held = []
    const long = length > limits.textItem
    length = 0
    if (text === '') return null
    if (!long) return offer(file, split === 'file' ? null : from, text)
    naming.line(from, (name) => new StudioError('text-too-long', { file: name, limit: sizeText(limits.textItem) }))
    return null
  }

  for await (const lines of linesOf(entry, encoding))
    for (const { number, text, error } of lines) {
      if (text === null) naming.line(number, () => error!)
      const ends = split === 'line' || (split === 'paragraph' && (text ?? '').trim() === '')
      if (held.length === 0) from = number
      // Beyond the limit only the length is still counted.
      if (text !== null && length <= limits.textItem) held.push(text)
      length += (text ?? '').length + 1
      const one = ends ? take() : null
      if (one) yield one
    }
  const last = take()
  if (last) yield last
  naming.end()
}

/** Paragraphs where empty lines divide the text again and again, else lines. */
async function usualSplit(entry: Entry, encoding: Encoding): Promise<TextSplit> {
  let [seen, empty] = [0, 0]
  for await (const lines of linesOf(entry, encoding)) {
    for (const { text } of lines.slice(0, JUDGED - seen)) {
      seen++
      if (text?.trim() === '') empty++
    }
    if (seen >= JUDGED) break
  }
  return empty * 10 >= seen && empty > 1 ? 'paragraph' : 'line'
}

async function* rowsOf(
  file: TextFile,
  { column, encoding }: TextImport,
  refuse: Refuse,
  told: (read: TextRead) => void,
): AsyncGenerator<TextOffer> {
  const { entry } = file
  const table = await openTable(entry, refuse, encoding === undefined ? {} : { encoding })
  const { columns } = table
  const at = column === undefined ? textColumn(table) : columns.indexOf(column)
  if (at < 0)
    throw new StudioError('column-none', {
      file: entry.shown,
      column: column ?? '',
      columns: columns.map((one) => `“${one}”`).join(', '),
    })
  const { name, guessed } = table.encoding
  told({ file: entry.shown, encoding: name, guessed, split: 'row', column: columns[at]!, columns })
  const tagged = columns.flatMap((one, place) => (TAG.test(one) && place !== at ? [place] : []))
  const parted = columns.findIndex((one, place) => SPLIT.test(one) && place !== at)
  for await (const rows of table.rows())
    for (const { line, cells } of rows) {
      const text = cells[at]!.trim()
      if (text === '') continue
      const tags = tagged.flatMap((place) => tagsIn(cells[place]!, columns[place]!))
      const part = /^(train|test)/i.exec(cells[parted] ?? '')?.[1]?.toLowerCase() as Split | undefined
      yield {
        ...offer(file, line, text),
        tags: [...new Set([...file.tags, ...tags])].slice(0, limits.tagsOnItem),
        split: part ?? file.split,
      }
    }
}

/** A list of tags may stand in one cell; a label is one word, or several. */
function tagsIn(cell: string, column: string): string[] {
  const words = /s$|标签/i.test(column) ? cell.split(/[,;|，；、]/) : [cell]
  return words.map(cleanTag).filter((tag) => tag !== null)
}

/** The column by its name, or the one whose cells are longest. */
function textColumn({ columns, sample }: Table): number {
  const named = columns.findIndex((name) => TEXT.test(name))
  if (named >= 0) return named
  const lengths = columns.map((_, at) => sample.reduce((sum, cells) => sum + cells[at]!.length, 0))
  return lengths.indexOf(Math.max(...lengths))
}
