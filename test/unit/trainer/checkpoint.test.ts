import type fs from 'node:fs'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StudioError } from '../../../src/contract/errors'
import { TrainingSettings } from '../../../src/contract/nouns'
import { readCheckpoint, saveCheckpoint, sweepCheckpoints } from '../../../src/trainer/checkpoint'
import { floats, type TensorBytes } from '../../../src/trainer/safetensors'

/** The n-th call of the file system that writes throws, once or for good. */
const disk = vi.hoisted(() => ({ calls: 0, failAt: Infinity, forGood: false, names: [] as string[] }))

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  const failing =
    <A extends unknown[], R>(name: string, call: (...args: A) => R) =>
    (...args: A): R => {
      disk.calls++
      disk.names.push(name)
      if (disk.calls === disk.failAt || (disk.forGood && disk.calls > disk.failAt))
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      return call(...args)
    }
  return {
    ...real,
    openSync: failing('open', real.openSync),
    writeSync: failing('write', real.writeSync as (...args: unknown[]) => number),
    fsyncSync: failing('fsync', real.fsyncSync),
    renameSync: failing('rename', real.renameSync),
    mkdirSync: failing('mkdir', real.mkdirSync as (...args: unknown[]) => unknown),
  }
})

const facts = { id: 'cpu', version: '1', device: 'CPU', threads: 1, flags: {} }
const about = (step: number) => ({
  step,
  epoch: step / 10,
  stage: 0,
  stageStep: 0,
  seconds: 1,
  seed: 1,
  recipe: 'vae',
  settings: {},
  training: TrainingSettings.parse({}),
  facts,
  losses: { loss: 1 },
  lastParts: { loss: 1 },
  convergence: null,
})
const tensors = (value: number): Map<string, TensorBytes> =>
  new Map([['net/kernel', floats([2], Float32Array.of(value, -value))]])

let folder: string
beforeEach(() => {
  Object.assign(disk, { calls: 0, failAt: Infinity, forGood: false, names: [] })
  folder = mkdtempSync(join(tmpdir(), 'latent-checkpoint-'))
})
afterEach(() => {
  disk.failAt = Infinity
  rmSync(folder, { recursive: true, force: true })
})

const listed = () => readdirSync(join(folder, 'checkpoints')).sort((a, b) => Number(a) - Number(b))
const path = (step: number) => join(folder, 'checkpoints', String(step))

describe('a checkpoint', () => {
  it('gives back what was saved', () => {
    const { folder: where, bytes } = saveCheckpoint(folder, about(7), tensors(0.1))
    expect(where).toBe(path(7))
    const sizes = readdirSync(where).map((name) => readFileSync(join(where, name)).length)
    expect(bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
    const { manifest, tensors: read } = readCheckpoint(where)
    expect(manifest).toMatchObject(about(7))
    expect(Buffer.compare(read.get('net/kernel')!.bytes, tensors(0.1).get('net/kernel')!.bytes)).toBe(0)
  })

  it('keeps the last three', () => {
    for (const step of [0, 5, 10, 15, 20]) saveCheckpoint(folder, about(step), tensors(step))
    expect(listed()).toEqual(['10', '15', '20'])
  })

  it('leaves those of an abandoned future until their step is saved anew', () => {
    for (const step of [10, 20, 30]) saveCheckpoint(folder, about(step), tensors(step))
    saveCheckpoint(folder, about(15), tensors(15))
    expect(listed()).toEqual(['10', '15', '20', '30'])
    saveCheckpoint(folder, about(20), tensors(-20))
    expect(listed()).toEqual(['10', '15', '20', '30'])
    expect(readCheckpoint(path(20)).tensors.get('net/kernel')!.bytes).toEqual(tensors(-20).get('net/kernel')!.bytes)
  })

  it.each(['once', 'for good'])('is whole or absent when any write fails %s', (how) => {
    saveCheckpoint(folder, about(1), tensors(1))
    disk.calls = 0
    saveCheckpoint(folder, about(2), tensors(2))
    const all = disk.calls
    expect(disk.names).toContain('fsync')
    for (let failAt = 1; failAt <= all; failAt++) {
      Object.assign(disk, { calls: 0, failAt, forGood: how === 'for good' })
      let failed = false
      try {
        saveCheckpoint(folder, about(3), tensors(3))
      } catch {
        failed = true
      }
      disk.failAt = Infinity
      expect(failed, `call ${failAt} of ${all}`).toBe(true)
      // The old one is as it was; the new one is not there, or (when only making it durable failed) whole.
      expect(readCheckpoint(path(2)).manifest.step).toBe(2)
      for (const name of listed()) expect(readCheckpoint(join(folder, 'checkpoints', name)).manifest.step).toBe(Number(name))
      // The next try succeeds.
      saveCheckpoint(folder, about(3), tensors(3))
      rmSync(path(3), { recursive: true })
    }
  })

  it('is not confused by what an interrupted save left, which is swept away', () => {
    saveCheckpoint(folder, about(1), tensors(1))
    saveCheckpoint(folder, about(2), tensors(2))
    writeFileSync(`${path(9)}.55.tmp`, 'half')
    sweepCheckpoints(folder)
    expect(listed()).toEqual(['1', '2'])
  })

  it.each([
    ['state.safetensors', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['state.safetensors', (bytes: Buffer) => (bytes.writeUInt8(bytes.at(-1)! ^ 1, bytes.length - 1), bytes)],
    ['manifest.json', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ['manifest.json', (bytes: Buffer) => Buffer.from(bytes.toString().replace('"stage": 0', '"stage": "first"'))],
  ])('is refused when %s was changed', (name, change) => {
    saveCheckpoint(folder, about(4), tensors(4))
    writeFileSync(join(path(4), name), change(readFileSync(join(path(4), name))))
    expect(() => readCheckpoint(path(4))).toThrow(
      expect.objectContaining({ code: 'checkpoint-damaged', details: { step: 4 } }) as StudioError,
    )
  })
})
