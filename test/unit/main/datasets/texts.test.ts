import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SPECIAL, TextPack, TokeniserData } from '../../../../src/contract/texts'
import type { TextImport, TextPreparation } from '../../../../src/contract/texts'
import { createTokeniser } from '../../../../src/data/tokens/tokeniser'
import { coverTexts, textFingerprint, writeTexts } from '../../../../src/main/datasets/freeze-texts'
import { suggestFor } from '../../../../src/main/datasets/suggest-texts'
import { rowsOf, splitTexts } from '../../../../src/main/datasets/text-parts'
import { readBlob } from '../../../../src/main/media'
import type { StoredItem } from '../../../../src/main/store/store'
import { importPaths, temporaryFolder } from '../../../support/import-run'

let folder: string
let project: string
let remove: () => void
beforeEach(() => {
  ;({ folder, remove } = temporaryFolder())
  project = join(folder, 'p.latent')
})
afterEach(() => remove())

function write(files: Record<string, string | Uint8Array>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'in', name)), { recursive: true })
    writeFileSync(join(folder, 'in', name), content)
  }
  return join(folder, 'in')
}

const bring = (path: string, texts: TextImport = {}) => importPaths(project, [path], {}, { texts })
const textsIn = async (run: Awaited<ReturnType<typeof bring>>) =>
  Promise.all(run.items.map(async ({ media }) => (await readBlob(project, media)).toString()))

describe('importing texts', () => {
  it('takes lines of a file, names them, and keeps how they begin', async () => {
    const path = join(write({ 'names.txt': '\ufeffemma\r\nolivia\r\n\r\n  ava \r\nemma' }), 'names.txt')
    const run = await bring(path)
    expect(await textsIn(run)).toEqual(['emma', 'olivia', 'ava', 'emma'])
    expect(run.items.map(({ name }) => name)).toEqual(['names.txt:1', 'names.txt:2', 'names.txt:4', 'names.txt:5'])
    expect(run.items[1]).toMatchObject({ text: 'olivia', width: 6, height: 1, channels: 0, tags: [], split: null })
    expect(run.items[0]!.sha256).toBe(run.items[3]!.sha256)
    expect(run.read).toEqual([{ file: 'names.txt', encoding: 'utf-8', guessed: false, split: 'line', column: null, columns: [] }])
  })

  it('takes paragraphs where empty lines divide, and whole files when told', async () => {
    const play = Array.from({ length: 20 }, (_, n) => `ROMEO:\nline ${n}\n`).join('\n')
    const path = join(write({ 'play.txt': play }), 'play.txt')
    const run = await bring(path)
    expect([run.items.length, run.ignored]).toEqual([20, 0])
    expect((await textsIn(run))[1]).toBe('ROMEO:\nline 1')
    expect(run.items[1]).toMatchObject({ name: 'play.txt:4', height: 2 })
    expect((await bring(path, { split: 'line' })).items).toHaveLength(40)
    const whole = await bring(path, { split: 'file' })
    expect(await textsIn(whole)).toEqual([play.trim()])
    expect(whole.items[0]!.name).toBe('play.txt')
  })

  it('takes a folder of small files as a text each: folders are tags, train and test a split', async () => {
    const files: Record<string, string> = { 'README.txt': 'about them', 'picture.dat': 'x' }
    for (const side of ['train', 'test'])
      for (const tag of ['good', 'bad']) for (let n = 0; n < 4; n++) files[`${side}/${tag}/${n}.txt`] = `${side} ${tag}\n${n}`
    const run = await bring(write(files))
    expect(run.items).toHaveLength(16)
    expect(run.ignored).toBe(2)
    expect(run.items[0]).toMatchObject({ name: 'test/bad/0.txt', tags: ['bad'], split: 'test', height: 2 })
    const named = await bring(write({ '../by-name/train.txt': 'a\nb', '../by-name/test.txt': 'c' }).replace(/in$/, 'by-name'))
    expect(named.items.map(({ split }) => split)).toEqual(['test', 'train', 'train'])
  })

  it('takes the column that is named, or the one that looks like text; others are tags', async () => {
    const at = write({
      'a.csv': 'id,label,text,split\n1,问候,"你好，\n世界",train\n2,question,how?,test\n3,x\n4,y,,train\n',
      'b.jsonl': '{"title":"t","content":"long one","tags":["a","b"]}\nnope\n{"title":"u","content":"another"}\n',
    })
    const csv = await bring(join(at, 'a.csv'))
    expect(await textsIn(csv)).toEqual(['你好，\n世界', 'how?'])
    expect(csv.items[0]).toMatchObject({ name: 'a.csv:2', tags: ['问候'], split: 'train' })
    expect(csv.quarantined).toEqual([expect.objectContaining({ file: 'a.csv:5', code: 'row-uneven' })])
    expect(csv.read[0]).toMatchObject({ split: 'row', column: 'text', columns: ['id', 'label', 'text', 'split'] })
    expect(await textsIn(await bring(join(at, 'a.csv'), { column: 'label' }))).toEqual(['问候', 'question', 'y'])
    const json = await bring(join(at, 'b.jsonl'))
    expect(await textsIn(json)).toEqual(['long one', 'another'])
    expect(json.quarantined).toMatchObject([{ file: 'b.jsonl:2', code: 'row-not-json' }])
    const none = await bring(join(at, 'a.csv'), { column: 'body' })
    expect(none.items).toEqual([])
    expect(none.quarantined).toMatchObject([{ code: 'column-none', reason: expect.stringContaining('“label”') }])
  })

  it('reads old encodings, tells when it guessed, and names broken bytes by line', async () => {
    const gb = Buffer.from([0xc4, 0xe3, 0xba, 0xc3, 0x0a, 0xca, 0xc0, 0xbd, 0xe7, 0x0a])
    const at = write({
      'gb.txt': gb,
      'wide.txt': Buffer.from('\ufeff你好\nwelt', 'utf16le'),
      'west.txt': Buffer.from('déjà\nvu', 'latin1'),
      'broken.txt': Buffer.concat([Buffer.from('你好世界你好\n坏'), Buffer.from([0xe4, 0xbd, 0x0a]), Buffer.from('好\n')]),
    })
    const run = await bring(at)
    expect(await textsIn(run)).toEqual(['你好世界你好', '好', '你好', '世界', 'déjà', 'vu', '你好', 'welt'])
    expect(run.quarantined).toEqual([
      {
        file: 'broken.txt:2',
        code: 'bytes-undecodable',
        reason: expect.stringContaining('broken.txt:2: byte 5 of this line (0xBD) is not possible in utf-8'),
      },
    ])
    expect(run.read.map(({ file, encoding, guessed }) => [file, encoding, guessed])).toEqual([
      ['broken.txt', 'utf-8', false],
      ['gb.txt', 'gb18030', true],
      ['west.txt', 'windows-1252', true],
      ['wide.txt', 'utf-16le', false],
    ])
  })

  it('leaves texts beside pictures alone, and names a file that is no text', async () => {
    const at = write({ 'binary.txt': Buffer.from([0, 1, 2, 3, 0, 0, 9, 0]) })
    const run = await bring(join(at, 'binary.txt'))
    expect(run.items).toEqual([])
    expect(run.quarantined).toMatchObject([{ file: 'binary.txt', code: 'file-not-text' }])
    const forced = await importPaths(project, [join(at, 'binary.txt')], {}, { kind: 'images' })
    expect(forced.quarantined).toMatchObject([{ file: 'binary.txt', code: 'file-not-picture' }])
  })
})

/** Texts as they are stored. */
async function stored(texts: string[], about: (n: number) => Partial<StoredItem> = () => ({})): Promise<StoredItem[]> {
  const run = await bring(join(write({ 'all.txt': texts.join('\n') }), 'all.txt'), { split: 'line' })
  return run.items.map((item, n) => ({ ...item, id: `i${n}`, removed: false, ...about(n) }))
}
const prepare = (change: Partial<TextPreparation> = {}): TextPreparation => ({
  tokens: 'characters',
  vocabulary: 100,
  length: 8,
  long: 'cut',
  ends: true,
  lowercase: false,
  testShare: 0.2,
  seed: 0,
  ...change,
})
const quiet = { signal: new AbortController().signal, progress() {} }

describe('freezing texts', () => {
  const forty = Array.from({ length: 40 }, (_, n) => `今天 ${n} 号${n % 5 === 0 ? '，天气特别好' : ''}`)

  async function frozen(items: StoredItem[], preparation: TextPreparation, name = 'v') {
    const at = join(folder, name)
    const told = await writeTexts(project, at, splitTexts(items, preparation), preparation, quiet)
    const pack = TextPack.parse(JSON.parse(readFileSync(join(at, 'pack.json'), 'utf8')))
    const read = (file: string) => readFileSync(join(at, file))
    const words = (file: string) => {
      const bytes = read(file)
      return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
    }
    const [data, lengths] = [words('data.bin'), words('lengths.bin')]
    const tokeniser = createTokeniser(TokeniserData.parse(JSON.parse(read('tokeniser.json').toString())))
    const row = (n: number) => data.subarray(n * pack.length, n * pack.length + lengths[n]!)
    return { at, told, pack, data, lengths, tokeniser, row, read }
  }

  it('writes rows that decode to the texts, cut where they are long', async () => {
    const items = await stored(forty, (n) => ({ tags: n % 2 ? ['odd'] : [] }))
    const { told, pack, data, lengths, tokeniser, row, read } = await frozen(items, prepare())
    expect(pack).toMatchObject({ kind: 'texts', items: 40, train: 32, length: 8, ends: true, tags: ['odd'] })
    expect([data.length, lengths.length, read('tags.bin').length]).toEqual([320, 40, 40])
    const byId = new Map(items.map((item, n) => [item.id, forty[n]!]))
    pack.ids.forEach((id, n) => {
      const text = byId.get(id)!
      const fits = Array.from(text).length < 8
      expect(tokeniser.decode(row(n)).replaceAll('\ufffd', '?')).toHaveLength(fits ? text.length : 8)
      expect(row(n).at(-1) === SPECIAL.end).toBe(fits)
      expect([...data.subarray(n * 8 + lengths[n]!, n * 8 + 8)].every((id) => id === SPECIAL.padding)).toBe(true)
      expect(read('tags.bin')[n]).toBe(Number(id.slice(1)) % 2)
    })
    expect(told).toMatchObject({ items: 40, train: 32, coverage: { texts: 40, rows: 40, whole: 32 / 40 } })
    expect(told.coverage.kept).toBeLessThan(1)
    const long = await frozen(items, prepare({ length: 20, vocabulary: 5 + 8 }), 'long')
    expect(long.told.coverage).toMatchObject({ whole: 1, kept: 1, vocabulary: 13 })
    expect(long.told.coverage.known).toBeLessThan(1)
  })

  it('is the same from the same, whatever their order', async () => {
    const items = await stored(forty)
    const preparation = prepare({ tokens: 'pairs', vocabulary: 60 })
    const one = await frozen(items, preparation, 'one')
    const two = await frozen(items.toReversed(), preparation, 'two')
    for (const file of ['data.bin', 'lengths.bin', 'tokeniser.json', 'pack.json'])
      expect(one.read(file).equals(two.read(file))).toBe(true)
    const of = (change: Partial<TextPreparation>) => textFingerprint(splitTexts(items, prepare(change)), prepare(change))
    const marks = [
      of({}),
      of({ length: 9 }),
      of({ tokens: 'words' }),
      of({ ends: false }),
      of({ seed: 1 }),
      of({ lowercase: true }),
    ]
    expect(new Set(marks).size).toBe(marks.length)
  })

  it('learns its tokens from what is trained on only', async () => {
    const items = await stored(forty, (n) => ({ split: n === 0 ? 'test' : 'train' }))
    const { tokeniser } = await frozen(items, prepare({ vocabulary: 1000 }))
    const other = await stored([...forty.slice(1), '唯'], (n) => ({ split: n === 39 ? 'test' : 'train' }))
    expect(tokeniser.encode('唯')).toEqual([SPECIAL.unknown])
    expect((await frozen(other, prepare({ vocabulary: 1000 }), 'other')).tokeniser.encode('唯')).toEqual([SPECIAL.unknown])
  })

  it('cuts one long text into pieces and keeps its end out of training', async () => {
    const text = Array.from({ length: 1000 }, (_, n) => String.fromCodePoint(0x4e00 + (n % 50))).join('')
    const items = await stored([text])
    const preparation = prepare({ long: 'pieces', ends: false, length: 32, testShare: 0.1 })
    const { pack, row, tokeniser } = await frozen(items, preparation)
    const all = Array.from({ length: pack.items }, (_, n) => tokeniser.decode(row(n)))
    expect(all.slice(0, pack.train).join('')).toBe(text.slice(0, 900))
    expect(all.slice(pack.train).join('')).toBe(text.slice(900))
    expect(pack.coverage).toMatchObject({ texts: 1, kept: 1, known: 1 })
    await expect(frozen(items, prepare({ long: 'leave' }), 'none')).rejects.toMatchObject({ code: 'texts-few' })
  })

  it('never cuts a character in two', async () => {
    const items = await stored(['🙂'.repeat(501)])
    const { passages } = splitTexts(items, prepare())
    expect(passages).toHaveLength(2)
    const { pack, row, tokeniser } = await frozen(items, prepare({ long: 'pieces', ends: false, testShare: 0.1 }))
    const all = Array.from({ length: pack.items }, (_, n) => tokeniser.decode(row(n))).join('')
    expect(all).toBe('🙂'.repeat(501))
  })

  it('rows: what fits, what is cut, left out or in pieces', () => {
    const how = { length: 3, ends: true } as const
    expect(rowsOf([5, 6], { ...how, long: 'cut' })).toEqual({ rows: [[5, 6, SPECIAL.end]], whole: true })
    expect(rowsOf([5, 6, 7], { ...how, long: 'cut' })).toEqual({ rows: [[5, 6, 7]], whole: false })
    expect(rowsOf([5, 6, 7], { ...how, long: 'leave' })).toEqual({ rows: [], whole: false })
    expect(rowsOf([5, 6, 7], { ...how, long: 'pieces' })).toEqual({ rows: [[5, 6, 7], [SPECIAL.end]], whole: false })
    expect(rowsOf([5, 6, 7], { length: 3, ends: false, long: 'cut' })).toEqual({ rows: [[5, 6, 7]], whole: true })
    expect(rowsOf([], { ...how, long: 'cut' })).toEqual({ rows: [], whole: true })
  })

  it('tells what it would keep before anything is frozen', async () => {
    const items = await stored(forty)
    const { coverage, example } = await coverTexts(project, items, prepare(), quiet.signal)
    expect(coverage).toEqual((await frozen(items, prepare())).told.coverage)
    expect(example.join('')).toBe('今天 0 号，天气特别好')
  })
})

describe('suggesting', () => {
  const numbers = Array.from({ length: 50 }, (_, n) => Array.from({ length: 20 }, (_, i) => (n * 31 + i * 7) % 500).join(' '))

  it('takes symbols as they are, at their length and without an end', () => {
    const distinct = new Set(numbers.join(' ').split(' ')).size
    expect(suggestFor(numbers)).toMatchObject({
      tokens: 'symbols',
      vocabulary: 4 + distinct,
      length: 20,
      ends: false,
      long: 'cut',
    })
    expect(suggestFor(['C4 E4 G4 C5', 'D4 F#4 A4', 'C4 C4'])).toMatchObject({ tokens: 'symbols', length: 5, ends: true })
    expect(suggestFor(['秦 川 雄 帝 宅 ，', '塞 外 悲 风 切 。'])).toMatchObject({ tokens: 'symbols', length: 6, ends: false })
  })

  it('takes Chinese, names and little prose by character', () => {
    expect(suggestFor(['今天天气很好。', '我们去公园吧，好不好？'])).toMatchObject({
      tokens: 'characters',
      length: 12,
      ends: true,
    })
    expect(suggestFor(['emma', 'olivia', 'ava'])).toMatchObject({ tokens: 'characters', length: 7, ends: true })
  })

  it('takes sentences of few words by word, and long texts in pieces', () => {
    const sentences = Array.from(
      { length: 400 },
      (_, n) => `a ${['cat', 'dog', 'bird'][n % 3]} sits on the ${['mat', 'hat'][n % 2]}.`,
    )
    expect(suggestFor(sentences)).toMatchObject({ tokens: 'words', long: 'cut' })
    expect(suggestFor([sentences.join(' ').slice(0, 5000)])).toMatchObject({ long: 'pieces', ends: false, length: 128 })
  })
})
