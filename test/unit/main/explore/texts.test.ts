/** A model of texts: what main lets be asked of it, and what it refuses in a plain sentence before anything is loaded. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Evaluation } from '../../../../src/contract/explore'
import { createMuseum, type Museum } from './support'

const run = 'runtexts'
let museum: Museum
beforeEach(async () => {
  museum = await createMuseum()
  await museum.checkpoint(run, 8)
  await museum.checkpoint('run1', 10)
})
afterEach(() => museum.close())

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: { code?: string; message?: string }) => [error.code, error.message],
  )
async function result<T>(started: Promise<{ job: string }>): Promise<T> {
  const { job } = await started
  for await (const found of museum.jobs.watch()) {
    if (found.id !== job) continue
    if (found.state === 'failed') throw Object.assign(new Error(found.error!.message), found.error)
    if (found.state === 'done') return found.result as T
  }
  throw new Error('the job has no end')
}
const starts = async () =>
  (await readFile(join(museum.folder, 'versions', 'texts1', 'starts'), 'utf8').catch(() => '')).split('\n').filter(Boolean)

describe('a run on texts', () => {
  it('writes texts, as boldly as it is asked to', async () => {
    const { texts } = await museum.explore.write({ run, count: 2, seed: 5, boldness: { temperature: 0.5, topK: 3 } })
    expect(texts).toEqual(['5.0 {"temperature":0.5,"topK":3}', '5.1 {"temperature":0.5,"topK":3}'])
    expect(await starts()).toEqual([`${run} 8`])
  })

  it('is measured by its likelihood and its texts, once for each way of drawing them', async () => {
    const cold = { run, count: 30, boldness: { temperature: 0.5 } }
    const first = await result<Evaluation>(museum.explore.evaluate(cold))
    expect(first).toMatchObject({ step: 8, items: 2, metrics: { nll: 1 }, pcaMse: null, quality: null })
    expect(first.texts!.settings.boldness).toEqual({ temperature: 0.5 })
    expect(await result<Evaluation>(museum.explore.evaluate(cold))).toEqual(first)
    await result<Evaluation>(museum.explore.evaluate({ run, count: 30 }))
    const measured = await readFile(join(museum.folder, 'versions', 'texts1', 'measured'), 'utf8')
    expect(measured.trim().split('\n')).toHaveLength(2)
    expect((await museum.explore.evaluation({ run }))!.texts!.made.bleu).toEqual({ 2: 0.5 })
    const sampled = result(museum.explore.evaluate({ run, count: 30, samples: 5 }))
    expect(await refusal(sampled)).toEqual(['pictures-only', expect.stringContaining('RUNTEXTS learned from texts')])
  })

  it('gives its weights away, and no sheets or graphs of pictures', async () => {
    const exported = await result(museum.exports.start({ run, format: 'safetensors' }))
    expect(exported).toMatchObject({ verified: true, files: [{ name: 'model.safetensors' }] })
    for (const format of ['png', 'onnx'] as const)
      expect(await refusal(result(museum.exports.start({ run, format })))).toEqual(['pictures-only', expect.any(String)])
  })

  it('is refused everything that only pictures can do, without being loaded', async () => {
    const { explore } = museum
    const latents = [[0, 0]]
    const asked: Promise<unknown>[] = [
      explore.open({ run }),
      explore.encode({ run, items: ['item1'] }),
      explore.decode({ run, latents }),
      explore.generate({ run, count: 1, seed: 0 }),
      explore.reconstruct({ run, items: ['item1'] }),
      explore.directions({ run }),
      explore.morph({ run, from: latents[0]!, to: latents[0]!, steps: 3, spherical: true }),
      explore.nearest({ run, latent: latents[0]!, count: 1 }),
      explore.odd.redrawn({ run, items: ['item1'] }),
      result(explore.map({ run })),
    ]
    for (const promise of asked)
      expect(await refusal(promise)).toEqual(['pictures-only', expect.stringContaining('RUNTEXTS learned from texts')])
    expect(await starts()).toEqual([])
  })

  it('is not counted for a recipe of pictures', async () => {
    const asked = museum.explore.describe({ recipe: 'fake', version: 'texts1', settings: {}, training: {} })
    expect(await refusal(asked)).toEqual(['kind-differs', 'Words holds texts: this cannot be done with it.'])
  })

  it('gives way to one of pictures, which writes nothing', async () => {
    await museum.explore.write({ run, count: 1, seed: 0, boldness: {} })
    expect(await museum.explore.open({ run: 'run1' })).toMatchObject({ run: 'run1', step: 10, width: 2 })
    expect(await refusal(museum.explore.write({ run: 'run1', count: 1, seed: 0, boldness: {} }))).toEqual([
      'texts-only',
      'RUN1 learned from pictures: it cannot write texts.',
    ])
    const bold = result(museum.explore.evaluate({ run: 'run1', count: 30, boldness: { topK: 2 } }))
    expect(await refusal(bold)).toEqual(['texts-only', expect.any(String)])
  })
})
