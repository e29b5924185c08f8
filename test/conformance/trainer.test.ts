import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FrameReader } from '../../src/contract/frames'
import { TrainingSettings, type MetricRow } from '../../src/contract/nouns'
import type { RunSpec, TrainerEvent } from '../../src/contract/trainer'
import { nodeProgram, program } from '../../src/main/programs'
import { decodeSafetensors } from '../../src/trainer/safetensors'
import { startChild, type Child } from './support/child'

const [SIDE, CHANNELS, ITEMS, TEST] = [16, 3, 40, 8]
const STEPS = 24
const PICTURE = SIDE * SIDE * CHANNELS

let room: string
const children: Child[] = []

/** A trainer that the test's end surely ends. */
function start(): Child {
  const child = startChild()
  children.push(child)
  return child
}

beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'latent-conformance-'))
  const folder = join(room, 'version')
  mkdirSync(folder)
  const data = Uint8Array.from({ length: ITEMS * PICTURE }, (_, i) => {
    const [item, x] = [Math.floor(i / PICTURE), Math.floor(i / CHANNELS) % SIDE]
    return Math.abs(x - (item % SIDE)) < 4 ? 220 : 30
  })
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(folder, 'data.bin'), data)
  writeFileSync(join(folder, 'tags.bin'), '')
  const shape = { items: ITEMS, train: ITEMS - TEST, height: SIDE, width: SIDE, channels: CHANNELS }
  const ids = Array.from({ length: ITEMS }, (_, i) => `i${i}`)
  const pack = {
    formatVersion: 1,
    kind: 'images',
    ...shape,
    ids,
    tags: [],
    sha256: { data: sha256(data), tags: sha256(new Uint8Array(0)) },
  }
  writeFileSync(join(folder, 'pack.json'), JSON.stringify(pack))
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.process.kill('SIGKILL')
    await child.exited
  }
})
afterAll(() => rmSync(room, { recursive: true, force: true }))

function specOf(name: string, more: Partial<RunSpec> = {}): RunSpec {
  const folder = join(room, name)
  mkdirSync(folder, { recursive: true })
  return {
    formatVersion: 1,
    run: name,
    recipe: 'vae',
    settings: { latentSize: 4, width: 16, layers: 2, architecture: 'conv', klWarmup: 10 },
    training: TrainingSettings.parse({ batchSize: 6 }),
    balance: null,
    augment: null,
    stop: { by: 'steps', steps: STEPS },
    seed: 11,
    version: join(room, 'version'),
    folder,
    engine: { id: 'wasm', threads: 1 },
    checkpointEvery: 4,
    resumeFrom: null,
    ...more,
  }
}

const checkpoint = (spec: RunSpec, step: number) => join(spec.folder, 'checkpoints', String(step))
const newest = (spec: RunSpec) =>
  Math.max(
    ...readdirSync(join(spec.folder, 'checkpoints'))
      .filter((name) => /^\d+$/.test(name))
      .map(Number),
  )
const stateHash = (spec: RunSpec) =>
  createHash('sha256')
    .update(readFileSync(join(checkpoint(spec, STEPS), 'state.safetensors')))
    .digest('hex')
const rowsOf = (child: Child): MetricRow[] => child.events.flatMap((event) => (event.type === 'metrics' ? event.rows : []))
const numbersOf = (rows: MetricRow[]) => rows.map(({ step, losses }) => [step, losses])
const savedAt = (step: number) => (event: TrainerEvent) => event.type === 'checkpoint' && event.step >= step

async function trainWhole(spec: RunSpec): Promise<Child> {
  const child = start()
  child.send({ type: 'train', spec })
  await child.event((event) => event.type === 'finished')
  return child
}

describe('the trainer', () => {
  it('trains, pauses, is killed, and ends where it would have ended', async () => {
    const whole = specOf('whole')
    const first = await trainWhole(whole)
    expect(await first.exited).toMatchObject({ code: 0 })
    expect(first.events[0]).toMatchObject({ type: 'ready', pid: first.process.pid })
    expect(first.events.find((event) => event.type === 'started')).toMatchObject({
      totalSteps: STEPS,
      exact: true,
      latentSize: 4,
      compiled: false,
    })
    expect(first.events.at(-1)).toEqual({ type: 'finished', status: 'finished', step: STEPS })
    expect(first.events.some((event) => event.type === 'heartbeat')).toBe(false)

    const broken = specOf('broken')
    const rows: MetricRow[] = []
    const go = async (until: number, how: 'pause' | 'kill' | 'end'): Promise<void> => {
      const from = existsSync(join(broken.folder, 'checkpoints')) ? newest(broken) : null
      rows.splice(0, Infinity, ...rows.filter(({ step }) => step <= (from ?? -1)))
      const child = start()
      child.send({ type: 'train', spec: { ...broken, resumeFrom: from === null ? null : checkpoint(broken, from) } })
      if (how !== 'end') {
        await child.event(savedAt(until))
        if (how === 'pause') child.send({ type: 'pause' })
        else child.process.kill('SIGKILL')
      }
      const { signal } = await child.exited
      expect(signal).toBe(how === 'kill' ? 'SIGKILL' : null)
      if (how !== 'kill')
        expect(child.events.at(-1)).toMatchObject({ type: 'finished', status: how === 'pause' ? 'paused' : 'finished' })
      rows.push(...rowsOf(child))
    }
    await go(4, 'pause')
    await go(8, 'kill')
    await go(12, 'kill')
    await go(STEPS, 'end')
    expect(stateHash(broken)).toBe(stateHash(whole))
    expect(numbersOf(rows)).toEqual(numbersOf(rowsOf(first)))
    expect(readdirSync(join(broken.folder, 'checkpoints')).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('saves and ends by itself when main goes away', async () => {
    const spec = specOf('orphan', { stop: { by: 'steps', steps: 100_000 }, checkpointEvery: 100_000 })
    const child = start()
    child.send({ type: 'train', spec })
    await child.event((event) => event.type === 'progress' && event.step > 0)
    const began = performance.now()
    child.abandon()
    await child.exited
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(newest(spec)).toBeGreaterThan(0)
  })

  it('saves and ends on SIGTERM, without a word that would end the run', async () => {
    const spec = specOf('terminated', { stop: { by: 'steps', steps: 100_000 }, checkpointEvery: 100_000 })
    const child = start()
    child.send({ type: 'train', spec })
    await child.event((event) => event.type === 'progress' && event.step > 0)
    child.process.kill('SIGINT')
    child.process.kill('SIGTERM')
    expect(await child.exited).toMatchObject({ code: 0 })
    expect(newest(spec)).toBeGreaterThan(0)
    expect(child.events.some((event) => event.type === 'finished')).toBe(false)
  })

  it('beats from a thread of its own', async () => {
    const child = start()
    child.send({ type: 'train', spec: specOf('beats', { stop: { by: 'steps', steps: 100_000 }, checkpointEvery: 100_000 }) })
    await child.event((event) => event.type === 'progress' && event.seconds > 2.5)
    expect(child.beats.length).toBeGreaterThanOrEqual(2)
    expect(child.beats.every((event) => event.type === 'heartbeat')).toBe(true)
    child.send({ type: 'stop' })
    expect(await child.event((event) => event.type === 'finished')).toMatchObject({ status: 'stopped' })
  })

  it('beats while its main thread is held', async () => {
    const heartbeat = program('trainer').replace(/trainer\.js$/, 'heartbeat.js')
    const script = `
      const { Worker } = require('node:worker_threads')
      const memory = new SharedArrayBuffer(4)
      new Int32Array(memory)[0] = 7
      new Worker(${JSON.stringify(heartbeat)}, { workerData: { memory, fd: 4 } }).on('online', () => {
        const until = Date.now() + 3500
        while (Date.now() < until);
        process.exit()
      })`
    const child = spawn(nodeProgram(), ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ignore', 'pipe'] })
    const beats: unknown[] = []
    const reader = new FrameReader(({ header }) => beats.push(header))
    ;(child.stdio[4] as Readable).on('data', (chunk: Uint8Array) => reader.push(chunk))
    await new Promise((done) => child.on('close', done))
    expect(beats.length).toBeGreaterThanOrEqual(2)
    expect(beats[0]).toEqual({ type: 'heartbeat', step: 7 })
  })

  it('tells what went wrong in the words of the contract', async () => {
    const child = start()
    child.send({ type: 'train', spec: specOf('wrong', { settings: { latentSize: 1 } }) })
    expect(await child.event((event) => event.type === 'failed')).toMatchObject({
      code: 'settings-wrong',
      details: { setting: 'latentSize' },
    })
    expect(await child.exited).toMatchObject({ code: 1 })
    const other = start()
    other.send({
      type: 'train',
      spec: specOf('engine', { engine: { id: 'tensorflow', library: join(room, 'nowhere'), threads: 1 } }),
    })
    expect(await other.event((event) => event.type === 'failed')).toMatchObject({ code: 'engine-failed' })
  })

  it('ends when it is told what is not in the contract', async () => {
    const child = start()
    await child.event((event) => event.type === 'ready')
    child.send({ type: 'dance' } as never)
    expect(await child.exited).toMatchObject({ code: 2 })
  })

  it('describes a recipe', async () => {
    const child = start()
    const { settings, training } = specOf('describe')
    const data = { kind: 'images' as const, height: SIDE, width: SIDE, channels: CHANNELS, items: ITEMS, tags: [] }
    const room = { total: 8e9, free: 4e9, device: null }
    const about = { recipe: 'vae', settings, training, data, stored: 1000, engine: { id: 'wasm' as const, threads: 1 } }
    child.send({ type: 'describe', id: 5, ...about, room })
    const answer = await child.event((event) => event.type === 'result')
    expect(answer).toMatchObject({
      id: 5,
      result: {
        networks: [{ name: 'encoder' }, { name: 'decoder' }],
        settings: { latentSize: 4, likelihood: 'gaussian' },
        fit: 'fits',
      },
    })
    child.send({ type: 'quit' })
    expect(await child.exited).toMatchObject({ code: 0 })
  })
})

describe('an engine that is tried', () => {
  it('says what it computes on, or why it does not', async () => {
    const child = start()
    child.send({ type: 'probe', id: 6, engine: { id: 'wasm', threads: 1 } })
    const answer = await child.event((event) => event.type === 'result')
    expect(answer).toMatchObject({
      id: 6,
      result: { facts: { id: 'wasm', device: 'CPU', threads: 1 }, memoryBytes: null, driver: null },
    })
    child.send({ type: 'probe', id: 7, engine: { id: 'tensorflow', library: join(room, 'nowhere'), threads: 1 } })
    const refusal = await child.event((event) => event.type === 'call-failed')
    expect(refusal).toMatchObject({ id: 7, code: 'engine-failed', details: { id: 'tensorflow' } })
    child.send({ type: 'quit' })
    expect(await child.exited).toMatchObject({ code: 0 })
  })
})

describe('a served model', () => {
  let child: Child
  let exportsFolder: string

  async function serve(): Promise<void> {
    const spec = specOf('served', { checkpointEvery: null })
    if (!existsSync(join(spec.folder, 'checkpoints'))) await (await trainWhole(spec)).exited
    child = start()
    child.send({ type: 'serve', spec, state: checkpoint(spec, STEPS) })
    expect(await child.event((event) => event.type === 'started')).toMatchObject({ latentSize: 4, step: STEPS, totalSteps: null })
    exportsFolder = mkdtempSync(join(room, 'exports-'))
  }
  const floats = (bytes: Uint8Array) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)

  it('encodes, decodes, draws from the prior, maps and finds neighbours', async () => {
    await serve()
    const all = new Uint8Array(readFileSync(join(room, 'version', 'data.bin')))
    const encoded = floats((await child.call({ method: 'encode', count: 5 }, all.subarray(0, 5 * PICTURE))).body)
    expect(encoded.length).toBe(20)
    const decoded = (await child.call({ method: 'decode', count: 5 }, new Uint8Array(encoded.buffer, encoded.byteOffset, 80)))
      .body
    expect(decoded.length).toBe(5 * PICTURE)
    const prior = floats((await child.call({ method: 'prior', count: 6, seed: 3 })).body)
    const more = floats((await child.call({ method: 'prior', count: 9, seed: 3 })).body)
    expect(more.subarray(0, 24)).toEqual(prior)
    expect(prior).not.toEqual(floats((await child.call({ method: 'prior', count: 6, seed: 4 })).body))

    const [latents, points] = [join(exportsFolder, 'latents.f32'), join(exportsFolder, 'points.f32')]
    await child.call({ method: 'encode-all', file: latents })
    const stored = floats(new Uint8Array(readFileSync(latents)))
    expect(stored.length).toBe(ITEMS * 4)
    for (let i = 0; i < 20; i++) expect(stored[i]).toBeCloseTo(encoded[i]!, 4)
    const { result } = await child.call({ method: 'map', latents, points, directions: 3 })
    const plane = result as {
      mean: number[]
      axes: number[][]
      explained: number
      directions: { vector: number[]; spread: number; explained: number }[]
    }
    expect(plane.directions).toHaveLength(3)
    expect(plane.explained).toBeCloseTo(plane.directions[0]!.explained + plane.directions[1]!.explained, 6)
    const places = floats(new Uint8Array(readFileSync(points)))
    expect(places.length).toBe(ITEMS * 2)
    const place = stored.slice(0, 4).reduce((sum, value, i) => sum + (value - plane.mean[i]!) * plane.axes[0]![i]!, 0)
    expect(places[0]).toBeCloseTo(place, 4)

    const near = (await child.call({ method: 'nearest', latents, count: 3 }, new Uint8Array(stored.slice(28, 32).buffer))).result
    expect((near as { indices: number[] }).indices[0]).toBe(7)
    expect((near as { distances: number[] }).distances[0]).toBe(0)
    await expect(child.call({ method: 'decode', count: 2 }, new Uint8Array(7))).rejects.toMatchObject({ code: 'wrong-input' })
  })

  it('evaluates on the held-out items, the same each time', async () => {
    await serve()
    const { result } = await child.call({ method: 'evaluate', pca: true })
    const { items, metrics, pcaMse, step } = result as {
      items: number
      metrics: Record<string, number>
      pcaMse: number
      step: number
    }
    expect([items, step]).toEqual([TEST, STEPS])
    expect(Object.keys(metrics).sort()).toEqual(['elbo', 'kl', 'mse', 'reconstruction'])
    expect(metrics.elbo).toBeCloseTo(-(metrics.kl! + metrics.reconstruction!), 3)
    expect(pcaMse).toBeGreaterThan(0)
    expect((await child.call({ method: 'evaluate', pca: false })).result).toEqual({ items, step, metrics, pcaMse: null })
  })

  it('exports what other programs read', async () => {
    await serve()
    const onnx = (await child.call({ method: 'export-onnx', folder: exportsFolder })).result as {
      files: string[]
      maxDifference: number
    }
    expect(onnx.files).toEqual(['decoder.onnx', 'encoder.onnx'])
    expect(onnx.maxDifference).toBeLessThanOrEqual(1e-4)
    const latents = new Float32Array((await child.call({ method: 'prior', count: 3, seed: 0 })).body.slice().buffer)
    const session = await InferenceSession.create(join(exportsFolder, 'decoder.onnx'), { intraOpNumThreads: 1 })
    const picture = (await session.run({ latent: new Tensor('float32', latents, [3, 4]) })).picture!.data as Float32Array
    await session.release()
    const ours = (await child.call({ method: 'decode', count: 3 }, new Uint8Array(latents.buffer))).body
    expect(Array.from(ours).every((byte, i) => Math.abs(byte - picture[i]! * 255) < 0.6)).toBe(true)

    const weights = (await child.call({ method: 'export-safetensors', folder: exportsFolder })).result as { files: string[] }
    const { tensors, metadata } = decodeSafetensors(readFileSync(join(exportsFolder, weights.files[0]!)))
    expect([...tensors.keys()].every((name) => /^(encoder|decoder)\//.test(name))).toBe(true)
    expect(JSON.parse(metadata.settings!)).toMatchObject({ latentSize: 4, likelihood: 'gaussian' })
    const sheet = (await child.call({ method: 'export-png', folder: exportsFolder, count: 10, seed: 0 })).result as {
      files: string[]
    }
    expect(readFileSync(join(exportsFolder, sheet.files[0]!)).subarray(1, 4).toString()).toBe('PNG')
    // No path of this machine in any of them.
    for (const file of readdirSync(exportsFolder)) expect(readFileSync(join(exportsFolder, file)).includes(room)).toBe(false)
  })

  it('lets a long call be cancelled, and answers others meanwhile', async () => {
    await serve()
    child.send({ type: 'call', id: 900, call: { method: 'evaluate', pca: true } })
    child.send({ type: 'cancel', id: 900 })
    expect(await child.event((event) => event.type === 'call-failed')).toMatchObject({ id: 900, code: 'cancelled' })
    expect((await child.call({ method: 'prior', count: 1, seed: 0 })).body.length).toBe(16)
  })
})
