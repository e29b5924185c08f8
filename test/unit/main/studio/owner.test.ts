import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventIterator, os } from '@orpc/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { encodeFrame } from '../../../../src/contract/frames'
import { createGrants } from '../../../../src/main/grants'
import { callOwner } from '../../../../src/main/owner/call'
import { listenAsOwner } from '../../../../src/main/owner/listen'
import { Address } from '../../../../src/main/owner/wire'

const router = {
  runs: {
    list: os.handler(() => ['a run']),
    watch: os.output(eventIterator(z.int())).handler(async function* () {
      for (let i = 0; i < 3; i++) yield i
    }),
  },
}

let folder: string
const grants = createGrants()
let owner: Awaited<ReturnType<typeof listenAsOwner>>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-owner-'))
  owner = await listenAsOwner({ folder, router, grants })
})
afterEach(async () => {
  await owner?.close()
  await rm(folder, { recursive: true, force: true })
})

const address = async () => Address.parse(JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8')))

/** What a stranger's socket gets back before it is closed. */
async function strangerHears(...frames: Uint8Array[]): Promise<number> {
  const socket = connect((await address()).socket)
  let heard = 0
  socket.on('data', (chunk) => (heard += chunk.length))
  for (const frame of frames) socket.write(frame)
  await new Promise((closed) => socket.on('close', closed))
  return heard
}

describe('the owner of a project', () => {
  it('answers a command: calls, streams and grants', async () => {
    const remote = (await callOwner(folder))!
    const client = remote.client as unknown as { runs: { list(): Promise<string[]>; watch(): Promise<AsyncIterable<number>> } }
    expect(await client.runs.list()).toEqual(['a run'])
    const seen: number[] = []
    for await (const value of await client.runs.watch()) seen.push(value)
    expect(seen).toEqual([0, 1, 2])
    expect(grants.path(await remote.grant('/some/file'))).toBe('/some/file')
    remote.close()
  })

  it('knows while a command works here, and when the last has ended', async () => {
    expect(owner!.hasGuests()).toBe(false)
    await owner!.alone()
    const guests = [(await callOwner(folder))!, (await callOwner(folder))!]
    expect(owner!.hasGuests()).toBe(true)
    let left = false
    const alone = owner!.alone().then(() => (left = true))
    guests[0]!.close()
    await new Promise((later) => setTimeout(later, 50))
    expect(left).toBe(false)
    guests[1]!.close()
    await alone
    expect(owner!.hasGuests()).toBe(false)
  })

  it.skipIf(process.platform === 'win32')('can be reached by its user alone [needs POSIX modes]', async () => {
    expect((await stat(join(folder, 'owner.json'))).mode & 0o777).toBe(0o600)
    expect((await stat((await address()).socket)).mode & 0o777).toBe(0o600)
  })

  it('says nothing to whoever has no token, or asks before the greeting', async () => {
    expect(await strangerHears(encodeFrame({ type: 'hello', token: 'x'.repeat(43) }))).toBe(0)
    expect(await strangerHears(encodeFrame({ type: 'grant', id: 1, path: '/etc/passwd' }))).toBe(0)
    expect(await strangerHears(encodeFrame({ type: 'rpc' }, Buffer.from('{}')))).toBe(0)
    expect(await strangerHears(Buffer.alloc(64, 255))).toBe(0)
    expect(await strangerHears(encodeFrame({ type: 'hello', token: 5 }))).toBe(0)
  })

  it('leaves nothing behind, and nobody answers for an owner that is gone', async () => {
    const old = await readFile(join(folder, 'owner.json'), 'utf8')
    await owner!.close()
    expect(await readdir(folder)).toEqual([])
    expect(await callOwner(folder)).toBeNull()
    await writeFile(join(folder, 'owner.json'), old)
    expect(await callOwner(folder)).toBeNull()
    await writeFile(join(folder, 'owner.json'), '{')
    expect(await callOwner(folder)).toBeNull()
    owner = null
  })
})
