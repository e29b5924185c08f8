/**
 * Tables of foreign texts, row by row: CSV and TSV (RFC 4180; the delimiter is found out) and JSON lines. Bad rows are named and left
 * out. One reader for texts, captions and lists.
 */
import { extname } from 'node:path'
import { StudioError } from '../../../contract/errors'
import { limits } from '../limits'
import { detectEncoding } from './encoding'
import type { Encoding } from './encoding'
import { cleanName } from './entry'
import type { Entry } from './entry'
import type { Refuse } from './folder'
import { lineName, linesOf } from './lines'

export interface Row {
  /** Of its first line, from 1. */
  line: number
  /** In the order of the table's columns; empty where the row has none. */
  cells: string[]
}

export interface Table {
  encoding: Encoding
  /** `,`, `;`, tab or `|`; null for JSON lines. */
  delimiter: string | null
  /** Names in the order of the cells; `1`, `2` … where the first row names none. */
  columns: string[]
  /** Cells of the first rows, without the header. */
  sample: string[][]
  /** Some rows at a time, from the beginning whenever asked. */
  rows(): AsyncGenerator<Row[]>
}

export interface TableOptions {
  /** A label of the Encoding Standard; found out when absent. */
  encoding?: string
  /** Whether the first row names the columns; found out when absent. */
  header?: boolean
}

/** Rows that delimiter, header and JSON's keys are judged by. */
const SAMPLE = 200
const DELIMITERS = [',', '\t', ';', '|'] as const
/** Words that name a column when nothing else tells: alone in their row, they could be text as well. */
const NAMES =
  /^(text|texts|sentence|line|content|body|title|caption|description|review|poem|name|names|word|words|label|class|category|tag|tags|id|file|filename|path|image|文本|文字|句子|内容|正文|标题|描述|说明|诗|诗句|姓名|名字|词|标签|类别|分类|编号|文件|文件名|图片)$/i

/** By its name: `.jsonl` and `.ndjson` are JSON lines, all else is delimited. */
const isJsonLines = (path: string): boolean => /^\.(jsonl|ndjson)$/i.test(extname(path))

/**
 * Opens a table. Throws what `detectEncoding` throws, and `file-empty` when it has no row. Rows that cannot be used go to `refuse`,
 * each by its line, while `rows` is read; empty lines are no rows.
 */
export async function openTable(entry: Entry, refuse: Refuse, { encoding: told, header }: TableOptions = {}): Promise<Table> {
  const encoding = await detectEncoding(entry, told)
  if (isJsonLines(entry.path)) {
    const values = (await first(jsonValues(entry, encoding))).map(({ value }) => value)
    const columns = [...new Set(values.flatMap((value) => Object.keys(value)))]
    if (columns.length === 0) throw new StudioError('row-not-json', { file: entry.shown })
    const sample = values.map((value) => columns.map((column) => cellOf(value[column])))
    return {
      encoding,
      delimiter: null,
      columns,
      sample,
      rows: () => jsonRows(entry, encoding, columns, new Naming(entry, refuse)),
    }
  }
  const delimiter = extname(entry.path).toLowerCase() === '.tsv' ? '\t' : await findDelimiter(entry, encoding)
  const sample = (await first(delimitedRows(entry, encoding, delimiter))).map(({ cells }) => cells)
  if (sample.length === 0) throw new StudioError('file-empty', { file: entry.shown })
  const named = header ?? namesColumns(sample)
  const width = named ? sample[0]!.length : usual(sample.map((cells) => cells.length)).value
  const columns = columnNames(named ? sample[0]! : Array.from({ length: width }, () => ''))
  return {
    encoding,
    delimiter,
    columns,
    sample: sample.slice(named ? 1 : 0).filter((cells) => cells.length === width),
    async *rows() {
      const naming = new Naming(entry, refuse)
      let skip = named
      for await (const rows of delimitedRows(entry, encoding, delimiter, naming)) {
        const even: Row[] = []
        for (const row of skip ? rows.slice(1) : rows) {
          const { line, cells } = row
          if (cells.length === width) even.push(row)
          else naming.line(line, (file) => new StudioError('row-uneven', { file, cells: cells.length, columns: width }))
        }
        if (rows.length > 0) skip = false
        yield even
      }
      naming.end()
    },
  }
}

async function first<T>(batches: AsyncGenerator<T[]>): Promise<T[]> {
  const found: T[] = []
  for await (const some of batches) if (found.push(...some.slice(0, SAMPLE)) >= SAMPLE) break
  return found.slice(0, SAMPLE)
}

/** Refuses lines by name, and those beyond `limits.linesNamed` by their count. */
export class Naming {
  private named = 0
  private more = 0
  constructor(
    private readonly entry: Entry,
    private readonly refuse: Refuse,
  ) {}

  line(number: number, error: (file: string) => StudioError): void {
    const file = lineName(this.entry, number)
    if (this.named++ < limits.linesNamed) this.refuse(file, error(file))
    else this.more++
  }

  /** After the last line. */
  end(): void {
    const { shown: file } = this.entry
    if (this.more > 0) this.refuse(file, new StudioError('rows-more', { file, count: this.more }))
  }
}

/** Reads the cells of one row, which may have several lines. */
class RowParser {
  private cells: string[] = []
  private cell: string | null = null
  constructor(private readonly delimiter: string) {}

  /** The row's cells; `open` when a quoted cell goes on in the next line; `bad` when its quotes make no sense. Begins anew but for `open`. */
  feed(text: string): string[] | 'open' | 'bad' {
    let at = 0
    while (true) {
      if (this.cell !== null || text[at] === '"') {
        // A quoted cell, or the rest of one.
        if (this.cell === null) at++
        const end = this.quoted(text, at)
        if (end === null) return 'open'
        at = end
        if (at >= text.length) return this.done()
        if (text[at] !== this.delimiter) return this.done() && 'bad'
      } else {
        const end = text.indexOf(this.delimiter, at)
        this.cells.push(end < 0 ? text.slice(at) : text.slice(at, end))
        if (end < 0) return this.done()
        at = end
      }
      at++
    }
  }

  /** The place after the closing quote; null when it is not in this line. */
  private quoted(text: string, from: number): number | null {
    this.cell = this.cell === null ? '' : `${this.cell}\n`
    for (let at = from; ;) {
      const quote = text.indexOf('"', at)
      this.cell += quote < 0 ? text.slice(at) : text.slice(at, quote)
      if (quote < 0) return null
      if (text[quote + 1] !== '"') {
        this.cells.push(this.cell)
        this.cell = null
        return quote + 1
      }
      this.cell += '"'
      at = quote + 2
    }
  }

  done(): string[] {
    const cells = this.cells
    this.cells = []
    this.cell = null
    return cells
  }
}

/** Rows of any width. */
async function* delimitedRows(entry: Entry, encoding: Encoding, delimiter: string, naming?: Naming): AsyncGenerator<Row[]> {
  const parser = new RowParser(delimiter)
  /** Lines of a row whose quoted cell is still open. */
  let open: { number: number; text: string }[] = []
  let length = 0
  let rows: Row[] = []

  function take(number: number, text: string): void {
    if (open.length === 0 && text.trim() === '') return
    open.push({ number, text })
    length += text.length
    let cells = parser.feed(text)
    if (delimiter === '\t' && typeof cells === 'string') {
      // Programs that write tabs rarely quote: a mark there is one that somebody typed.
      parser.done()
      cells = text.split('\t')
    }
    if (cells === 'bad' || (cells === 'open' && length > limits.row)) return giveUp()
    if (cells === 'open') return
    rows.push({ line: open[0]!.number, cells })
    open = []
    length = 0
  }

  /** Refuses the first line of an open row and reads its other lines anew. */
  function giveUp(): void {
    const [bad, ...others] = open
    open = []
    length = 0
    parser.done()
    if (bad) naming?.line(bad.number, (file) => new StudioError('row-quotes', { file }))
    for (const { number, text } of others) take(number, text)
  }

  for await (const lines of linesOf(entry, encoding)) {
    for (const { number, text, error } of lines) {
      if (text !== null) take(number, text)
      else {
        while (open.length > 0) giveUp()
        naming?.line(number, () => error!)
      }
    }
    yield rows
    rows = []
  }
  while (open.length > 0) giveUp()
  yield rows
}

/** The most frequent value, and its share. */
function usual(values: number[]): { value: number; share: number } {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const [value, count] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0])
  return { value, share: count / Math.max(1, values.length) }
}

/** The one that cuts most rows, and the first of them, into the same number of cells; a tab, which cuts nothing, where none does. */
async function findDelimiter(entry: Entry, encoding: Encoding): Promise<string> {
  let best: { delimiter: string; share: number; value: number } | undefined
  let commas = 1
  for (const delimiter of DELIMITERS) {
    const widths = (await first(delimitedRows(entry, encoding, delimiter))).map(({ cells }) => cells.length)
    const { value, share } = usual(widths)
    if (delimiter === ',') commas = value === 1 ? share : 0
    if (value < 2 || share < 0.6 || widths[0] !== value) continue
    if (!best || share > best.share || (share === best.share && value > best.value)) best = { delimiter, share, value }
  }
  return best?.delimiter ?? (commas >= 0.8 ? ',' : '\t')
}

/** Whether the first row names the columns: short words, each for itself, that are no values of their own columns. */
function namesColumns([head, ...others]: string[][]): boolean {
  if (!head || others.length === 0) return false
  const words = head.map((cell) => cell.trim())
  const short = words.every(
    (word) => word !== '' && word.length <= 64 && Number.isNaN(Number(word)) && !/[.!?。！？…]$/.test(word),
  )
  if (!short || new Set(words).size < words.length) return false
  if (words.some((word) => NAMES.test(word))) return true
  return words.length > 1 && words.every((word, at) => others.every((cells) => cells[at]?.trim() !== word))
}

/** Each name once, and a number where there is none. */
function columnNames(cells: string[]): string[] {
  const names: string[] = []
  cells.forEach((cell, at) => {
    const name = cleanName(cell).trim() || String(at + 1)
    names.push(names.includes(name) ? `${name} (${at + 1})` : name)
  })
  return names
}

interface JsonLine {
  line: number
  value: Record<string, unknown>
}

/** A line that is a text, a number or a list by itself counts as an object of this one column. */
const BARE = 'text'

async function* jsonValues(entry: Entry, encoding: Encoding, naming?: Naming): AsyncGenerator<JsonLine[]> {
  for await (const lines of linesOf(entry, encoding)) {
    const values: JsonLine[] = []
    for (const { number, text, error } of lines) {
      if (text === null) naming?.line(number, () => error!)
      else if (text.trim() !== '') {
        const value = parseJson(text)
        if (value === undefined) naming?.line(number, (file) => new StudioError('row-not-json', { file }))
        else values.push({ line: number, value })
      }
    }
    yield values
  }
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (value === null) return undefined
    return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : { [BARE]: value }
  } catch {
    return undefined
  }
}

async function* jsonRows(entry: Entry, encoding: Encoding, columns: string[], naming: Naming): AsyncGenerator<Row[]> {
  for await (const values of jsonValues(entry, encoding, naming))
    yield values.map(({ line, value }) => ({ line, cells: columns.map((column) => cellOf(value[column])) }))
  naming.end()
}

/** A list is its members with spaces between: a sequence of symbols as others write it. */
function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
