import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { StudioError } from '../../../../src/contract/errors'
import { nodeProgram, program } from '../../../../src/main/programs'
import { openStore } from '../../../../src/main/store'

const base = mkdtempSync(join(tmpdir(), 'latent-store-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const project = (name: string) => join(base, `${name}.latent`)
const built = existsSync(program('store-worker'))
if (process.env.CI && !built) throw new Error('out/main/store-worker.js is missing: build first')

describe.skipIf(!built)('the store over its thread (needs the built store-worker)', () => {
  it('makes a project, answers, and gives the same back after closing', async () => {
    const store = await openStore(project('Faces'), { create: { name: 'Faces' } })
    const dataset = await store.createDataset({ name: 'Cats', kind: 'images' })
    await store.close()
    const again = await openStore(project('Faces'))
    expect((await again.project()).name).toBe('Faces')
    expect(await again.listDatasets()).toEqual([dataset])
    await again.close()
    expect(readdirSync(join(project('Faces'), 'backups'))).toHaveLength(1)
  })

  it('brings errors across the thread as StudioErrors', async () => {
    const store = await openStore(project('Errors'), { create: { name: 'Errors' } })
    const failure = await store.getDataset('nothing').catch((thrown: unknown) => thrown)
    expect(failure).toBeInstanceOf(StudioError)
    expect(failure).toMatchObject({ code: 'not-found', details: { what: 'dataset', id: 'nothing' } })
    await store.close()
    await expect(store.project()).rejects.toMatchObject({ code: 'project-none' })
  })

  it('has one owner, and is free again when the owner is killed', async () => {
    const folder = project('Owned')
    const store = await openStore(folder, { create: { name: 'Owned' } })
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'project-busy' })
    await store.close()
    const script = `
      import { Worker } from 'node:worker_threads'
      const worker = new Worker(${JSON.stringify(program('store-worker'))}, { execArgv: [], workerData: { folder: ${JSON.stringify(folder)} } })
      worker.once('message', (message) => console.log(JSON.stringify(message)))`
    const child = spawn(nodeProgram(), ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(child.stdout, 'data')
    expect(JSON.parse(String(line))).toEqual({ opened: true })
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'project-busy' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const again = await openStore(folder)
    await again.close()
  })

  it('leaves a folder that is not a project as it was', async () => {
    const folder = join(base, 'pictures')
    mkdirSync(folder)
    writeFileSync(join(folder, 'cat.txt'), 'cat')
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'project-foreign' })
    await expect(openStore(folder, { create: { name: 'Cats' } })).rejects.toMatchObject({ code: 'project-foreign' })
    writeFileSync(join(folder, 'project.db'), 'a text')
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'project-foreign' })
    expect(readdirSync(folder).sort()).toEqual(['cat.txt', 'project.db'])
    await expect(openStore(join(base, 'absent'))).rejects.toMatchObject({ code: 'path-not-found' })
    expect(existsSync(join(base, 'absent'))).toBe(false)
  })
})
