import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ImportResult } from '../../../../src/contract/datasets'
import { Version } from '../../../../src/contract/nouns'
import type { Job } from '../../../../src/contract/nouns'
import { Pack } from '../../../../src/contract/trainer'
import { createDatasets } from '../../../../src/main/datasets'
import type { Datasets } from '../../../../src/main/datasets'
import { createGrants } from '../../../../src/main/grants'
import type { Grants } from '../../../../src/main/grants'
import { createJobs } from '../../../../src/main/jobs'
import type { Jobs } from '../../../../src/main/jobs'
import { program } from '../../../../src/main/programs'
import { openStore } from '../../../../src/main/store'
import type { Store } from '../../../../src/main/store'
import { picture, writeMixedFolder } from '../../../support/broken-files'
import { temporaryFolder } from '../../../support/import-run'

const built = existsSync(program('import-worker')) && existsSync(program('store-worker'))
if (process.env.CI && !built) throw new Error('out/main is missing: build first')

describe.skipIf(!built)('datasets over their workers (needs the built workers)', () => {
  let base: string
  let folder: string
  let remove: () => void
  let store: Store
  let jobs: Jobs
  let grants: Grants
  let datasets: Datasets

  async function open(create?: { name: string }) {
    store = await openStore(folder, { create })
    jobs = createJobs()
    grants = createGrants()
    datasets = createDatasets({ store, folder, jobs, grants })
  }
  async function close() {
    await datasets.close()
    await jobs.close()
    await grants.close()
    await store.close()
  }
  beforeEach(async () => {
    ;({ folder: base, remove } = temporaryFolder())
    folder = join(base, 'p.latent')
    await open({ name: 'P' })
  })
  afterEach(async () => {
    await close()
    remove()
  })

  const result = async (started: Promise<{ job: string }>, onProgress?: (job: Job) => void) =>
    jobs.result((await started).job, onProgress)
  const preparation = { size: 16, colour: 'auto', fit: 'cover', testShare: 0.1, seed: 0 } as const
  const sample = async (count = 40) =>
    ImportResult.parse(await result(datasets.sample({ sample: 'cartoon-faces', count, seed: 1 })))

  it('imports a folder: items, tags, thumbnails, and each bad file with its reason', async () => {
    const source = join(base, 'pictures')
    mkdirSync(source)
    const broken = await writeMixedFolder(source)
    const seen: number[] = []
    const grant = grants.give(source)
    const imported = ImportResult.parse(
      await result(datasets.import({ grants: [grant] }), ({ done, total }) => {
        expect(done).toBeLessThanOrEqual(total)
        seen.push(done)
      }),
    )
    expect(imported).toMatchObject({ kind: 'images', items: 180, added: 180, classes: 3, duplicates: 0, ignored: 1 })
    expect(imported.quarantined).toHaveLength(20)
    expect(await datasets.quarantined({ dataset: imported.dataset })).toEqual(imported.quarantined)
    expect(seen.length).toBeGreaterThan(0)
    expect((await datasets.list()).map(({ name, items, quarantined }) => [name, items, quarantined])).toEqual([
      ['pictures', 180, 20],
    ])
    expect(await datasets.tags({ dataset: imported.dataset })).toEqual([
      { name: 'cats', items: 90 },
      { name: 'dogs', items: 90 },
      { name: 'small', items: 90 },
    ])
    const { items } = await datasets.items({ dataset: imported.dataset, offset: 0, limit: 5, tag: 'cats' })
    for (const { id } of items) expect(existsSync(join(folder, (await store.itemBlob(id, 'thumbnail')).file))).toBe(true)
    // A grant is for one import.
    expect(() => grants.path(grant)).toThrow('no longer available')

    const again = await result(datasets.import({ grants: [grants.give(source)], dataset: imported.dataset }))
    expect(again).toMatchObject({ dataset: imported.dataset, items: 180, added: 0, duplicates: 180 })
    expect(broken).toHaveLength(20)
  })

  it('says when there is nothing to import, and leaves no empty dataset', async () => {
    const source = join(base, 'texts')
    mkdirSync(source)
    writeFileSync(join(source, 'a.dat'), 'a')
    await expect(result(datasets.import({ grants: [grants.give(source)] }))).rejects.toMatchObject({
      code: 'nothing-found',
      details: { file: 'texts' },
    })
    await expect(result(datasets.import({ grants: [grants.give(join(base, 'absent'))] }))).rejects.toMatchObject({
      code: 'path-not-found',
    })
    await expect(datasets.import({ grants: [grants.give(source)], dataset: 'none' })).rejects.toMatchObject({ code: 'not-found' })
    await expect(datasets.import({ grants: ['g'] })).rejects.toMatchObject({ code: 'grant-unknown' })
    await expect(datasets.import({ grants: [grants.give(source)], kind: 'sounds' })).rejects.toMatchObject({
      code: 'wrong-input',
    })
    expect(await datasets.list()).toEqual([])
  })

  it('freezes a version that a trainer can read, and gives the same one back', async () => {
    const { dataset } = await sample()
    expect(await datasets.suggest({ dataset })).toMatchObject({ size: 64, colour: 'auto' })
    const version = Version.parse(await result(datasets.freeze({ dataset, preparation })))
    expect(version).toMatchObject({ dataset, number: 1, name: 'v1', items: 40, train: 36, test: 4, channels: 3, preparation })
    const files = join(folder, 'versions', version.id)
    const pack = Pack.parse(JSON.parse(readFileSync(join(files, 'pack.json'), 'utf8')))
    expect(pack).toMatchObject({ items: 40, train: 36, height: 16, width: 16, channels: 3 })
    const data = readFileSync(join(files, 'data.bin'))
    expect(data).toHaveLength(40 * 16 * 16 * 3)

    expect(await result(datasets.freeze({ dataset, preparation }))).toEqual(version)
    // Files that are gone are built again, to the same bytes.
    rmSync(files, { recursive: true })
    expect(await result(datasets.freeze({ dataset, preparation }))).toEqual(version)
    expect(readFileSync(join(files, 'data.bin')).equals(data)).toBe(true)
    expect(await result(datasets.freeze({ dataset, preparation: { ...preparation, size: 8 } }))).toMatchObject({ number: 2 })
    expect((await datasets.versions({ dataset })).map(({ number }) => number)).toEqual([2, 1])

    const [one] = await store.getItems([pack.ids[3]!])
    const source = join(base, 'stranger.png')
    writeFileSync(source, await picture('png', 1))
    const prepared = await datasets.prepare({ items: [one!.id], paths: [source] }, version.id)
    expect(prepared).toHaveLength(2 * 768)
    expect(Buffer.from(prepared.subarray(0, 768)).equals(data.subarray(3 * 768, 4 * 768))).toBe(true)
  })

  it('freezes what is present, and refuses too little', async () => {
    const { dataset } = await sample(16)
    const { items } = await datasets.items({ dataset, offset: 0, limit: 9 })
    const ids = items.map(({ id }) => id)
    expect(await datasets.removeItems({ items: ids })).toEqual({ removed: 9 })
    await expect(datasets.freeze({ dataset, preparation })).rejects.toMatchObject({
      code: 'dataset-empty',
      message: 'Cartoon faces has too few pictures to train on.',
    })
    expect(await datasets.restoreItems({ items: ids.slice(0, 3) })).toEqual({ restored: 3 })
    expect(await result(datasets.freeze({ dataset, preparation }))).toMatchObject({ items: 10 })
    expect(await datasets.rename({ dataset, name: 'Faces' })).toMatchObject({ name: 'Faces', items: 10 })
  })

  it('cancels an import and a freeze; what is in stays, and nothing half made', async () => {
    const { job } = await datasets.sample({ sample: 'cartoon-faces', count: 20_000, seed: 1 })
    await until(async () => (jobs.list().find(({ id }) => id === job)?.done ?? 0) > 100)
    jobs.cancel(job)
    await expect(jobs.result(job)).rejects.toMatchObject({ name: 'AbortError' })
    expect(jobs.list().find(({ id }) => id === job)).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } })
    const [dataset] = await datasets.list()
    expect(dataset!.items).toBeGreaterThan(0)
    expect(dataset!.items).toBeLessThan(20_000)

    const freezing = await datasets.freeze({ dataset: dataset!.id, preparation })
    jobs.cancel(freezing.job)
    await expect(jobs.result(freezing.job)).rejects.toMatchObject({ name: 'AbortError' })
    expect(existsSync(join(folder, 'versions')) ? readdirSync(join(folder, 'versions')) : []).toEqual([])
  })

  it('ends its work when the project closes and tidies up when it opens', async () => {
    await datasets.sample({ sample: 'cartoon-faces', count: 20_000, seed: 1 })
    await close()
    mkdirSync(join(folder, 'versions', 'orphan'), { recursive: true })
    mkdirSync(join(folder, 'media', 'packs'), { recursive: true })
    writeFileSync(join(folder, 'media', 'packs', '.x.pack.0123456789ab.tmp'), 'half')
    await open()
    await datasets.close()
    expect(readdirSync(join(folder, 'versions'))).toEqual([])
    expect(readdirSync(join(folder, 'media', 'packs')).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}
