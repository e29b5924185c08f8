import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectEncoding } from '../../../../src/main/datasets/importers/encoding'
import type { Entry } from '../../../../src/main/datasets/importers/entry'
import { linesOf } from '../../../../src/main/datasets/importers/lines'
import { openTable } from '../../../../src/main/datasets/importers/table'
import type { TableOptions } from '../../../../src/main/datasets/importers/table'
import { limits } from '../../../../src/main/datasets/limits'

/** A file in memory that comes in pieces of `step` bytes. */
function file(content: string | Uint8Array, { name = 'rows.csv', step = 7 } = {}): Entry {
  const bytes = Buffer.from(content as string)
  const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, n) => bytes.subarray(n * step, (n + 1) * step))
  return {
    path: name,
    shown: name,
    place: `/${name}`,
    folders: [],
    size: async () => bytes.length,
    bytes: async () => bytes,
    stream: async () => Readable.from(pieces, { objectMode: true }),
  }
}

async function lines(entry: Entry) {
  const all = []
  for await (const some of linesOf(entry, await detectEncoding(entry))) all.push(...some)
  return all
}

async function read(entry: Entry, options?: TableOptions) {
  const refused: { file: string; code: string }[] = []
  const table = await openTable(entry, (name, error) => refused.push({ file: name, code: error.code }), options)
  const rows: string[][] = []
  for await (const some of table.rows()) rows.push(...some.map(({ cells }) => cells))
  return { ...table, rows, refused }
}

const utf16 = (text: string, bigEnd: boolean, mark: boolean) => {
  const bytes = Buffer.from((mark ? '\ufeff' : '') + text, 'utf16le')
  return bigEnd ? bytes.swap16() : bytes
}
/** “你好，世界。” and “中文” in GB 2312's bytes. */
const GB = Buffer.from([0xc4, 0xe3, 0xba, 0xc3, 0xa3, 0xac, 0xca, 0xc0, 0xbd, 0xe7, 0xa1, 0xa3, 0x0a, 0xd6, 0xd0, 0xce, 0xc4])

describe('the encoding of a text', () => {
  test.each([
    ['utf-8', 'añb 你好\nzwei', { name: 'utf-8', guessed: false, mark: 0 }],
    ['a mark', '\ufeff你好\nzwei', { name: 'utf-8', guessed: false, mark: 3 }],
    ['utf-16le with a mark', utf16('你好\nzwei', false, true), { name: 'utf-16le', guessed: false, mark: 2 }],
    ['utf-16be with a mark', utf16('你好\nzwei', true, true), { name: 'utf-16be', guessed: false, mark: 2 }],
    ['utf-16le without', utf16('eins 你\nzwei', false, false), { name: 'utf-16le', guessed: true, mark: 0 }],
    ['utf-16be without', utf16('eins 你\nzwei', true, false), { name: 'utf-16be', guessed: true, mark: 0 }],
    ['GB18030', GB, { name: 'gb18030', guessed: true, mark: 0 }],
    ['latin-1', Buffer.from('déjà vu, naïve', 'latin1'), { name: 'windows-1252', guessed: true, mark: 0 }],
  ])('%s', async (_, content, expected) => {
    expect(await detectEncoding(file(content))).toEqual(expected)
  })

  test('decodes what it found, whatever the pieces', async () => {
    const text = 'eins 你好\r\nzwei 🙂\rdrei\n\nvier'
    for (const content of [text, `\ufeff${text}`, utf16(text, false, true), utf16(text, true, true), utf16(text, false, false)])
      for (const step of [1, 2, 3, 1000])
        expect((await lines(file(content, { step }))).map((line) => line.text)).toEqual([
          'eins 你好',
          'zwei 🙂',
          'drei',
          '',
          'vier',
        ])
    expect((await lines(file(GB))).map((line) => line.text)).toEqual(['你好，世界。', '中文'])
  })

  test('refuses what is no text', async () => {
    await expect(detectEncoding(file(Buffer.from([0x89, 0x50, 0, 0, 1, 2, 0, 3])))).rejects.toMatchObject({
      code: 'file-not-text',
    })
    await expect(detectEncoding(file(''))).rejects.toMatchObject({ code: 'file-empty' })
    await expect(detectEncoding(file(Buffer.from([0xff, 0xfe, 0, 0, 65, 0, 0, 0])))).rejects.toMatchObject({
      code: 'file-not-text',
    })
  })

  test('takes a person’s word', async () => {
    const entry = file(Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]))
    const encoding = await detectEncoding(entry, 'windows-1251')
    const all = []
    for await (const some of linesOf(entry, encoding)) all.push(...some)
    expect(all).toEqual([{ number: 1, text: 'Привет' }])
  })

  test('names the line and the byte that cannot be', async () => {
    const bytes = Buffer.concat([Buffer.from('你好\n世界很大 a'), Buffer.from([0xff]), Buffer.from('b\n三行\n四行')])
    for (const step of [1, 5, 1000]) {
      const all = await lines(file(bytes, { name: 'a.txt', step }))
      expect(all.map((line) => line.text)).toEqual(['你好', null, '三行', '四行'])
      expect(all[1]!.error).toMatchObject({
        code: 'bytes-undecodable',
        details: { file: 'a.txt:2', byte: 15, hex: '0xFF', encoding: 'utf-8' },
      })
    }
  })

  test('drops a line that is too long and goes on', async () => {
    const long = Buffer.alloc(limits.line + 2_000_000, 0x61)
    const all = await lines(file(Buffer.concat([Buffer.from('a\n'), long, Buffer.from('\nb')]), { step: 1_000_000 }))
    expect(all.map((line) => line.text)).toEqual(['a', null, 'b'])
    expect(all[1]!.error?.code).toBe('line-too-long')
  })
})

describe('a table', () => {
  test('finds delimiter and header', async () => {
    expect(await read(file('text;label\n"a; b";x\nc;y\n'))).toMatchObject({
      delimiter: ';',
      columns: ['text', 'label'],
      rows: [
        ['a; b', 'x'],
        ['c', 'y'],
      ],
      refused: [],
    })
    expect(await read(file('emma,girl\nliam,boy\nava,girl\n'))).toMatchObject({ columns: ['1', '2'], delimiter: ',' })
    expect((await read(file('emma,girl\nliam,boy\n'), { header: true })).rows).toEqual([['liam', 'boy']])
    expect((await read(file('句子\t标签\n你好，世界\t问候\n', { name: 'a.tsv' }))).columns).toEqual(['句子', '标签'])
  })

  test('takes sentences with commas as one column', async () => {
    const found = await read(file('one, two, three\nfour\nfive, six\nseven, eight, nine, ten\n'))
    expect(found.rows.map(([cell]) => cell)).toEqual(['one, two, three', 'four', 'five, six', 'seven, eight, nine, ten'])
  })

  test('names uneven rows and bad quotes, and goes on', async () => {
    const found = await read(file('text,label\na,x\nb\n"c,d\ne,f\n"g"h,i\nj,k,l\n"m\nn",o\n'))
    expect(found.rows).toEqual([
      ['a', 'x'],
      ['e', 'f'],
      ['m\nn', 'o'],
    ])
    expect(found.refused).toEqual([
      { file: 'rows.csv:3', code: 'row-uneven' },
      { file: 'rows.csv:4', code: 'row-quotes' },
      { file: 'rows.csv:6', code: 'row-quotes' },
      { file: 'rows.csv:7', code: 'row-uneven' },
    ])
  })

  test('names so many bad rows and counts the rest', async () => {
    const found = await read(file(`text,label\na,b\n${'c\n'.repeat(limits.linesNamed + 5)}`, { step: 1000 }), { header: true })
    expect(found.refused).toHaveLength(limits.linesNamed + 1)
    expect(found.refused.at(-1)).toEqual({ file: 'rows.csv', code: 'rows-more' })
  })

  test('a tab never begins a quotation', async () => {
    const found = await read(file('text\tlabel\n"Hi" she said\tx\n"whole"\ty\n', { name: 'a.tsv' }))
    expect(found.rows).toEqual([
      ['"Hi" she said', 'x'],
      ['whole', 'y'],
    ])
  })

  test('JSON lines: columns are keys, lists are sequences, bad lines are named', async () => {
    const content = '{"text":"你好","n":1}\n{"text":null,"more":[1,2]}\nnot json\n"alone"\n\n[3,4,5]\n'
    const found = await read(file(content, { name: 'a.jsonl' }))
    expect(found.columns).toEqual(['text', 'n', 'more'])
    expect(found.rows).toEqual([
      ['你好', '1', ''],
      ['', '', '1 2'],
      ['alone', '', ''],
      ['3 4 5', '', ''],
    ])
    expect(found.refused).toEqual([{ file: 'a.jsonl:3', code: 'row-not-json' }])
  })

  test('reads back every table that is written by the book', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', '你', '🙂') })
    const rows = fc.array(fc.tuple(fc.constant('x'), cell, cell), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), async (table, step) => {
        const text = table.map((cells) => cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join('\n')
        const found = await read(file(`file,text,label\n${text}\n`, { step }))
        expect(found.rows).toEqual(table)
        expect(found.refused).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})
