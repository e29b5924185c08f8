/** A recipe built, with weights and optimisers, and single steps of it: the training loop without files or processes. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { TrainingSettings } from '../../src/contract/nouns'
import type { Losses } from '../../src/contract/nouns'
import { SPECIAL, SPECIALS } from '../../src/contract/texts'
import { dispose, lossGradients, mean, scalar, tensor, tidy } from '../../src/nn/ops'
import { drawNoise, fillUniform } from '../../src/nn/random'
import type { DataFacts, NoiseSpec, Phase, PictureFacts, Recipe, TextFacts } from '../../src/recipes/define'
import { buildModel, disposeModel, variablesOf, type Model, type PictureModel } from '../../src/trainer/model'
import { createPhase } from '../../src/trainer/phase'

interface Training {
  phases: ReturnType<typeof createPhase>[]
  dispose(): void
}
export type Trained = PictureModel & Training
/** Of a recipe for whatever data. */
export type AnyTrained = Model & Training

export function buildRecipe(
  recipe: Recipe,
  chosen: Record<string, unknown>,
  data: PictureFacts,
  training?: Partial<TrainingSettings>,
): Trained
export function buildRecipe(
  recipe: Recipe,
  chosen: Record<string, unknown>,
  data: DataFacts,
  training?: Partial<TrainingSettings>,
): AnyTrained
export function buildRecipe(
  recipe: Recipe,
  chosen: Record<string, unknown>,
  data: DataFacts,
  training: Partial<TrainingSettings> = {},
): AnyTrained {
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
function wordRows(count: number, words: number): Tensor2D {
  const rows = Float32Array.from({ length: count * words }, (_, i) => {
    const [item, word] = [Math.floor(i / words), i % words]
    return item % 3 === 2 ? 0 : (item + word) % 3
  })
  return tensor(rows, [count, words]) as Tensor2D
}

/** What a phase's loss sees in a step, within a `tidy`. */
export function stepInput({ weights, data }: Model, phase: Phase<never>, x: Tensor, step: number): Parameters<Phase['loss']>[0] {
  const count = x.shape[0]!
  const schedule = Object.entries(phase.schedule?.(step) ?? {}).map(([name, value]) => [name, scalar(value)])
  return {
    weights,
    x: x as Tensor4D,
    tags: phase.tags ? tagRows(count, data.tags.length) : undefined,
    words: phase.words ? wordRows(count, (data as PictureFacts).words!.length) : undefined,
    noise: noiseTensors(phase.noise?.(count) ?? {}, step),
    schedule: Object.fromEntries(schedule),
    average: (each) => mean(each),
  }
}

/** The gradients of a phase by the weights that it trains, within a `tidy`. */
export function phaseGradients(run: AnyTrained, phase: Phase<never>, x: Tensor, step = 0): Record<string, Tensor> {
  const input = stepInput(run, phase, x, step)
  return lossGradients(() => phase.loss(input as never), variablesOf(run.weights, phase.trains, true)).grads
}

/** One update by one phase; the parts before it. */
export function trainStep(run: AnyTrained, { phase, update }: AnyTrained['phases'][number], x: Tensor, step: number): Losses {
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

/** Rows of tokens that follow a rule of their own each, of different lengths, with an end and padding: int32 [count, length]. */
export function sentences(count: number, { length, vocabulary, ends }: TextFacts): Tensor2D {
  const rows = Int32Array.from({ length: count * length }, (_, i) => {
    const [n, place] = [Math.floor(i / length), i % length]
    const last = length - 1 - (n % Math.max(1, length >> 1))
    if (place > last) return SPECIAL.padding
    return ends && place === last ? SPECIAL.end : SPECIALS + ((n * 3 + place * (1 + (n % 3))) % (vocabulary - SPECIALS))
  })
  return tensor(rows, [count, length], 'int32') as Tensor2D
}

/** Items to learn, as a loss sees them. */
export const examples = (count: number, data: DataFacts): Tensor =>
  data.kind === 'texts' ? sentences(count, data) : squares(count, data)
