/** Lists beside pictures: what their columns are taken for, and what is said of lines that make no sense. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeSample } from '../../../../src/main/datasets/samples'
import { picture } from '../../../support/broken-files'
import { importPaths, temporaryFolder } from '../../../support/import-run'
import { zipFile } from '../../../support/zip-file'

const CHINESE = '文件,描述\n1.png,一个戴着眼镜的人在微笑\n2.png,他的头发是黑色的\n'
/** The same in GB18030, as a Chinese Windows saves it. */
const GB18030 = Buffer.from(
  'cec4bcfe2cc3e8caf60a312e706e672cd2bbb8f6b4f7d7c5d1dbbeb5b5c4c8cbd4dacea2d0a60a322e706e672ccbfbb5c4cdb7b7a2cac7badac9abb5c40a',
  'hex',
)

describe('importing pictures with a list', () => {
  let project: string
  let source: string
  let remove: () => void
  beforeEach(async () => {
    const made = temporaryFolder()
    remove = made.remove
    project = join(made.folder, 'p.latent')
    source = join(made.folder, 'source')
    mkdirSync(project)
    mkdirSync(join(source, 'images'), { recursive: true })
    for (let n = 1; n <= 4; n++) writeFileSync(join(source, 'images', `${n}.png`), await picture('png', n))
  })
  afterEach(() => remove())

  const list = (content: string | Buffer, name = 'list.csv') => writeFileSync(join(source, name), content)
  const said = async (column?: string | null) => {
    const run = await importPaths(project, [source], {}, column === undefined ? {} : { caption: column })
    return { ...run, captions: run.items.map(({ caption }) => caption), tags: run.items.map(({ tags }) => tags.slice(1)) }
  }
  const ROWS = `image,hair,glasses,label,comment,seconds
images/1.png,black,1,old; tall,"A man with black hair, and glasses",1.5
2.png,red,0,young,A woman with long red hair,2.25
3,black,0,young,Somebody who looks away,3
images\\4.png,red,1,old,A face with glasses that smiles,7
`

  it('takes a column of sentences as captions and others as tags, and tells which', async () => {
    list(ROWS)
    const run = await said()
    expect(run.captions).toEqual([
      'A man with black hair, and glasses',
      'A woman with long red hair',
      'Somebody who looks away',
      'A face with glasses that smiles',
    ])
    expect(run.tags).toEqual([
      ['hair-black', 'glasses', 'old', 'tall'],
      ['hair-red', 'young'],
      ['hair-black', 'young'],
      ['hair-red', 'glasses', 'old'],
    ])
    expect(run.quarantined).toEqual([])
    expect(run.lists).toEqual([
      {
        file: 'list.csv',
        encoding: 'utf-8',
        guessed: false,
        captions: 4,
        columns: [
          { name: 'image', as: 'picture' },
          { name: 'hair', as: 'tags' },
          { name: 'glasses', as: 'tags' },
          { name: 'label', as: 'tags' },
          { name: 'comment', as: 'caption' },
          { name: 'seconds', as: 'nothing' },
        ],
      },
    ])
  })

  it('takes the column that the person names, or none, and knows of no other', async () => {
    list(ROWS)
    expect((await said('label')).captions).toEqual(['old; tall', 'young', 'young', 'old'])
    expect((await said(null)).captions).toEqual([null, null, null, null])
    await expect(said('mood')).rejects.toThrow(
      'list.csv has no column “mood”, but “hair”, “glasses”, “label”, “comment”, “seconds”.',
    )
  })

  it('names the lines that make no sense and keeps the rest', async () => {
    list(
      'file,caption\n1.png,A round red thing\n2.png,unquoted, comma\n9.png,Nobody is here at all\n3.png,"open\n4.png,A square blue thing\n',
    )
    const run = await said()
    expect(run.captions).toEqual(['A round red thing', null, null, 'A square blue thing'])
    expect(run.quarantined.map(({ file, code }) => [file, code])).toEqual([
      ['list.csv:3', 'row-uneven'],
      ['list.csv:5', 'row-quotes'],
      ['list.csv:4', 'list-picture'],
    ])
    expect(run.quarantined[2]!.reason).toBe('list.csv:4 names a picture that is not here: 9.png.')
  })

  it('joins several lines about a picture, and reads Chinese in any of its encodings', async () => {
    list('file,caption\n1.png,A round thing\n1.png,Something that is red\n')
    expect((await said()).captions[0]).toBe('A round thing Something that is red')
    for (const bytes of [Buffer.from(CHINESE), GB18030, Buffer.from(`\ufeff${CHINESE}`, 'utf16le')]) {
      list(bytes)
      const run = await said()
      expect(run.captions.slice(0, 2)).toEqual(['一个戴着眼镜的人在微笑', '他的头发是黑色的'])
      expect(run.lists[0]!.guessed).toBe(bytes === GB18030)
    }
    list('{"file":"2.png","caption":"Said in a line of JSON"}\n', 'list.jsonl')
    writeFileSync(join(source, 'list.csv'), '')
    expect((await said()).captions[1]).toBe('Said in a line of JSON')
  })

  it('leaves tables of other things alone, and does not confuse pictures that are called alike', async () => {
    mkdirSync(join(source, 'more'))
    writeFileSync(join(source, 'more', '1.png'), await picture('png', 9))
    list('step,loss\n1,0.5\n2,0.25\n', 'losses.csv')
    list('file\tcaption\n1.png\tWhich of the two is this\nmore/1.png\tThe one in the other folder\n', 'list.tsv')
    const run = await said()
    expect(run.items.map(({ name, caption }) => [name, caption]).filter(([, caption]) => caption)).toEqual([
      ['more/1.png', 'The one in the other folder'],
    ])
    expect(run.lists.map(({ file }) => file)).toEqual(['list.tsv'])
    expect(run.quarantined).toMatchObject([{ code: 'list-picture' }])
    expect(run.ignored).toBe(2)
  })

  it('reads a list in a zip', async () => {
    const zip = join(source, '..', 'set.zip')
    const data = Buffer.from('file,caption\na.png,A picture in an archive\n')
    writeFileSync(
      zip,
      zipFile([
        { name: 'set/a.png', data: await picture('png', 1) },
        { name: 'set/captions.csv', data },
      ]),
    )
    expect((await importPaths(project, [zip])).items[0]!.caption).toBe('A picture in an archive')
  })

  it.each([
    ['en', /^(A|Somebody)[a-z ,]*\.$/],
    ['zh', /^一[\p{Script=Han}，]*。$/u],
  ] as const)('takes the sentences of the sample in %s', async (language, pattern) => {
    const folder = join(source, 'faces')
    await writeSample('cartoon-faces', folder, { count: 24, seed: 1 }, language)
    const run = await importPaths(project, [folder])
    expect(run.lists).toMatchObject([{ file: 'captions.csv', captions: 24 }])
    for (const { caption } of run.items) expect(caption).toMatch(pattern)
    expect(run.items.every(({ tags }) => tags.length >= 2)).toBe(true)
    const hats = run.items.filter(({ caption }) => /\bhat\b|帽/.test(caption!))
    expect(hats.length).toBeGreaterThan(0)
    expect(hats.every(({ tags }) => tags.includes('hat'))).toBe(true)
  })
})
