import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Preparation } from '../../../../src/contract/nouns'
import { channelsOf, preparePicture, preparePictures, writePack } from '../../../../src/main/datasets/freeze'
import { encodePng } from '../../../../src/main/datasets/png'
import { fingerprintOf, splitItems } from '../../../../src/main/datasets/split'
import { isWhole } from '../../../../src/main/datasets/versions'
import { Pack as MediaPack, sha256 } from '../../../../src/main/media'
import type { StoredItem } from '../../../../src/main/store/store'
import { picture } from '../../../support/broken-files'
import { temporaryFolder } from '../../../support/import-run'

let project: string
let remove: () => void
beforeEach(() => ({ folder: project, remove } = temporaryFolder()))
afterEach(() => remove())

const preparation = (change: Partial<Preparation> = {}): Preparation => ({
  size: 8,
  colour: 'auto',
  fit: 'cover',
  testShare: 0.25,
  seed: 0,
  ...change,
})
const quiet = { signal: new AbortController().signal, progress() {} }

/** Items of these bytes, stored. */
async function stored(all: Uint8Array[], about: (n: number) => Partial<StoredItem> = () => ({})): Promise<StoredItem[]> {
  const pack = new MediaPack(project)
  const items = all.map((bytes, n) => ({
    id: `i${n}`,
    name: `${n}.png`,
    sha256: sha256(bytes),
    channels: 3,
    split: null,
    removed: false,
    tags: [],
    caption: null,
    media: pack.add(bytes, 'image/png'),
    ...about(n),
  }))
  await pack.seal()
  return items
}
const grey = (value: number) => encodePng({ width: 8, height: 8, channels: 1, pixels: new Uint8Array(64).fill(value) })
const greys = (count: number, about?: (n: number) => Partial<StoredItem>) =>
  stored(
    Array.from({ length: count }, (_, n) => grey(n)),
    about,
  )

describe('splitting', () => {
  it('is a function of pictures and seed, not of their order', async () => {
    const items = await greys(40)
    const one = splitItems(items, preparation())
    expect(one.train).toBe(30)
    expect(splitItems(items.toReversed(), preparation())).toEqual(one)
    const other = splitItems(items, preparation({ seed: 1 }))
    expect(other.items.map(({ id }) => id)).not.toEqual(one.items.map(({ id }) => id))
    expect(new Set(other.items.map(({ id }) => id)).size).toBe(40)
  })

  it('keeps a published split and shares out only the rest', async () => {
    const items = await greys(40, (n) => ({ split: n < 10 ? 'test' : n < 20 ? 'train' : null }))
    const { items: ordered, train } = splitItems(items, preparation({ testShare: 0.5 }))
    const test = ordered.slice(train)
    expect([train, test.length]).toEqual([20, 20])
    expect(test.filter(({ split }) => split === 'test')).toHaveLength(10)
    expect(ordered.slice(0, train).filter(({ split }) => split === 'train')).toHaveLength(10)
    expect(splitItems(items, preparation({ testShare: 0 })).train).toBe(30)
    // Half a published split is none: something must train, something must measure.
    expect(splitItems(items.slice(0, 10), preparation({ testShare: 0.5 })).train).toBe(5)
    expect(splitItems(items.slice(10, 20), preparation({ testShare: 0.5 })).train).toBe(5)
  })

  it('has a fingerprint that changes with anything that changes the tensors', async () => {
    const items = await greys(12)
    const of = (change: Partial<Preparation>, some = items) =>
      fingerprintOf(splitItems(some, preparation(change)), preparation(change))
    const tagged = items.map((item, n) => (n === 0 ? { ...item, tags: ['cat'] } : item))
    const captioned = (caption: string) => items.map((item, n) => (n === 0 ? { ...item, caption } : item))
    const all = [
      of({}),
      of({ size: 16 }),
      of({ colour: 'rgb' }),
      of({ fit: 'contain' }),
      of({ testShare: 0.5 }),
      of({ seed: 1 }),
      of({}, tagged),
      of({}, captioned('cat')),
      of({}, captioned('a cat')),
      of({}, items.slice(1)),
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(of({}, items.toReversed())).toBe(all[0])
  })
})

describe('freezing', () => {
  it('writes bytes by position, training items first, tags beside them, and sums of both', async () => {
    const items = await greys(12, (n) => ({
      channels: 1,
      tags: n % 3 ? ['odd'] : ['even', 'third'],
      split: n === 5 ? 'test' : 'train',
    }))
    const parts = splitItems(items, preparation())
    const folder = join(project, 'versions', 'v')
    const progress: number[] = []
    const pack = await writePack(project, folder, parts, preparation(), 1, { ...quiet, progress: (done) => progress.push(done) })
    expect(pack).toMatchObject({ items: 12, train: 11, height: 8, width: 8, channels: 1, tags: ['even', 'odd', 'third'] })
    expect(pack.ids.at(-1)).toBe('i5')
    expect(JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8'))).toEqual(pack)
    const [data, tags] = [readFileSync(join(folder, 'data.bin')), readFileSync(join(folder, 'tags.bin'))]
    pack.ids.forEach((id, at) => {
      const n = Number(id.slice(1))
      expect(data.subarray(at * 64, at * 64 + 64).equals(Buffer.alloc(64, n))).toBe(true)
      expect([...tags.subarray(at * 3, at * 3 + 3)]).toEqual(n % 3 ? [0, 1, 0] : [1, 0, 1])
    })
    const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    expect(pack.sha256).toEqual({ data: sum(data), tags: sum(tags) })
    expect(progress).toEqual(Array.from({ length: 12 }, (_, n) => n + 1))
  })

  it('writes how often the words of captions stand in each, where there are any', async () => {
    const captions = ['A cat, a hat', 'the Cat sleeps', null, '一只猫', '猫睡', 'a a unique']
    const items = await greys(6, (n) => ({ channels: 1, caption: captions[n]! }))
    const folder = join(project, 'versions', 'v')
    const write = (some: StoredItem[]) => writePack(project, folder, splitItems(some, preparation()), preparation(), 1, quiet)
    const pack = await write(items)
    // A word that one caption alone has can be learned from nothing.
    expect(pack.words).toEqual(['a', 'cat', '猫'])
    const words = readFileSync(join(folder, 'words.bin'))
    const rows = [
      [2, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
      [0, 0, 1],
      [0, 0, 1],
      [2, 0, 0],
    ]
    pack.ids.forEach((id, at) => expect([...words.subarray(at * 3, at * 3 + 3)]).toEqual(rows[Number(id.slice(1))]))
    expect(pack.sha256.words).toBe(createHash('sha256').update(words).digest('hex'))
    expect(await isWhole(folder)).toBe(true)
    writeFileSync(join(folder, 'words.bin'), words.subarray(1))
    expect(await isWhole(folder)).toBe(false)
    expect(await write(items.toReversed())).toEqual(pack)
    expect(Object.keys(await write(items.slice(2, 3)))).not.toContain('words')
  })

  it('chooses channels by what is in the pictures', () => {
    const of = (...channels: number[]) =>
      channelsOf(
        'auto',
        channels.map((one) => ({ channels: one })),
      )
    expect([of(1, 1, 1), of(1, 1, 3), of(4, 4, 3), of(4, 3, 3), of(2, 2, 1), of(2, 1, 1)]).toEqual([1, 3, 4, 3, 4, 1])
    expect(channelsOf('grey', [{ channels: 4 }])).toBe(1)
  })

  it('lays what is see-through on white, and hides the colour of what cannot be seen', async () => {
    const clear = await sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 200, g: 10, b: 10, alpha: 0 } } })
      .png()
      .toBuffer()
    const half = await sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } } })
      .png()
      .toBuffer()
    expect([...(await preparePicture(clear, preparation(), 3)).subarray(0, 3)]).toEqual([255, 255, 255])
    expect((await preparePicture(clear, preparation(), 1))[0]).toBe(255)
    expect([...(await preparePicture(clear, preparation(), 4)).subarray(0, 4)]).toEqual([0, 0, 0, 0])
    expect((await preparePicture(half, preparation(), 1))[0]).toBeGreaterThan(120)
    expect((await preparePicture(half, preparation(), 1))[0]).toBeLessThan(135)
  })

  it.each([
    ['cover', [255, 0, 0], [255, 0, 0]],
    ['contain', [255, 255, 255], [255, 0, 0]],
    ['stretch', [255, 0, 0], [255, 0, 0]],
  ] as const)('fits a wide picture by %s', async (fit, corner, middle) => {
    const wide = await sharp({ create: { width: 40, height: 10, channels: 3, background: '#ff0000' } })
      .png()
      .toBuffer()
    const pixels = await preparePicture(wide, preparation({ fit }), 3)
    expect([...pixels.subarray(0, 3)]).toEqual(corner)
    expect([...pixels.subarray((4 * 8 + 4) * 3, (4 * 8 + 4) * 3 + 3)]).toEqual(middle)
  })

  it('prepares our own pictures and a library’s alike', async () => {
    const pixels = Uint8Array.from({ length: 16 * 16 * 3 }, (_, n) => (n * 37) % 256)
    const ours = encodePng({ width: 16, height: 16, channels: 3, pixels })
    const theirs = await sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } })
      .png({ adaptiveFiltering: true })
      .toBuffer()
    for (const size of [8, 16, 20])
      for (const channels of [1, 3, 4] as const)
        expect(
          Buffer.from(await preparePicture(ours, preparation({ size }), channels)).equals(
            await preparePicture(theirs, preparation({ size }), channels),
          ),
        ).toBe(true)
    expect(Buffer.from(await preparePicture(ours, preparation({ size: 16 }), 3)).equals(pixels)).toBe(true)
  })

  it('does not train on bytes that were damaged on the disk', async () => {
    const items = await greys(8)
    const file = join(project, items[0]!.media.file)
    const bytes = readFileSync(file)
    bytes[items[3]!.media.offset + 50]! ^= 1
    writeFileSync(file, bytes)
    await expect(preparePictures(project, items, [], preparation(), 1)).rejects.toMatchObject({
      code: 'file-unreadable',
      details: { file: '3.png' },
    })
  })

  it('stops when it is cancelled', async () => {
    const parts = splitItems(await greys(12), preparation())
    const abort = new AbortController()
    const progress = (done: number) => done === 3 && abort.abort()
    await expect(
      writePack(project, join(project, 'versions', 'v'), parts, preparation(), 1, { signal: abort.signal, progress }),
    ).rejects.toMatchObject({
      name: 'AbortError',
    })
  })

  it('prepares items and strangers’ files for a model', async () => {
    const items = await greys(2)
    const file = join(project, 'stranger.png')
    writeFileSync(file, await picture('png', 1))
    const pixels = await preparePictures(project, items, [file], preparation(), 3)
    expect(pixels).toHaveLength(3 * 8 * 8 * 3)
    expect([...pixels.subarray(192, 195)]).toEqual([1, 1, 1])
    writeFileSync(file, 'text')
    await expect(preparePictures(project, [], [file], preparation(), 3)).rejects.toMatchObject({
      code: 'file-not-picture',
      details: { file: 'stranger.png' },
    })
    await expect(preparePictures(project, [], [project], preparation(), 3)).rejects.toMatchObject({ code: 'file-not-picture' })
  })
})
