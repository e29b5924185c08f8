import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodePlainPng } from '../../../../src/main/datasets/png'
import { readIdxHeader } from '../../../../src/main/datasets/importers/idx'
import { readBlob } from '../../../../src/main/media'
import { idxFile } from '../../../support/broken-files'
import { importPaths, temporaryFolder } from '../../../support/import-run'

let project: string
let source: string
let remove: () => void
beforeEach(() => {
  const made = temporaryFolder()
  remove = made.remove
  project = join(made.folder, 'p.latent')
  source = join(made.folder, 'source')
  mkdirSync(source)
})
afterEach(() => remove())

const put = (name: string, bytes: Buffer) => writeFileSync(join(source, name), bytes)
const pictures = (count: number, first = 0) =>
  idxFile([count, 3, 2], Buffer.from(Array.from({ length: count * 6 }, (_, n) => (n + first * 6) % 251)))
const labels = (...list: number[]) => idxFile([list.length], Buffer.from(list))

describe('importing IDX', () => {
  it('pairs pictures and labels by name, gzipped or not, and keeps the published split', async () => {
    put('train-images-idx3-ubyte.gz', gzipSync(pictures(4)))
    put('train-labels-idx1-ubyte', labels(7, 0, 9, 7))
    put('t10k-images-idx3-ubyte', pictures(2, 4))
    put('t10k-labels-idx1-ubyte.gz', gzipSync(labels(1, 2)))
    const { items, quarantined, ignored } = await importPaths(project, [source])
    expect([quarantined, ignored]).toEqual([[], 0])
    expect(items.map(({ name, tags, split }) => [name, tags[0], split])).toEqual([
      ['t10k-images-idx3-ubyte › 1', '1', 'test'],
      ['t10k-images-idx3-ubyte › 2', '2', 'test'],
      ['train-images-idx3-ubyte › 1', '7', 'train'],
      ['train-images-idx3-ubyte › 2', '0', 'train'],
      ['train-images-idx3-ubyte › 3', '9', 'train'],
      ['train-images-idx3-ubyte › 4', '7', 'train'],
    ])
    const last = items.find(({ name }) => name === 'train-images-idx3-ubyte › 4')!
    expect(last).toMatchObject({ width: 2, height: 3, channels: 1 })
    expect([...decodePlainPng(await readBlob(project, last.media))!.pixels]).toEqual([18, 19, 20, 21, 22, 23])
  })

  it('pairs files that were chosen one by one, from folders of their own', async () => {
    const [a, b] = [join(source, 'a'), join(source, 'b')]
    mkdirSync(a)
    mkdirSync(b)
    writeFileSync(join(a, 'train-images-idx3-ubyte'), pictures(2))
    writeFileSync(join(b, 'train-labels-idx1-ubyte'), labels(3, 4))
    const { items } = await importPaths(project, [join(a, 'train-images-idx3-ubyte'), join(b, 'train-labels-idx1-ubyte')])
    expect(items.map(({ tags }) => tags)).toEqual([['3'], ['4']])
  })

  it.each([
    ['too short', pictures(4).subarray(0, -1), 'idx-wrong-size'],
    ['too long', Buffer.concat([pictures(4), Buffer.from([1])]), 'idx-wrong-size'],
    ['a gzip cut off', gzipSync(pictures(400)).subarray(0, -40), 'idx-wrong-size'],
    ['another type of number', idxFile([4, 3, 2], Buffer.alloc(24), 13), 'idx-not-idx'],
    ['something else', Buffer.from('These are not the digits you are looking for.'), 'idx-not-idx'],
    ['no size at all', idxFile([4, 0, 2], Buffer.alloc(0)), 'idx-not-idx'],
    ['nothing', Buffer.alloc(0), 'file-empty'],
    ['more bytes than any disk', idxFile([0xffffffff, 10_000, 10_000], Buffer.alloc(9)), 'file-too-large'],
    ['a bomb', gzipSync(Buffer.concat([idxFile([3_000_000, 10, 10], Buffer.alloc(0)), Buffer.alloc(1000)])), 'zip-bomb'],
  ])('takes nothing of a file with %s', async (_, bytes, code) => {
    put('train-images-idx3-ubyte', bytes)
    const { items, quarantined } = await importPaths(project, [source])
    expect(items).toEqual([])
    expect(quarantined).toMatchObject([{ file: 'train-images-idx3-ubyte', code }])
  })

  it('says both sizes in words', async () => {
    put('train-images-idx3-ubyte', pictures(4).subarray(0, -1))
    const { quarantined } = await importPaths(project, [source])
    expect(quarantined[0]!.reason).toBe('train-images-idx3-ubyte says 40 bytes but holds 39.')
  })

  it('takes the pictures without labels when those do not fit, and says so', async () => {
    put('train-images-idx3-ubyte', pictures(4))
    put('train-labels-idx1-ubyte', labels(1, 2, 3))
    const { items, quarantined } = await importPaths(project, [source])
    expect(items.map(({ tags }) => tags)).toEqual([[], [], [], []])
    expect(quarantined[0]!.reason).toBe('train-labels-idx1-ubyte has 3 labels for 4 pictures.')
  })

  it('ignores labels that belong to nothing', async () => {
    put('train-labels-idx1-ubyte', labels(1, 2, 3))
    expect(await importPaths(project, [source])).toMatchObject({ items: [], quarantined: [], ignored: 1 })
  })

  it('reads headers exactly', () => {
    expect(readIdxHeader(pictures(4), 'x')).toEqual({ dimensions: [4, 3, 2], start: 16, length: 24 })
    expect(readIdxHeader(labels(4), 'x')).toEqual({ dimensions: [1], start: 8, length: 1 })
    expect(() => readIdxHeader(idxFile([2, 2], Buffer.alloc(4)), 'x')).toThrow('x is not an IDX file.')
  })
})
