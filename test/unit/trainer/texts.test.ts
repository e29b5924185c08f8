/** A version of texts, from its files through a training to what the model is asked: the same engine-free way as pictures. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SPECIAL, type TextQuality } from '../../../src/contract/texts'
import { TrainerEvent } from '../../../src/contract/trainer'
import { eagerly } from '../../../src/engines/engine'
import { tidy } from '../../../src/nn/ops'
import type { TextFacts } from '../../../src/recipes/define'
import { textLm } from '../../../src/recipes/text-lm'
import { everyItem } from '../../../src/trainer/balance'
import { readCheckpoint } from '../../../src/trainer/checkpoint'
import { describe as describeRecipe } from '../../../src/trainer/describe'
import { createFeed, feedHere } from '../../../src/trainer/feed'
import { planInputs } from '../../../src/trainer/inputs'
import { openItems, openPictures, type TextItems } from '../../../src/trainer/items'
import type { TextModel } from '../../../src/trainer/model'
import { createServer, type Server } from '../../../src/trainer/serve/serve'
import { TrainingSettings } from '../../../src/contract/nouns'
import { buildProgram } from '../../support/program'
import { sentences } from '../../support/recipes'
import { checkpoint, numbersOf, room, specOf, stateHash, trainHere, writeTexts } from './support'

const FACTS: TextFacts = { kind: 'texts', length: 7, vocabulary: 20, ends: true, items: 40, tags: ['long', 'short'] }
const ITEMS = 64
const SETTINGS = { embedding: 6, hidden: 8, dropout: 0.1 }

let folder: string
let version: string
let ids: Int32Array
beforeAll(() => {
  folder = room()
  ids = tidy(() => sentences(ITEMS, FACTS).dataSync() as Int32Array).slice()
  const rows = Uint8Array.from({ length: ITEMS * 2 }, (_, i) => Number(i % 2 === Number((i >> 1) % 4 === 0)))
  version = writeTexts(join(folder, 'version'), { ...FACTS, items: ITEMS, train: FACTS.items }, ids, FACTS.tags, rows)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const rowOf = (position: number) => [...ids.slice(position * FACTS.length, (position + 1) * FACTS.length)]
const specNamed = (name: string, more: Parameters<typeof specOf>[2] = {}) =>
  specOf(join(folder, name), version, { recipe: 'text-lm', settings: SETTINGS, stop: { by: 'steps', steps: 12 }, ...more })

describe('items of texts', () => {
  it.each([
    ['in memory', Infinity],
    ['on the disk', 0],
  ])('are read %s as the numbers of their tokens', (_, most) => {
    const items = openItems(version, most)
    expect(items.data).toEqual(FACTS)
    expect([...items.floats([3, 50])]).toEqual([...rowOf(3), ...rowOf(50)])
    items.close()
  })

  it('keep every number that two bytes hold', () => {
    const own = writeTexts(
      join(folder, 'large'),
      { ...FACTS, items: 2, train: 2, length: 3, vocabulary: 9 },
      [4, 255, 256, 257, 40_001, 65_535],
    )
    const items = openItems(own)
    expect([...items.floats([1, 0])]).toEqual([257, 40_001, 65_535, 4, 255, 256])
    items.close()
  })

  it('are no pictures', () => {
    expect(() => openPictures(version)).toThrow('no pictures')
  })

  it('that have changed since they were frozen are refused', () => {
    const own = writeTexts(
      join(folder, 'damaged'),
      { ...FACTS, items: ITEMS, train: FACTS.items },
      ids,
      FACTS.tags,
      new Uint8Array(128),
    )
    const bytes = readFileSync(join(own, 'data.bin'))
    bytes[5]! ^= 1
    writeFileSync(join(own, 'data.bin'), bytes)
    expect(() => openItems(own)).toThrow('data.bin could not be read: it has changed since it was frozen')
    writeFileSync(join(own, 'data.bin'), bytes.subarray(0, 100))
    expect(() => openItems(own)).toThrow(expect.objectContaining({ code: 'file-truncated' }))
  })

  it('reach a step the same through a thread of its own as read for it alone', async () => {
    const program = await buildProgram('src/trainer/feed-worker.ts', join(folder, 'program'))
    for (const most of [Infinity, 0]) {
      const items = openItems(version, most)
      const about = { seed: 3, stage: 0, begin: 0, data: items.data, batchSize: 5, pool: everyItem(FACTS.items), augment: null }
      const plan = planInputs(about, textLm.build(textLm.settings.parse(SETTINGS), FACTS).stages[0]!.phases)
      const [feed, here] = [createFeed(plan, items, 0, program), feedHere(plan, items)]
      for (let step = 0; step < 9; step++) {
        const [fed, read] = [await feed.take(step, 0), await here.take(step, 0)]
        expect(fed.x!.shape).toEqual([5, FACTS.length])
        expect([...fed.x!.values]).toEqual([...read.x!.values])
        expect([...fed['noise/drop1']!.values]).toEqual([...read['noise/drop1']!.values])
      }
      await feed.close()
      items.close()
    }
  })
})

describe('a training on texts', () => {
  it('goes on bit for bit, with rare classes evened out too, and tells only what the contract knows', async () => {
    const balance = { by: 'weights' as const, tags: ['long'] }
    const whole = await trainHere(specNamed('whole', { balance }), textLm)
    const first = await trainHere(specNamed('broken', { balance }), textLm, { pauseAt: 5 })
    const from = checkpoint(join(folder, 'broken'), 5)
    const rest = await trainHere(specNamed('broken', { balance, resumeFrom: from }), textLm)
    expect(stateHash(join(folder, 'broken'), 12)).toBe(stateHash(join(folder, 'whole'), 12))
    expect(numbersOf([...first.rows, ...rest.rows])).toEqual(numbersOf(whole.rows))
    for (const event of whole.events) expect(TrainerEvent.parse(event)).toEqual(event)
    const plain = await trainHere(specNamed('plain'), textLm)
    expect(numbersOf(plain.rows)).not.toEqual(numbersOf(whole.rows))
  })

  it('writes lines at the steps that samples are taken at, the same ones for the same state', async () => {
    const linesAt = (run: string, step: number) =>
      JSON.parse(readFileSync(join(folder, run, 'samples', String(step), 'lines.json'), 'utf8')) as string[]
    const { events } = await trainHere(specNamed('lines'), textLm)
    await trainHere(specNamed('again'), textLm)
    const samples = events.flatMap((event) => (event.type === 'sample' ? [event.sample] : []))
    expect(samples.length).toBeGreaterThan(1)
    for (const { step, sheets } of samples) {
      const lines = linesAt('lines', step)
      expect(sheets).toEqual([{ name: 'lines', count: lines.length }])
      expect(linesAt('again', step)).toEqual(lines)
      expect(lines.join(' ')).toMatch(/<\d+>/)
    }
    expect(linesAt('lines', samples[0]!.step)).not.toEqual(linesAt('lines', samples.at(-1)!.step))
  })

  it('looks at held-out texts to tell whether anything improves', async () => {
    const spec = specNamed('converging', { stop: { by: 'converged' } })
    await trainHere(spec, textLm, { pauseAt: 101 })
    const { convergence } = readCheckpoint(checkpoint(spec.folder, 101)).manifest
    // No worse than guessing among all tokens.
    expect(convergence!.best).toBeLessThan(Math.log(FACTS.vocabulary) + 0.2)
    expect(convergence!.best).toBeGreaterThan(0)
  })
})

describe('what it would need', () => {
  const ask = (length: number, batchSize: number, free = 1e15) =>
    describeRecipe({
      type: 'describe',
      id: 1,
      recipe: 'text-lm',
      settings: {},
      training: TrainingSettings.parse({ batchSize }),
      data: { ...FACTS, length, items: 5000 },
      stored: 5000 * 2 * length,
      engine: { id: 'tensorflow', threads: 1 },
      room: { total: free, free, device: null },
    })

  it('grows with rows and batches, and never proposes a smaller picture', () => {
    expect(ask(64, 64).memoryBytes).toBeGreaterThan(ask(16, 64).memoryBytes)
    const much = ask(64, 512)
    expect(much.memoryBytes).toBeGreaterThan(ask(64, 64).memoryBytes)
    const { fit, remedies } = ask(64, 512, much.memoryBytes - 1)
    expect(fit).toBe('computer')
    expect(remedies).toEqual({ batchSize: 256, size: null })
  })
})

describe('a served model of texts', () => {
  let server: Server
  const context = { breathe: async () => {}, progress: () => {} }
  beforeAll(async () => {
    const spec = specNamed('served', { stop: { by: 'steps', steps: 60 }, training: { learningRate: 0.03 } })
    await trainHere(spec, textLm)
    server = await createServer(spec, checkpoint(spec.folder, 60), { compile: eagerly })
  })
  const ask = async (call: Parameters<Server['answer']>[0]) => (await server.answer(call, new Uint8Array(0), context)).result
  const write = async (count: number, seed: number, boldness = {}) =>
    ((await ask({ method: 'write', count, seed, boldness })) as { texts: string[] }).texts

  it('writes the same texts for the same seed, however many are asked for', async () => {
    const many = await write(70, 4)
    expect(many).toHaveLength(70)
    expect((await write(3, 4)).slice(0, 3)).toEqual(many.slice(0, 3))
    expect(await write(70, 4)).toEqual(many)
    expect(await write(70, 5)).not.toEqual(many)
    expect(new Set(await write(20, 4, { topK: 1 })).size).toBe(1)
  })

  it('tells the likelihood of held-out texts a token, over all their tokens', async () => {
    const found = (await ask({ method: 'evaluate-texts', count: 20, seed: 0, boldness: {} })) as {
      items: number
      metrics: Record<string, number>
    }
    const items = openItems(version) as TextItems
    const held = ids.slice(FACTS.items * FACTS.length)
    const model = server.model as TextModel
    const [nats, tokens] = tidy(() => {
      const x = sentences(ITEMS, FACTS).slice([FACTS.items, 0], [ITEMS - FACTS.items, FACTS.length])
      const told = model.built.abilities.measure!(model.shown, x as never, {})
      return [told.nats!.sum().dataSync()[0]!, held.filter((id) => id !== SPECIAL.padding).length]
    }) as [number, number]
    expect(found.items).toBe(24)
    expect(found.metrics.nll).toBeCloseTo(nats / tokens, 4)
    expect(found.metrics.perplexity).toBeCloseTo(Math.exp(nats / tokens), 3)
    expect(found.metrics.nats).toBeCloseTo(nats / 24, 3)
    items.close()
  })

  it('is measured by its texts beside real ones, against the same references', async () => {
    const { texts } = (await ask({ method: 'evaluate-texts', count: 30, seed: 0, boldness: { temperature: 0.01 } })) as {
      texts: TextQuality
    }
    expect(texts.settings).toEqual({ count: 30, references: 24, kind: 'held-out', seed: 0, boldness: { temperature: 0.01 } })
    expect(Object.keys(texts.real.bleu)).toEqual(['2', '3', '4', '5'])
    // Hardly anything but the likeliest text: the sentences repeat each other, and real ones do not.
    expect(texts.made.selfBleu['2']).toBeGreaterThan(0.95)
    expect(texts.real.selfBleu['2']).toBeLessThan(texts.made.selfBleu['2']!)
    expect(texts.made.distinct['2']).toBeLessThan(texts.real.distinct['2']!)
    expect(texts.real.bleu['2']).toBeGreaterThan(0)
  })

  it('cannot do what only pictures can', async () => {
    await expect(ask({ method: 'encode', count: 1 })).rejects.toMatchObject({ code: 'ability-missing' })
  })
})
