import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Pack, blobPath, readBlob, sha256, storeFile, sweepMedia } from '../../../src/main/media'
import { temporaryName } from '../../../src/main/durable'
import { temporaryFolder } from '../../support/import-run'

let project: string
let remove: () => void
beforeEach(() => ({ folder: project, remove } = temporaryFolder()))
afterEach(() => remove())

describe('media', () => {
  it('packs small bytes one after the other under the hash of the whole', async () => {
    const pack = new Pack(project)
    const [one, two] = [pack.add(Buffer.from('one'), 'image/png'), pack.add(Buffer.from('three'), 'image/gif')]
    await pack.seal()
    const file = `media/packs/${sha256(Buffer.from('onethree'))}.pack`
    expect([one, two]).toEqual([
      { file, offset: 0, length: 3, type: 'image/png' },
      { file, offset: 3, length: 5, type: 'image/gif' },
    ])
    expect(String(await readBlob(project, two))).toBe('three')
    await pack.seal()
    expect(readdirSync(join(project, 'media', 'packs'))).toHaveLength(1)
  })

  it('is full at a thousand items or 16 MiB', () => {
    const pack = new Pack(project)
    for (let n = 0; n < 999; n++) pack.add(new Uint8Array(1), 'x')
    expect(pack.full).toBe(false)
    pack.add(new Uint8Array(1), 'x')
    expect(pack.full).toBe(true)
    const heavy = new Pack(project)
    heavy.add(new Uint8Array(16 * 1024 * 1024), 'x')
    expect(heavy.full).toBe(true)
  })

  it('stores large bytes under their own hash, once, and again when they are not whole', async () => {
    const bytes = Buffer.alloc(100_000, 7)
    const blob = await storeFile(project, bytes, sha256(bytes), 'image/png')
    expect(blob.file).toBe(`media/${sha256(bytes).slice(0, 2)}/${sha256(bytes)}`)
    truncateSync(blobPath(project, blob), 10)
    await expect(readBlob(project, blob)).rejects.toMatchObject({ code: 'file-unreadable' })
    expect(await storeFile(project, bytes, sha256(bytes), 'image/png')).toEqual(blob)
    expect((await readBlob(project, blob)).equals(bytes)).toBe(true)
  })

  it.each([
    '../../etc/passwd',
    'media/../project.db',
    '/etc/passwd',
    'media/packs/x.pack',
    `media/ab/${'a'.repeat(64)}/..`,
    'project.db',
  ])('refuses a place it never writes: %s', (file) => {
    expect(() => blobPath(project, { file })).toThrow('is not a Latent Studio project')
  })

  it('sweeps what a crash left half written', async () => {
    const bytes = Buffer.from('whole')
    await storeFile(project, bytes, sha256(bytes), 'image/png')
    mkdirSync(join(project, 'media', 'packs'))
    writeFileSync(temporaryName(join(project, 'media', 'packs', 'a.pack')), 'half')
    await sweepMedia(project)
    expect(readdirSync(join(project, 'media', 'packs'))).toEqual([])
    expect(readdirSync(join(project, 'media', sha256(bytes).slice(0, 2)))).toEqual([sha256(bytes)])
  })
})
