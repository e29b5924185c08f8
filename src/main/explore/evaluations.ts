/**
 * What a model was measured to be, kept in `runs/<id>/evaluations/<step>-<settings>.json`: measuring takes minutes, and the same
 * checkpoint gives the same numbers each time.
 */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { StudioError } from '../../contract/errors'
import { Evaluation, LogLikelihood, type explore as contract } from '../../contract/explore'
import { Quality } from '../../contract/quality'
import { TextQuality } from '../../contract/texts'
import { writeDurably } from '../durable'
import type { JobHandle, Jobs } from '../jobs'
import { readJson } from '../json'
import { newestCheckpoint } from '../runs/checkpoints'
import type { Service } from '../service'
import type { Store } from '../store/store'
import { isOfTexts, type Model, type Models, type TextModel } from './models'
import { need, toPictures } from './tensors'

type Evaluations = Pick<Service<typeof contract>, 'evaluate' | 'evaluation'>
type Asked = Parameters<Evaluations['evaluate']>[0]

export interface EvaluationsOptions {
  store: Pick<Store, 'getRun'>
  folder: string
  jobs: Jobs
  models: Pick<Models, 'useAny'>
}

/** What the trainer answers: see `Call` in the contract. */
const Losses = z.object({ items: z.int(), metrics: z.record(z.string(), z.number()), pcaMse: z.number().nullable() })
const Texts = z.object({ items: z.int(), metrics: z.record(z.string(), z.number()), texts: TextQuality.nullable() })
const Kept = z.strictObject({ formatVersion: z.literal(1), evaluation: Evaluation })

/** Samples are those of this seed. */
const SEED = 0
/** Shares of the whole that each call takes, about. */
const SHARES = { evaluate: 10, quality: 60, likelihood: 30 }

export function createEvaluations({ store, folder, jobs, models }: EvaluationsOptions): Evaluations {
  const folderOf = (run: string) => join(folder, 'runs', run, 'evaluations')
  const nameOf = (step: number, { count, samples = 0, prior, boldness = {} }: Asked) => {
    const drawn = Object.entries(boldness)
      .sort()
      .map(([name, value]) => `-${name}-${value}`)
    return `${step}-${count}-${samples}${prior === 'fitted' ? '-fitted' : ''}${drawn.join('')}.json`
  }

  async function read(run: string, name: string): Promise<Evaluation | null> {
    const kept = Kept.safeParse(await readJson(join(folderOf(run), name)))
    return kept.success ? kept.data.evaluation : null
  }

  return {
    async evaluate(asked) {
      const { name } = await store.getRun(asked.run)
      return jobs.start({ kind: 'evaluate', title: name, unit: 'steps' }, async (job) => {
        const checkpoint = await newestCheckpoint(join(folder, 'runs', asked.run))
        const known = checkpoint && (await read(asked.run, nameOf(checkpoint.step, asked)))
        if (known) return known
        return models.useAny(
          asked.run,
          async (model) => {
            const evaluation = await (isOfTexts(model) ? measureTexts(model, asked, job) : measure(model, asked, job))
            const kept: z.infer<typeof Kept> = { formatVersion: 1, evaluation }
            await mkdir(folderOf(asked.run), { recursive: true })
            await writeDurably(join(folderOf(asked.run), nameOf(model.step, asked)), JSON.stringify(kept))
            return evaluation
          },
          { newest: true },
        )
      })
    },

    async evaluation({ run }) {
      const checkpoint = await newestCheckpoint(join(folder, 'runs', run))
      if (!checkpoint) return null
      const names = await readdir(folderOf(run)).catch(() => [])
      const own = names.filter((name) => name.startsWith(`${checkpoint.step}-`) && name.endsWith('.json'))
      const times = await Promise.all(own.map(async (name) => (await stat(join(folderOf(run), name))).mtimeMs))
      const newest = own[times.indexOf(Math.max(...times))]
      return newest === undefined ? null : read(run, newest)
    },
  }
}

async function measureTexts(
  model: TextModel,
  { count, samples, prior, boldness = {} }: Asked,
  { signal, progress }: JobHandle,
): Promise<Evaluation> {
  // Its likelihood is exact, and there is no prior but itself.
  if (samples !== undefined || prior === 'fitted') throw new StudioError('pictures-only', { run: model.run.name })
  const { result } = await model.call({ method: 'evaluate-texts', count, seed: SEED, boldness }, { signal, onProgress: progress })
  return { step: model.step, ...Texts.parse(result), pcaMse: null, quality: null, pictures: null }
}

async function measure(
  model: Model,
  { count, samples, prior, boldness }: Asked,
  { signal, progress }: JobHandle,
): Promise<Evaluation> {
  if (boldness) throw new StudioError('texts-only', { run: model.run.name })
  if (prior === 'fitted') need(model, 'encode')
  const all = SHARES.evaluate + SHARES.quality + (samples ? SHARES.likelihood : 0)
  let before = 0
  const during = (call: keyof typeof SHARES) => {
    const [from, share] = [before, SHARES[call]]
    before += share
    return {
      signal,
      onProgress: (done: number, total: number) => progress(Math.round((100 * (from + (share * done) / total)) / all), 100),
    }
  }
  const losses = Losses.parse((await model.call({ method: 'evaluate', pca: true }, during('evaluate'))).result)
  const measured = await model.call({ method: 'quality', count, seed: SEED, prior }, during('quality'))
  const logLikelihood =
    samples === undefined
      ? {}
      : { logLikelihood: LogLikelihood.parse((await model.call({ method: 'likelihood', samples }, during('likelihood'))).result) }
  return {
    step: model.info.step,
    ...losses,
    ...logLikelihood,
    quality: Quality.nullable().parse(measured.result),
    pictures: measured.body.length > 0 ? toPictures(model, measured.body) : null,
  }
}
