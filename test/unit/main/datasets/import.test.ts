import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importInto } from '../../../../src/main/datasets/import'
import type { Survey } from '../../../../src/main/datasets/importers/survey'
import { interceptCalls } from '../../../../src/main/durable'
import { readBlob, sha256 } from '../../../../src/main/media'
import type { NewItem } from '../../../../src/main/store/store'
import { picture, writeMixedFolder } from '../../../support/broken-files'
import { importPaths, temporaryFolder } from '../../../support/import-run'
import { zipFile } from '../../../support/zip-file'

let project: string
let source: string
let remove: () => void
beforeEach(() => {
  const made = temporaryFolder()
  remove = made.remove
  project = join(made.folder, 'p.latent')
  source = join(made.folder, 'source')
  mkdirSync(project)
  mkdirSync(source)
})
afterEach(() => remove())

const put = (path: string, content: Buffer | string) => {
  mkdirSync(join(source, path, '..'), { recursive: true })
  writeFileSync(join(source, path), content)
}

describe('importing a folder', () => {
  it('takes the 180 good of 200 files and names the 20 broken ones with their reasons', async () => {
    const broken = await writeMixedFolder(source)
    const run = await importPaths(project, [source])
    expect(run.quarantined.map(({ file, code }) => ({ file, code })).sort((a, b) => (a.file < b.file ? -1 : 1))).toEqual(
      broken.sort((a, b) => (a.file < b.file ? -1 : 1)),
    )
    expect(run.items).toHaveLength(180)
    expect(run.ignored).toBe(1)
    for (const { file, reason } of run.quarantined) expect(reason).toContain(file.split(' › ')[0])
    for (const item of run.items.slice(0, 30)) expect(sha256(await readBlob(project, item.media))).toBe(item.sha256)
  })

  it('makes tags of folder names and keeps the order of names', async () => {
    put('cats/10.png', await picture('png', 1))
    put('cats/tabby/2.png', await picture('png', 2))
    put('cats/9.png', await picture('png', 3))
    put('top.png', await picture('png', 4))
    const { items } = await importPaths(project, [source])
    expect(items.map(({ name, tags }) => [name, tags])).toEqual([
      ['cats/9.png', ['cats']],
      ['cats/10.png', ['cats']],
      ['cats/tabby/2.png', ['cats', 'tabby']],
      ['top.png', []],
    ])
  })

  it('counts the name of each folder when several were chosen together', async () => {
    put('cats/1.png', await picture('png', 1))
    put('dogs/1.png', await picture('png', 2))
    const { items } = await importPaths(project, [join(source, 'cats'), join(source, 'dogs')])
    expect(items.map(({ tags }) => tags)).toEqual([['cats'], ['dogs']])
  })

  it('takes folders called train and test as the published split', async () => {
    put('train/cats/1.png', await picture('png', 1))
    put('test/cats/1.png', await picture('png', 2))
    const { items } = await importPaths(project, [source])
    expect(items.map(({ tags, split }) => [tags, split])).toEqual([
      [['cats'], 'test'],
      [['cats'], 'train'],
    ])
  })

  it('applies a tag list that lies beside the pictures', async () => {
    put('set/a.png', await picture('png', 1))
    put('set/b.png', await picture('png', 2))
    put('set/tags.csv', 'a.png,smile,"one, two"\nb.png,smile\n../c.png,evil\nnothing.png,lost\n')
    const { items, ignored } = await importPaths(project, [source])
    expect(items.map(({ tags }) => tags)).toEqual([
      ['set', 'smile', 'one, two'],
      ['set', 'smile'],
    ])
    expect(ignored).toBe(1)
  })

  it('opens zips inside a folder, and one level of zips inside zips', async () => {
    const inner = zipFile([{ name: 'deep/c.png', data: await picture('png', 3), deflate: true }])
    const deeper = zipFile([{ name: 'x.zip', data: zipFile([{ name: 'c.png', data: await picture('png', 4) }]) }])
    put(
      'more/set.zip',
      zipFile([
        { name: 'dngn/', mode: 0o40755 },
        { name: 'dngn/a.png', data: await picture('png', 1), deflate: true },
        { name: '__MACOSX/._a.png', data: Buffer.from('x') },
        { name: 'inner.zip', data: inner },
        { name: 'deeper.zip', data: deeper },
      ]),
    )
    const { items, quarantined, ignored } = await importPaths(project, [source])
    expect(items.map(({ name, tags }) => [name, tags])).toEqual([
      ['dngn/a.png', ['more', 'dngn']],
      ['deep/c.png', ['more', 'deep']],
    ])
    expect(quarantined).toMatchObject([{ file: 'more/set.zip › deeper.zip › x.zip', code: 'zip-bomb' }])
    expect(ignored).toBe(1)
  })

  it('looks into files without an ending, and names a chosen file that is no picture', async () => {
    put('picture', await picture('jpeg', 1))
    put('LICENSE', 'free')
    const run = await importPaths(project, [source])
    expect([run.items.length, run.ignored, run.quarantined]).toEqual([1, 1, []])
    put('notes.dat', 'text')
    expect((await importPaths(project, [join(source, 'notes.dat')])).quarantined).toMatchObject([
      { file: 'notes.dat', code: 'file-not-picture' },
    ])
    await expect(importPaths(project, [join(source, 'absent')])).rejects.toMatchObject({
      code: 'path-not-found',
      details: { file: 'absent' },
    })
  })

  it('stores the same bytes once and large ones in a file of their own', async () => {
    const large = await picture('png', 1, 200)
    put('a.png', large)
    put('b.png', large)
    put('c.png', await picture('png', 2))
    const { items } = await importPaths(project, [source])
    expect(items.map((item) => item.media.file)).toEqual([
      `media/${sha256(large).slice(0, 2)}/${sha256(large)}`,
      items[0]!.media.file,
      expect.stringMatching(/^media\/packs\/[0-9a-f]{64}\.pack$/),
    ])
    expect(items[2]!.thumbnail).toBeNull()
    expect((await readBlob(project, items[0]!.thumbnail!)).toString('latin1', 8, 12)).toBe('WEBP')
    expect(items[1]!.thumbnail).toEqual(items[0]!.thumbnail)
  })
})

describe('importing in segments', () => {
  /** 2,100 tiny pictures, all different. */
  const drawn = (): Survey => ({
    kind: 'images',
    read: [],
    total: 2100,
    ignored: 0,
    close() {},
    async *offers() {
      for (let n = 0; n < 2100; n++)
        yield {
          name: `${n}`,
          tags: [],
          split: null,
          content: { width: 2, height: 1, channels: 1, pixels: new Uint8Array([n >> 8, n & 255]) },
        }
    },
  })

  it('makes each segment durable before it is recorded, a thousand items at a time', async () => {
    const sizes: number[] = []
    const outcome = await importInto(project, async () => drawn(), {
      signal: new AbortController().signal,
      progress() {},
      async record({ items }) {
        sizes.push(items.length)
        for (const { media } of items) expect(existsSync(join(project, media.file)), media.file).toBe(true)
      },
    })
    expect(sizes.reduce((sum, size) => sum + size)).toBe(2100)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1000)
    expect(outcome).toEqual({ ignored: 0, offered: 2100, read: [], lists: [] })
  })

  it('keeps what is in when it is cancelled', async () => {
    const abort = new AbortController()
    const items: NewItem[] = []
    await importInto(project, async () => drawn(), {
      signal: abort.signal,
      progress: (done) => done === 500 && abort.abort(),
      record: async (segment) => void items.push(...segment.items),
    })
    expect(items).toHaveLength(500)
    expect(sha256(await readBlob(project, items[499]!.media))).toBe(items[499]!.sha256)
  })

  it('keeps earlier segments when the disk fills up, and leaves no half file', async () => {
    let [packs, recorded] = [0, 0]
    const restore = interceptCalls((call, path) => {
      if (call === 'sync' && path.includes('packs') && ++packs === 2) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    })
    try {
      await expect(
        importInto(project, async () => drawn(), {
          signal: new AbortController().signal,
          progress() {},
          record: async ({ items }) => void (recorded += items.length),
        }),
      ).rejects.toMatchObject({ code: 'ENOSPC' })
    } finally {
      restore()
    }
    expect(recorded).toBeGreaterThan(0)
    const files = readdirSync(join(project, 'media', 'packs'))
    expect(files).toHaveLength(1)
    expect(sha256(readFileSync(join(project, 'media', 'packs', files[0]!)))).toBe(files[0]!.replace('.pack', ''))
  })
})
