import Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Run } from '../../../../src/contract/nouns'
import { migrate } from '../../../../src/main/store/migrations'
import { createQueries } from '../../../../src/main/store/queries'
import type { Queries } from '../../../../src/main/store/queries'
import type { NewItem } from '../../../../src/main/store/store'

let client: Database.Database
let store: Queries
beforeEach(() => {
  client = new Database(':memory:')
  client.pragma('foreign_keys = ON')
  migrate(client)
  client.prepare('insert into project values (?, ?, ?)').run('p', 'Project', 1)
  store = createQueries(client)
})

const picture = (n: number, change: Partial<NewItem> = {}): NewItem => ({
  name: `cats/${n}.png`,
  sha256: n.toString(16).padStart(64, '0'),
  width: 32 + n,
  height: 64,
  channels: 3,
  split: null,
  tags: [],
  caption: null,
  media: { file: 'media/packs/a.pack', offset: n * 10, length: 10 + n, type: 'image/png' },
  thumbnail: null,
  ...change,
})

const preparation = { size: 32, colour: 'auto' as const, fit: 'cover' as const, testShare: 0.1, seed: 0 }

function run(id: string, change: Partial<Run> = {}): Run {
  const dataset = store.listDatasets()[0] ?? store.createDataset({ name: 'Cats', kind: 'images' })
  const version = store.createVersion({
    id: 'v',
    dataset: dataset.id,
    preparation,
    items: 1,
    train: 1,
    test: 0,
    channels: 3,
    fingerprint: 'f',
  })
  return {
    id,
    name: 'Run 1',
    recipe: 'vae',
    version: version.id,
    dataset: dataset.id,
    status: 'queued',
    settings: { width: 32, nested: { a: [1] } },
    training: {
      optimizer: 'adam',
      learningRate: 0.001,
      batchSize: 64,
      momentum: 0.9,
      beta1: 0.9,
      beta2: 0.999,
      l1: 0,
      l2: 0,
      weightDecay: 0,
      clipNorm: 0,
    },
    balance: { by: 'repeat', tags: ['hat', 'beard'] },
    augment: ['flip', 'light'],
    stop: { by: 'steps', steps: 100 },
    seed: 4294967295,
    engine: null,
    facts: null,
    step: 0,
    totalSteps: null,
    epoch: 0.25,
    seconds: 0,
    stepsPerSecond: null,
    waiting: 0.5,
    secondsLeft: null,
    losses: { total: 1.5 },
    resumedFrom: null,
    origin: null,
    exact: true,
    compiled: false,
    compileSeconds: 0,
    error: null,
    createdAt: 5,
    updatedAt: 5,
    ...change,
  }
}

describe('datasets and items', () => {
  it('takes an item once, counts it again as a duplicate and keeps its new tags', () => {
    const { id } = store.createDataset({ name: 'Cats', kind: 'images' })
    expect(store.addItems(id, [picture(1, { tags: ['cat'] }), picture(2)])).toEqual({ added: 2, duplicates: 0 })
    expect(store.addItems(id, [picture(1, { name: 'again.png', tags: ['tom', 'cat'] }), picture(3)])).toEqual({
      added: 1,
      duplicates: 1,
    })
    expect(store.listTags(id)).toEqual([
      { name: 'cat', items: 1 },
      { name: 'tom', items: 1 },
    ])
    expect(store.getDataset(id)).toMatchObject({ name: 'Cats', kind: 'images', items: 3, classes: 2, quarantined: 0 })
  })

  it('describes an item that is not described yet, or anew where that is asked for', () => {
    const { id } = store.createDataset({ name: 'Cats', kind: 'images' })
    const captions = () => store.storedPage(id, -1, 9).items.map(({ caption }) => caption)
    store.addItems(id, [picture(1, { caption: 'a cat' }), picture(2)])
    expect(captions()).toEqual(['a cat', null])
    store.addItems(id, [picture(1, { caption: 'a tom' }), picture(2, { caption: 'a kitten' })])
    expect(captions()).toEqual(['a cat', 'a kitten'])
    store.addItems(id, [picture(1, { caption: 'a tom' }), picture(2)], true)
    expect(captions()).toEqual(['a tom', 'a kitten'])
    const [newest] = store.listItems({ dataset: id, offset: 0, limit: 1 }).items
    expect(newest!.caption).toBe('a kitten')
    store.setCaption(newest!.id, null)
    expect(captions()).toEqual(['a tom', null])
    expect(() => store.setCaption('nobody', 'x')).toThrow('There is no item')
  })

  it('lists windows newest first, narrowed by a tag', () => {
    const { id } = store.createDataset({ name: 'Cats', kind: 'images' })
    store.addItems(
      id,
      Array.from({ length: 10 }, (_, n) =>
        picture(n, { tags: n % 2 ? ['odd', 'any'] : ['any'], split: n < 5 ? 'train' : 'test' }),
      ),
    )
    const window = store.listItems({ dataset: id, offset: 2, limit: 3 })
    expect(window.total).toBe(10)
    expect(window.items.map((item) => item.name)).toEqual(['cats/7.png', 'cats/6.png', 'cats/5.png'])
    expect(window.items[0]).toMatchObject({ width: 39, height: 64, bytes: 17, split: 'test', tags: ['any', 'odd'] })
    const odd = store.listItems({ dataset: id, offset: 1, limit: 9, tag: 'odd' })
    expect([odd.total, odd.items.map((item) => item.name)]).toEqual([5, ['cats/7.png', 'cats/5.png', 'cats/3.png', 'cats/1.png']])
    expect(store.listItems({ dataset: id, offset: 0, limit: 9, tag: 'none' })).toEqual({ total: 0, items: [] })
  })

  it('sets items aside and puts them back, in windows, tags and counts', () => {
    const { id } = store.createDataset({ name: 'Cats', kind: 'images' })
    store.addItems(id, [picture(1, { tags: ['cat'] }), picture(2, { tags: ['cat'] })])
    const [newest] = store.listItems({ dataset: id, offset: 0, limit: 1 }).items
    expect(store.setRemoved([newest!.id], true)).toBe(1)
    expect(store.setRemoved([newest!.id], true)).toBe(0)
    expect(store.getDataset(id)).toMatchObject({ items: 1, classes: 1 })
    expect(store.listTags(id)).toEqual([{ name: 'cat', items: 1 }])
    expect(store.listItems({ dataset: id, offset: 0, limit: 9, tag: 'cat' }).total).toBe(1)
    expect(store.storedPage(id, -1, 10).items.map((item) => item.name)).toEqual(['cats/1.png'])
    // An item that was set aside stays aside when its file comes again, with its new tags.
    store.addItems(id, [picture(2, { tags: ['tom'] })])
    expect(store.listTags(id)).toEqual([{ name: 'cat', items: 1 }])
    expect(store.setRemoved([newest!.id], false)).toBe(1)
    expect(store.listTags(id)).toEqual([
      { name: 'cat', items: 2 },
      { name: 'tom', items: 1 },
    ])
  })

  it('finds the bytes of an item and of its thumbnail', () => {
    const { id } = store.createDataset({ name: 'Cats', kind: 'images' })
    const thumbnail = { file: 'media/packs/t.pack', offset: 5, length: 6, type: 'image/webp' }
    store.addItems(id, [picture(1), picture(2, { thumbnail })])
    const [two, one] = store.listItems({ dataset: id, offset: 0, limit: 2 }).items
    expect(store.itemBlob(two!.id, 'thumbnail')).toEqual(thumbnail)
    expect(store.itemBlob(two!.id, 'media')).toEqual(picture(2).media)
    expect(store.itemBlob(one!.id, 'thumbnail')).toEqual(picture(1).media)
    expect(store.getItems([one!.id, two!.id]).map((item) => item.name)).toEqual(['cats/1.png', 'cats/2.png'])
    expect(() => store.getItems(['x'])).toThrow('There is no item “x”.')
  })

  it('tells the shapes', () => {
    const { id } = store.createDataset({ name: 'Cats', kind: 'images' })
    expect(store.shapes(id)).toEqual({ items: 0, medianSide: 0, grey: 0, rgba: 0 })
    store.addItems(id, [picture(1, { channels: 1 }), picture(2, { channels: 4 }), picture(90)])
    expect(store.shapes(id)).toEqual({ items: 3, medianSide: 34, grey: 1, rgba: 1 })
  })

  it('names set-aside files once, with the newest reason', () => {
    const { id } = store.createDataset({ name: 'Cats', kind: 'images' })
    store.addQuarantined(id, [{ file: 'a.png', code: 'file-empty', reason: 'a.png is empty.' }])
    store.addQuarantined(id, [{ file: 'a.png', code: 'file-truncated', reason: 'cut' }])
    expect(store.listQuarantined(id)).toEqual([{ file: 'a.png', code: 'file-truncated', reason: 'cut' }])
    expect(store.getDataset(id).quarantined).toBe(1)
    expect(() => store.addQuarantined('none', [])).toThrow('There is no dataset “none”.')
  })

  it('reads windows, tags and counts by their indexes, so that 100,000 items are as quick as 100', () => {
    const plan = (sql: string) =>
      (client.prepare(`explain query plan ${sql}`).all() as { detail: string }[]).map((row) => row.detail).join('; ')
    expect(plan("select seq from items where dataset = 'd' and removed = 0 order by seq desc limit 200 offset 5")).toMatch(
      /^SEARCH items USING COVERING INDEX items_window \(dataset=\? AND removed=\?\)$/,
    )
    expect(plan('select item from item_tags where tag = 1 and removed = 0 order by item desc limit 200')).toMatch(
      /^SEARCH item_tags USING (COVERING )?INDEX item_tags_window \(tag=\? AND removed=\?\)$/,
    )
  })
})

describe('versions', () => {
  it('numbers them by dataset and gives the same fingerprint the same version', () => {
    const { id: dataset } = store.createDataset({ name: 'Cats', kind: 'images' })
    const about = { dataset, preparation, items: 10, train: 9, test: 1, channels: 3 }
    const one = store.createVersion({ ...about, id: 'v1', fingerprint: 'a' })
    expect(one).toMatchObject({ id: 'v1', number: 1, name: 'v1', preparation })
    expect(store.createVersion({ ...about, id: 'other', fingerprint: 'a' })).toEqual(one)
    expect(store.createVersion({ ...about, id: 'v2', fingerprint: 'b' })).toMatchObject({ number: 2, name: 'v2' })
    expect(store.findVersion(dataset, 'a')).toEqual(one)
    expect(store.findVersion(dataset, 'c')).toBeNull()
    expect(store.listVersions(dataset).map((version) => version.id)).toEqual(['v2', 'v1'])
    expect(() => store.createVersion({ ...about, dataset: 'none', id: 'x', fingerprint: 'x' })).toThrow('no dataset')
  })
})

describe('runs and their records', () => {
  it('gives back what was stored', () => {
    const stored = run('r1', { facts: { id: 'wasm', version: '1', device: 'cpu', threads: 2, flags: { a: 'b' } } })
    expect(store.createRun(stored)).toEqual(stored)
    expect(store.getRun('r1')).toEqual(stored)
    const failed = store.updateRun('r1', { status: 'failed', error: { code: 'x', message: 'y', hint: 'z' }, step: 7 })
    expect(failed).toEqual({
      ...stored,
      status: 'failed',
      error: { code: 'x', message: 'y', hint: 'z' },
      step: 7,
      updatedAt: failed.updatedAt,
    })
    expect(failed.updatedAt).toBeGreaterThan(5)
    expect(store.updateRun('r1', { error: null }).error).toBeNull()
  })

  it('finds a run by id, by name (the newest) and as latest', () => {
    store.createRun(run('r1', { name: 'Faces' }))
    store.createRun(run('r2', { name: 'Faces' }))
    store.createRun(run('r3', { name: 'Other' }))
    expect(['r1', 'Faces', 'latest'].map((name) => store.findRun(name).id)).toEqual(['r1', 'r2', 'r3'])
    expect(store.listRuns().map((one) => one.id)).toEqual(['r3', 'r2', 'r1'])
    expect(() => store.findRun('none')).toThrow('There is no run “none”.')
  })

  it('thins metric rows evenly and keeps the first and the last', () => {
    store.createRun(run('r1'))
    const rows = Array.from({ length: 1000 }, (_, n) => ({ step: n * 2, seconds: n / 10, losses: { total: n } }))
    store.appendMetrics('r1', rows)
    store.appendMetrics('r1', rows.slice(-3))
    expect(store.readMetrics('r1', -1, 5000)).toEqual(rows)
    expect(store.readMetrics('r1', 1995, 10)).toEqual(rows.slice(-2))
    for (const limit of [2, 3, 7, 100, 999]) {
      const thin = store.readMetrics('r1', -1, limit)
      expect(thin).toHaveLength(limit)
      expect([thin[0], thin.at(-1)]).toEqual([rows[0], rows.at(-1)])
      const gaps = thin.slice(1).map((row, k) => row.step - thin[k]!.step)
      expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(2)
    }
  })

  it('rewinds to a step and forgets all of a removed run', () => {
    store.createRun(run('r1'))
    const sheets = [{ name: 'generated' as const, count: 4, columns: 2, width: 8, height: 8 }]
    for (const step of [10, 20, 30]) {
      store.appendMetrics('r1', [{ step, seconds: 1, losses: {} }])
      store.addSample({ run: 'r1', step, sheets })
      store.addCheckpoint('r1', { step, seconds: 1, bytes: 100 })
    }
    store.rewind('r1', 20)
    expect(store.readMetrics('r1', -1, 10).map((row) => row.step)).toEqual([10, 20])
    expect(store.listSamples('r1')).toEqual([10, 20].map((step) => ({ run: 'r1', step, sheets })))
    store.removeCheckpoint('r1', 10)
    expect(store.listCheckpoints('r1')).toMatchObject([{ step: 20, seconds: 1, bytes: 100 }])
    const result = { id: 'e', run: 'r1', format: 'onnx' as const, files: [], verified: true, maxDifference: null, checkedBy: 'x' }
    store.addExport(result)
    expect(store.listExports('r1')).toEqual([result])
    store.removeRun('r1')
    expect([
      store.listSamples('r1'),
      store.listExports('r1'),
      store.listCheckpoints('r1'),
      store.readMetrics('r1', -1, 9),
    ]).toEqual([[], [], [], []])
    expect(client.pragma('foreign_key_check')).toEqual([])
  })
})
