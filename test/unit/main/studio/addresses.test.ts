import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findMedia } from '../../../../src/main/addresses'
import type { OpenProject } from '../../../../src/main/projects'
import type { Blob } from '../../../../src/main/store/store'

let root: string
let project: OpenProject
const HASH = 'ab'.repeat(32)
const blobs: Record<string, Blob> = {
  item1: { file: `media/ab/${HASH}`, offset: 4, length: 7, type: 'image/jpeg' },
  hostile: { file: '../secret', offset: 0, length: 6, type: 'image/png' },
  sibling: { file: '../project-two/secret', offset: 0, length: 6, type: 'image/png' },
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'latent-addresses-'))
  const folder = join(root, 'project')
  const put = async (path: string, text = 'content') => {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await put(`media/ab/${HASH}`)
  await put('runs/run1/samples/100/generated.png')
  await put('runs/run1/maps/100.points.f32')
  await put('runs/run1/run.json')
  await put('exports/ex1/model.onnx')
  await put('exports/ex1/sheet.png')
  await put('project.db')
  await writeFile(join(root, 'secret'), 'secret')
  await symlink(join(root, 'secret'), join(folder, 'exports', 'ex1', 'link.png'))
  const store = {
    itemBlob: async (id: string, which: string) => {
      const blob = blobs[id]
      if (!blob) throw new Error(`no ${which} of ${id}`)
      return blob
    },
  }
  project = { folder, store } as unknown as OpenProject
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('an address under /media/', () => {
  it.each([
    ['/media/item/item1', { type: 'image/jpeg', offset: 4, length: 7 }],
    ['/media/thumb/item1', { type: 'image/jpeg', offset: 4, length: 7 }],
    ['/media/samples/run1/100/generated.png', { type: 'image/png', offset: 0, length: 7 }],
    ['/media/maps/run1/100.f32', { type: 'application/octet-stream', length: 7 }],
    ['/media/exports/ex1/model.onnx', { type: 'application/octet-stream', download: 'model.onnx' }],
    ['/media/exports/ex1/sheet.png', { type: 'image/png', download: 'sheet.png' }],
  ])('%s is a file of the project', async (path, found) => {
    const media = await findMedia(project, path)
    expect(media).toMatchObject(found)
    expect(media!.file.startsWith(project.folder)).toBe(true)
  })

  it.each([
    '/media/item/nobody',
    '/media/item/hostile',
    '/media/thumb/sibling',
    '/media/item/../../project.db',
    '/media/item/item1/extra',
    '/media/item/',
    '/media/',
    '/media',
    'media/item/item1',
    '//media/item/item1',
    '/media/samples/run1/100/run.json',
    '/media/samples/run1/../generated.png',
    '/media/samples/run1/100',
    '/media/samples/run1/1e2/generated.png',
    '/media/samples/RUN1/100/generated.png',
    '/media/maps/run1/100.points.f32',
    '/media/maps/run1/../run.json',
    '/media/exports/ex1/..',
    '/media/exports/ex1/.hidden',
    '/media/exports/ex1/link.png',
    '/media/exports/../project.db',
    '/media/exports/ex1/%2e%2e%2fproject.db',
    '/media/exports/ex1/model.onnx\u0000.png',
    '/media/unknown/item1',
  ])('%j is nothing', async (path) => expect(await findMedia(project, path)).toBeNull())

  it('is nothing while no project is open', async () => expect(await findMedia(null, '/media/item/item1')).toBeNull())
})
