/** A recipe built, with weights and optimisers, and single steps of it: the training loop without files or processes. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { TrainingSettings } from '../../src/contract/nouns'
import type { Losses } from '../../src/contract/nouns'
import { dispose, lossGradients, mean, scalar, tensor, tidy } from '../../src/nn/ops'
import { drawNoise, fillUniform } from '../../src/nn/random'
import type { NoiseSpec, Phase, PictureFacts, Recipe } from '../../src/recipes/define'
import { buildModel, disposeModel, variablesOf, type PictureModel } from '../../src/trainer/model'
import { createPhase } from '../../src/trainer/phase'

export interface Trained extends PictureModel {
  phases: ReturnType<typeof createPhase>[]
  dispose(): void
}

export function buildRecipe(
  recipe: Recipe,
  chosen: Record<string, unknown>,
  data: PictureFacts,
  training: Partial<TrainingSettings> = {},
): Trained {
  const model = buildModel(recipe, { settings: chosen, seed: 1 }, data, null)
  const settings = TrainingSettings.parse({ ...recipe.training, ...training })
  const phases = model.built.stages
    .flatMap((stage) => stage.phases)
    .map((phase) => createPhase(phase, { model, training: settings }))
  return {
    ...model,
    phases,
    dispose() {
      disposeModel(model)
      dispose(phases.map(({ slots }) => slots))
    },
  }
}

export function noiseTensors(specs: Record<string, NoiseSpec>, step: number): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, tensor(drawNoise(spec, 1, name, step), spec.shape)]),
  )
}

/** Every item has one tag, in turn; and with more than one tag every third has the last one too. [count, tags] */
export function tagRows(count: number, tags: number): Tensor2D {
  const rows = new Float32Array(count * tags)
  for (let n = 0; n < count && tags > 0; n++) {
    rows[n * tags + (n % tags)] = 1
    if (n % 3 === 0) rows[(n + 1) * tags - 1] = 1
  }
  return tensor(rows, [count, tags]) as Tensor2D
}

/** Every third item has no caption; the others have each word up to twice. [count, words] */
export function wordRows(count: number, words: number): Tensor2D {
  const rows = Float32Array.from({ length: count * words }, (_, i) => {
    const [item, word] = [Math.floor(i / words), i % words]
    return item % 3 === 2 ? 0 : (item + word) % 3
  })
  return tensor(rows, [count, words]) as Tensor2D
}

/** What a phase's loss sees in a step, within a `tidy`. */
export function stepInput(
  { weights, data }: PictureModel,
  phase: Phase<never>,
  x: Tensor4D,
  step: number,
): Parameters<Phase['loss']>[0] {
  const count = x.shape[0]
  const schedule = Object.entries(phase.schedule?.(step) ?? {}).map(([name, value]) => [name, scalar(value)])
  return {
    weights,
    x,
    tags: phase.tags ? tagRows(count, data.tags.length) : undefined,
    words: phase.words ? wordRows(count, data.words!.length) : undefined,
    noise: noiseTensors(phase.noise?.(count) ?? {}, step),
    schedule: Object.fromEntries(schedule),
    average: (each) => mean(each),
  }
}

/** The gradients of a phase by the weights that it trains, within a `tidy`. */
export function phaseGradients(run: Trained, phase: Phase<never>, x: Tensor4D, step = 0): Record<string, Tensor> {
  const input = stepInput(run, phase, x, step)
  return lossGradients(() => phase.loss(input as never), variablesOf(run.weights, phase.trains, true)).grads
}

/** One update by one phase; the parts before it. */
export function trainStep(run: Trained, { phase, update }: Trained['phases'][number], x: Tensor4D, step: number): Losses {
  return tidy(() => {
    const { tags, words, noise, schedule } = stepInput(run, phase, x, step)
    const inputs: Record<string, Tensor> = { x, ...(tags && { tags }), ...(words && { words }) }
    for (const [name, value] of Object.entries(noise)) inputs[`noise/${name}`] = value
    for (const [name, value] of Object.entries(schedule)) inputs[`schedule/${name}`] = value
    return Object.fromEntries(Object.entries(update(inputs)).map(([name, part]) => [name, part.dataSync()[0]!]))
  })
}

/** Simple shapes to learn: a bright square at a place of its own on each picture. [count, height, width, channels] */
export function squares(count: number, { height, width, channels }: PictureFacts): Tensor4D {
  const values = new Float32Array(count * height * width * channels)
  const colours = fillUniform(new Float32Array(count * channels), 3, 'colours', 0, 0.3, 1)
  for (let n = 0; n < count; n++) {
    const top = Math.floor((((n * 3) % count) / count) * (height / 2))
    const left = Math.floor((((n * 5) % count) / count) * (width / 2))
    for (let y = top; y < top + height / 2; y++)
      for (let x = left; x < left + width / 2; x++)
        for (let c = 0; c < channels; c++) values[((n * height + y) * width + x) * channels + c] = colours[n * channels + c]!
  }
  return tensor(values, [count, height, width, channels]) as Tensor4D
}
