/**
 * A table that tells of pictures: one column names them, another may describe them in a sentence, others are tags. Which column is
 * what is judged by its heading and by what stands in it.
 */
import type { ListReport } from '../../../contract/datasets'
import { StudioError } from '../../../contract/errors'
import { wordsOf } from '../../../contract/words'
import { limits, sizeText } from '../limits'
import { cleanCaption, cleanTag, sortOf } from './entry'
import type { Entry } from './entry'
import type { Refuse } from './folder'
import { Naming, openTable } from './table'
import type { Row } from './table'

/** What is said of a picture. */
export interface Said {
  caption: string | null
  tags: string[]
}

interface About {
  /** The picture that a field names. */
  find(name: string): Entry | null
  /** The column with the captions; null: there is none; undefined: the one that looks like it. */
  wanted: string | null | undefined
  refuse: Refuse
}

/**
 * Null for a table that names no picture, or says nothing of those that it names. Lines that make no sense are refused and left out.
 * Throws `file-too-large` and what `openTable` throws.
 */
export async function readPictureList(
  entry: Entry,
  { find, wanted, refuse }: About,
): Promise<{ report: ListReport; said: Map<Entry, Said> } | null> {
  const { shown: file } = entry
  if ((await entry.size()) > limits.tagList) throw new StudioError('file-too-large', { file, limit: sizeText(limits.tagList) })
  // Refused only where it is a list of pictures: other tables are nobody's business.
  const bad: Parameters<Refuse>[] = []
  const table = await openTable(entry, (...one) => void bad.push(one), { header: false })
  const rows: Row[] = []
  for await (const some of table.rows()) rows.push(...some)
  const headed = table.delimiter !== null && !rows[0]?.cells.some((cell) => sortOf(cell) === 'picture')
  const names = headed ? rows.shift()!.cells : table.columns
  const columns = names.map((name, i): Column => {
    return { name: name.trim(), values: rows.map(({ cells }) => cells[i]!.trim()).filter(Boolean) }
  })
  const roles = rolesOf(columns, find, wanted)
  if (!roles) return null

  const said = new Map<Entry, Said>()
  const naming = new Naming(entry, (...one) => void bad.push(one))
  for (const { line, cells } of rows) {
    const name = cells[roles.picture]!
    const picture = find(name)
    if (picture) said.set(picture, saidIn(cells, roles, said.get(picture)))
    else naming.line(line, (file) => new StudioError('list-picture', { file, name }))
  }
  naming.end()
  for (const one of bad) refuse(...one)
  const as = (i: number): ListReport['columns'][number]['as'] =>
    i === roles.picture ? 'picture' : i === roles.caption ? 'caption' : roles.tags[i] ? 'tags' : 'nothing'
  const captions = [...said.values()].filter(({ caption }) => caption !== null).length
  const { name: encoding, guessed } = table.encoding
  return { report: { file, encoding, guessed, columns: columns.map(({ name }, i) => ({ name, as: as(i) })), captions }, said }
}

/** Which columns are what, by their places. */
interface Roles {
  picture: number
  /** −1 where there is none. */
  caption: number
  /** How a column's values are read as tags, of those that are. */
  tags: (ReturnType<typeof tagsIn> | undefined)[]
}

function rolesOf(columns: Column[], find: About['find'], wanted: About['wanted']): Roles | null {
  const named = columns.map(({ values }) => values.filter((value) => find(value) !== null).length)
  const picture = named.reduce((best, count, i) => (count > named[best]! ? i : best), 0)
  if (!named[picture]) return null
  const caption = captionAmong(
    columns.filter((_, i) => i !== picture),
    wanted,
  )
  const tags = columns.map((column, i) => (i === picture || column === caption ? undefined : tagsIn(column)))
  if (!caption && !tags.some(Boolean)) return null
  return { picture, caption: caption ? columns.indexOf(caption) : -1, tags }
}

/** What a row says of its picture, behind what rows before it said: some lists have several lines, each with another description. */
function saidIn(cells: string[], { caption, tags }: Roles, before: Said | undefined): Said {
  const words = cells.flatMap((cell, i) => tags[i]?.(cell.trim()) ?? []).map(cleanTag)
  return {
    caption: cleanCaption([before?.caption, cells[caption]].filter(Boolean).join(' ')),
    tags: [...new Set([...(before?.tags ?? []), ...words])].filter((tag) => tag !== null).slice(0, limits.tagsOnItem),
  }
}

interface Column {
  name: string
  /** What stands in it, where something does. */
  values: string[]
}

const NAMED_CAPTION = /caption|descri|sentence|prompt|(^|[_ ])text$|描述|说明|文字|文本|图说/i
const NAMED_TAGS = /^(tags?|labels?|class(es)?|categor(y|ies)|kinds?|types?|attributes?|keywords?|标签|类别|分类|种类|关键词)$/i
/** Words in a value, on average. A Chinese word has about two characters. */
const SENTENCE = 3
const length = (value: string): number => wordsOf(value).reduce((sum, word) => sum + (/\p{Script=Han}/u.test(word) ? 0.5 : 1), 0)
const meanLength = ({ values }: Column): number => values.reduce((sum, value) => sum + length(value), 0) / values.length

function captionAmong(columns: Column[], wanted: string | null | undefined): Column | undefined {
  if (wanted === null) return undefined
  if (wanted !== undefined) return columns.find(({ name }) => name === wanted)
  const lengths = new Map(columns.filter(({ values }) => values.length > 0).map((column) => [column, meanLength(column)]))
  const longest = [...lengths.keys()].toSorted((a, b) => lengths.get(b)! - lengths.get(a)!)
  return (
    longest.find((column) => NAMED_CAPTION.test(column.name) && lengths.get(column)! >= SENTENCE / 2) ??
    longest.find((column) => lengths.get(column)! >= SENTENCE && !NAMED_TAGS.test(column.name) && isVaried(column))
  )
}

/** Whether sentences are not always the same few. */
function isVaried({ values }: Column): boolean {
  return new Set(values).size >= Math.min(100, values.length / 5)
}

const YES = /^(1|true|yes|y|是)$/i
const NO = /^(0|-1|false|no|n|否)$/i
const MOST_KINDS = 512

/** How a value of the column is read as tags; undefined where it is none. */
function tagsIn(column: Column): ((value: string) => string[]) | undefined {
  const { name, values } = column
  if (values.length === 0) return undefined
  if (values.every((value) => YES.test(value) || NO.test(value))) return (value) => (YES.test(value) ? [name] : [])
  const called = NAMED_TAGS.test(name)
  const pieces = (value: string) =>
    value
      .split(called ? /[,;|，；、]/ : /[;|；]/)
      .map((piece) => piece.trim())
      .filter(Boolean)
  const all = values.flatMap(pieces)
  const kinds = new Set(all)
  const few = kinds.size <= MOST_KINDS && kinds.size <= all.length / 2 && all.some((piece) => Number.isNaN(Number(piece)))
  if (!called && !few) return undefined
  // `black` alone does not tell what is black; `hair-black` does, and that it is one of several.
  return (value) => pieces(value).map((piece) => (called ? piece : `${name}-${piece}`))
}
