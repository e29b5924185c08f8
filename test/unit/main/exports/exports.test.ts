import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExportResult } from '../../../../src/contract/exports'
import { targets } from '../../../../src/main/exports'
import { createMuseum, type Museum } from '../explore/support'

let museum: Museum
beforeEach(async () => {
  museum = await createMuseum()
  await museum.checkpoint('run1', 10)
})
afterEach(() => museum.close())

async function exported(format: 'onnx' | 'safetensors', to?: string) {
  const grant = to === undefined ? undefined : museum.grants.give(to)
  const { job } = await museum.exports.start({ run: 'run1', format, to: grant })
  return ExportResult.parse(await museum.jobs.result(job))
}

describe('an export', () => {
  it('lies in the project, is recorded, and says how it was checked', async () => {
    const result = await exported('onnx')
    expect(result).toMatchObject({
      run: 'run1',
      format: 'onnx',
      verified: true,
      maxDifference: 1e-6,
      checkedBy: 'opened again and compared',
    })
    expect(result.files).toEqual([
      { name: 'decoder.onnx', bytes: 7, url: `/media/exports/${result.id}/decoder.onnx` },
      { name: 'encoder.onnx', bytes: 7, url: `/media/exports/${result.id}/encoder.onnx` },
    ])
    expect(await readdir(join(museum.folder, 'exports'))).toEqual([result.id])
    expect(await museum.exports.list({ run: 'run1' })).toEqual([result])
  })

  it('goes to a folder under its own names, and to a file with the others beside it', async () => {
    const folder = join(museum.folder, 'out')
    await mkdir(folder)
    await exported('onnx', folder)
    await exported('onnx', join(folder, 'face.onnx'))
    expect((await readdir(folder)).sort()).toEqual(['decoder.onnx', 'encoder.onnx', 'face.encoder.onnx', 'face.onnx'])
    expect(await readFile(join(folder, 'face.onnx'), 'utf8')).toBe('decoder')
  })

  it('names the place where it may not write', async () => {
    const thrown = exported('onnx', join(museum.folder, 'nowhere', 'face.onnx'))
    await expect(thrown).rejects.toMatchObject({ code: 'file-unwritable', details: { file: 'face.onnx' } })
  })

  it('leaves nothing behind when the check fails', async () => {
    await expect(exported('safetensors', join(museum.folder, 'model.safetensors'))).rejects.toMatchObject({
      code: 'export-differs',
    })
    expect(await readdir(join(museum.folder, 'exports'))).toEqual([])
    expect(museum.stored).toEqual([])
    expect(existsSync(join(museum.folder, 'model.safetensors'))).toBe(false)
  })
})

describe('targets', () => {
  it('give every file a place', () => {
    expect(targets(['a.onnx'], '/x/face.onnx', false)).toEqual(['/x/face.onnx'])
    expect(targets(['a.onnx', 'b.onnx'], '/x/face.onnx', false)).toEqual(['/x/face.onnx', '/x/face.b.onnx'])
    expect(targets(['a.onnx', 'b.onnx'], '/x', true)).toEqual([join('/x', 'a.onnx'), join('/x', 'b.onnx')])
  })
})
