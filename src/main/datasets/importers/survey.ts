/** What an import will bring, found before anything is decoded: every picture, text, archive and IDX file, with its words and split. */
import type { ListReport } from '../../../contract/datasets'
import { StudioError, asStudioError } from '../../../contract/errors'
import type { Kind, Split } from '../../../contract/nouns'
import type { TextImport, TextRead } from '../../../contract/texts'
import type { PlainPicture } from '../png'
import { sniff } from '../picture'
import { cleanTag, sortOf } from './entry'
import type { Entry, Sort } from './entry'
import { listPath } from './folder'
import type { Refuse } from './folder'
import { bareName, labelsName, peekIdx, readLabels, readPictures, splitOfName } from './idx'
import { readPictureList } from './picture-list'
import type { Said } from './picture-list'
import { readTagList } from './tag-list'
import { isTable, textsOf } from './texts'
import type { TextOffer } from './texts'
import { listZip } from './zip'

/** Something that becomes an item: a file to look into, or pixels or a text that need no decoder. */
export interface Offer {
  name: string
  tags: string[]
  /** What it shows, in words. */
  caption?: string | null
  split: Split | null
  content: Entry | PlainPicture | TextOffer['content']
}

export interface Survey {
  kind: Kind
  /** How many offers there will be, unless an IDX file turns out to be damaged; of texts an estimate that grows better. */
  readonly total: number
  /** Files that are no media: a readme, a list. */
  ignored: number
  /** How files of texts were read; grows with the offers. */
  read: TextRead[]
  /** What the columns of lists were taken for. */
  lists?: ListReport[]
  offers(): AsyncGenerator<Offer>
  close(): void
}

export interface Wanted {
  /** Found out when absent: texts where there are no pictures. */
  kind?: Kind
  texts?: TextImport
  /** The column of a list that describes the pictures; null for none, and absent for the one that looks like it. */
  caption?: string | null
}

/** Looks through the chosen paths in the order given. Throws `path-not-found`, `column-none`; all else that is wrong goes to `refuse`. */
export async function survey(paths: string[], refuse: Refuse, wanted: Wanted = {}): Promise<Survey> {
  const found = new Findings(refuse, wanted.caption)
  try {
    const listed = []
    for (const path of paths) listed.push(await listPath(path, paths.length > 1, refuse))
    // A file that was chosen by itself is never passed over in silence.
    for (const { entries, isFile } of listed) await found.sortOut(entries, isFile && paths.length === 1, 0)
    return found.kind(wanted.kind) === 'texts' ? found.texts(wanted.texts ?? {}) : await found.survey()
  } catch (thrown) {
    found.close()
    throw thrown
  }
}

class Findings {
  private ignored = 0
  private readonly pictures: Entry[] = []
  private readonly idx: Entry[] = []
  private readonly plain: Entry[] = []
  private alone: Entry | undefined
  private readonly lists = new Map<string, string[]>()
  private readonly open: (() => void)[] = []
  constructor(
    private readonly refuse: Refuse,
    private readonly caption: string | null | undefined,
  ) {}

  /** `depth`: archives around these entries. */
  async sortOut(entries: Entry[], chosen: boolean, depth: number): Promise<void> {
    for (const entry of entries) {
      const sort = await this.decide(entry)
      if (chosen) this.alone = entry
      if (sort === 'picture') this.pictures.push(entry)
      else if (sort === 'text') this.plain.push(entry)
      else if (sort === 'idx') this.idx.push(entry)
      else if (sort === 'zip') await this.openZip(entry, depth)
      else if (sort === 'svg') this.refuse(entry.shown, new StudioError('file-svg', { file: entry.shown }))
      else if (chosen) this.refuse(entry.shown, new StudioError('file-not-picture', { file: entry.shown }))
      else this.ignored++
      if (sort === 'tags') await this.readTags(entry)
    }
  }

  private async decide(entry: Entry): Promise<Sort> {
    const sort = sortOf(entry.path)
    if (sort !== 'unknown') return sort
    try {
      for await (const piece of (await entry.stream()) as AsyncIterable<Buffer>) {
        if (sniff(piece)) return 'picture'
        return piece[0] === 0 && piece[1] === 0 && piece[2] === 8 && (piece[3] === 1 || piece[3] === 3) ? 'idx' : 'other'
      }
    } catch (thrown) {
      this.refuse(entry.shown, asStudioError(thrown))
    }
    return 'other'
  }

  private async openZip(entry: Entry, depth: number): Promise<void> {
    const { shown, place, folders } = entry
    try {
      // An archive in an archive in an archive is how the classic bombs are made.
      if (depth > 1) throw new StudioError('zip-bomb', { file: shown })
      const content = entry.open ? entry.open() : await entry.bytes()
      const zip = await listZip({ shown, place, folders, content }, this.refuse)
      this.open.push(zip.close)
      await this.sortOut(zip.entries, false, depth + 1)
    } catch (thrown) {
      this.refuse(shown, asStudioError(thrown))
    }
  }

  private async readTags(entry: Entry): Promise<void> {
    const folder = entry.place.slice(0, entry.place.lastIndexOf('/') + 1)
    // A list that cannot be read costs its words, not the pictures.
    const list = await entry.bytes().then(readTagList, () => new Map<string, string[]>())
    for (const [file, tags] of list) this.lists.set(folder + file, tags)
  }

  kind(wanted: Kind | undefined): Kind {
    const texts = this.plain.length > 0 && this.pictures.length === 0 && this.idx.length === 0
    return wanted ?? (texts ? 'texts' : 'images')
  }

  texts(wanted: TextImport): Survey {
    const { refuse, alone } = this
    const named = this.plain.filter(({ path }) => !ABOUT.test(path))
    const entries = named.length > 0 ? named : this.plain
    const stranger = alone && !entries.includes(alone)
    if (stranger) refuse(alone.shown, new StudioError('file-not-text', { file: alone.shown }))
    const splitOf = publishedSplit(entries, true)
    const files = entries.map((entry) => {
      const { split, levels } = splitOf(entry)
      return { entry, split, tags: [...new Set(levels.map(cleanTag).filter((tag) => tag !== null))] }
    })
    const read: TextRead[] = []
    let [bytes, seen, count] = [0, 0, 0]
    return {
      kind: 'texts',
      get total() {
        return seen === 0 ? 0 : Math.max(count, Math.round((count * bytes) / seen))
      },
      ignored: this.ignored + this.pictures.length + this.idx.length + this.plain.length - entries.length - (stranger ? 1 : 0),
      read,
      close: () => this.close(),
      async *offers() {
        for (const { entry } of files) bytes += await entry.size().catch(() => 0)
        const told = (one: TextRead) => void (read.length < READ && read.push(one))
        for await (const offer of textsOf(files, wanted, refuse, told)) {
          count++
          seen += Buffer.byteLength(offer.content.text) + 1
          yield offer
        }
      },
    }
  }

  /** What tables say of the pictures. One that cannot be read costs its words, not the pictures. */
  private async readTables(): Promise<{ said: Map<Entry, Said>; lists: ListReport[] }> {
    const said = new Map<Entry, Said>()
    const lists: ListReport[] = []
    const { caption: wanted, refuse } = this
    const find = createFinder(this.pictures)
    for (const entry of this.plain.filter(({ path }) => isTable(path))) {
      const folder = entry.place.slice(0, entry.place.lastIndexOf('/') + 1)
      const about = { find: (name: string) => find(folder, name), wanted, refuse }
      const list = await readPictureList(entry, about).catch((thrown: unknown) => refuse(entry.shown, asStudioError(thrown)))
      if (!list) continue
      lists.push(list.report)
      for (const [picture, { caption, tags }] of list.said) {
        const before = said.get(picture)
        said.set(picture, { caption: before?.caption ?? caption, tags: [...(before?.tags ?? []), ...tags] })
      }
    }
    if (typeof wanted === 'string' && !lists.some(({ columns }) => columns.some(({ as }) => as === 'caption')))
      throw noColumn(wanted, lists)
    return { said, lists }
  }

  async survey(): Promise<Survey> {
    for (const entry of this.plain) {
      if (entry === this.alone) this.refuse(entry.shown, new StudioError('file-not-picture', { file: entry.shown }))
      else this.ignored++
    }
    const splitOf = publishedSplit(this.pictures)
    const { said, lists } = await this.readTables()
    const files = this.pictures.map((entry): Offer => {
      const { split, levels } = splitOf(entry)
      const words = said.get(entry)
      const tags = [...levels.map(cleanTag), ...(this.lists.get(entry.place) ?? []), ...(words?.tags ?? [])].filter(
        (tag) => tag !== null,
      )
      return { name: entry.path, tags: [...new Set(tags)], caption: words?.caption ?? null, split, content: entry }
    })
    const sets = await this.idxSets()
    const { refuse } = this
    return {
      kind: 'images',
      read: [],
      total: files.length + sets.reduce((sum, set) => sum + set.header.dimensions[0]!, 0),
      ignored: this.ignored,
      lists,
      close: () => this.close(),
      async *offers() {
        yield* files
        for (const { entry, header, labels } of sets) {
          try {
            const words =
              labels &&
              (await readLabels(labels, header.dimensions[0]!).catch((thrown: unknown) =>
                refuse(labels.shown, asStudioError(thrown)),
              ))
            for await (const { name, tags, split, width, height, pixels } of readPictures(entry, header, words ?? null))
              yield { name, tags, split, content: { width, height, channels: 1, pixels } }
          } catch (thrown) {
            refuse(entry.shown, asStudioError(thrown))
          }
        }
      },
    }
  }

  /** Each IDX file of pictures with the labels that belong to it. */
  private async idxSets() {
    const headers = new Map<Entry, Awaited<ReturnType<typeof peekIdx>>>()
    for (const entry of this.idx) {
      try {
        headers.set(entry, await peekIdx(entry))
      } catch (thrown) {
        this.refuse(entry.shown, asStudioError(thrown))
      }
    }
    const labels = [...headers.keys()].filter((entry) => headers.get(entry)!.dimensions.length === 1)
    const used = new Set<Entry>()
    const sets = [...headers].flatMap(([entry, header]) => {
      if (header.dimensions.length !== 3) return []
      // Beside it, or (each upload lies in a folder of its own) the only one of that name.
      const base = (path: string) => path.slice(path.lastIndexOf('/') + 1)
      const named = labels.filter((one) => base(bareName(one.place)) === base(labelsName(entry.place)))
      const beside =
        named.find((one) => bareName(one.place) === labelsName(entry.place)) ?? (named.length === 1 ? named[0] : undefined)
      if (beside) used.add(beside)
      return [{ entry, header, labels: beside }]
    })
    this.ignored += labels.filter((entry) => !used.has(entry)).length
    return sets
  }

  close(): void {
    for (const close of this.open.splice(0)) close()
  }
}

function noColumn(column: string, lists: ListReport[]): StudioError {
  const columns = lists.flatMap((list) => list.columns.filter(({ as }) => as !== 'picture').map(({ name }) => `“${name}”`))
  return new StudioError('column-none', {
    file: lists.map(({ file }) => file).join(', ') || '*.csv',
    column,
    columns: columns.join(', ') || '–',
  })
}

/** The picture that a list in a folder means: beside the list, or the only one that is called so; the ending may be left out. */
function createFinder(pictures: Entry[]): (folder: string, written: string) => Entry | null {
  const at = new Map(pictures.map((entry) => [entry.place, entry]))
  const base = (name: string) => name.slice(name.lastIndexOf('/') + 1)
  const bare = (name: string) => name.replace(/\.[^./]*$/, '')
  const called = new Map<string, Entry[]>()
  for (const entry of pictures)
    for (const name of new Set([base(entry.place), bare(base(entry.place))]))
      called.set(name, [...(called.get(name) ?? []), entry])
  /** The same as far as both go: `images/1.png` is `set/images/1.png`, and `1.png` where the folder itself was chosen. */
  const agree = (a: string, b: string) => a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`)
  return (folder, written) => {
    const name = written
      .trim()
      .normalize('NFC')
      .replaceAll('\\', '/')
      .replace(/^(\.?\/)+/, '')
    if (name === '') return null
    const beside = at.get(folder + name)
    if (beside) return beside
    const some = called.get(base(name))?.filter(({ path }) => agree(path, name) || agree(bare(path), name)) ?? []
    return some.length === 1 ? some[0]! : null
  }
}

const SPLITS: Record<string, Split> = { train: 'train', training: 'train', test: 'test', testing: 'test' }

/** Texts about the others. */
const ABOUT = /(^|\/)(readme|licen[cs]e|copying|notice|changelog|sources?)[^/]*$/i
/** Files whose reading is told. */
const READ = 100

/**
 * Folders called `train` and `test` side by side are a published split and no tags. `files`: so are files whose names begin like that.
 */
function publishedSplit(entries: Entry[], files = false): (entry: Entry) => { split: Split | null; levels: string[] } {
  const sides = (level: number) =>
    new Set(entries.map((entry) => SPLITS[entry.folders[level]?.toLowerCase() ?? '']).filter(Boolean))
  const level = [0, 1].find((depth) => sides(depth).size === 2)
  const named =
    files &&
    level === undefined &&
    (['train', 'test'] as const).every((side) => entries.some(({ path }) => splitOfName(path) === side))
  return ({ path, folders }) => {
    if (named) return { split: splitOfName(path), levels: folders }
    const split = level === undefined ? undefined : SPLITS[folders[level]?.toLowerCase() ?? '']
    return split ? { split, levels: folders.filter((_, depth) => depth !== level) } : { split: null, levels: folders }
  }
}
