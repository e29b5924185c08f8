import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { interceptCalls, makeFolder, sweepTemporary, temporaryName, writeDurably } from '../../../src/main/durable'
import type { DurableCall } from '../../../src/main/durable'

let folder: string
let restore = () => {}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latent-durable-'))
})
afterEach(() => {
  restore()
  rmSync(folder, { recursive: true, force: true })
})

describe('writing durably', () => {
  it('flushes the file before it gets its name, and the folder after', async () => {
    const calls: DurableCall[] = []
    restore = interceptCalls((call) => calls.push(call))
    await writeDurably(join(folder, 'a'), 'text')
    expect(calls).toEqual(['open', 'write', 'sync', 'rename', 'sync-folder'])
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('text')
  })

  it('writes piece by piece and gives the answer back', async () => {
    const answer = await writeDurably(join(folder, 'a'), async (append) => {
      await append(Buffer.from('one '))
      await append(Buffer.from('two'))
      return 7
    })
    expect([answer, readFileSync(join(folder, 'a'), 'utf8')]).toEqual([7, 'one two'])
  })

  it('keeps the old file whole and leaves nothing behind, whichever call fails', async () => {
    const path = join(folder, 'a')
    const calls = 5
    for (let nth = 1; nth <= calls; nth++) {
      writeFileSync(path, 'old')
      let count = 0
      restore = interceptCalls(() => {
        if (++count === nth) throw Object.assign(new Error('no'), { code: 'EIO' })
      })
      await expect(writeDurably(path, 'new')).rejects.toMatchObject({ code: 'EIO' })
      restore()
      // The last call comes after the rename: the new file is there whole.
      expect(readFileSync(path, 'utf8'), `call ${nth}`).toBe(nth < calls ? 'old' : 'new')
      expect(readdirSync(folder)).toEqual(['a'])
      await writeDurably(path, 'next')
    }
  })

  it('removes the temporary file when the content fails', async () => {
    const failing = writeDurably(join(folder, 'a'), async (append) => {
      await append(Buffer.from('half'))
      throw new Error('decoder')
    })
    await expect(failing).rejects.toThrow('decoder')
    expect(readdirSync(folder)).toEqual([])
  })

  it('makes folders whose names last', async () => {
    const synced: string[] = []
    restore = interceptCalls((call, path) => call === 'sync-folder' && synced.push(path))
    await makeFolder(join(folder, 'a', 'b', 'c'))
    expect(existsSync(join(folder, 'a', 'b', 'c'))).toBe(true)
    if (process.platform !== 'win32') expect(synced.sort()).toEqual([folder, join(folder, 'a'), join(folder, 'a', 'b')])
    synced.length = 0
    await makeFolder(join(folder, 'a', 'b', 'c'))
    expect(synced).toEqual([])
  })

  it('sweeps what a crash left and nothing else', async () => {
    writeFileSync(temporaryName(join(folder, 'data.bin')), 'half')
    writeFileSync(join(folder, 'data.bin'), 'whole')
    writeFileSync(join(folder, '.hidden.tmp'), 'not ours')
    expect(await sweepTemporary(folder)).toBe(1)
    expect(readdirSync(folder).sort()).toEqual(['.hidden.tmp', 'data.bin'])
    expect(await sweepTemporary(join(folder, 'absent'))).toBe(0)
  })
})
