/** Answers calls about a trained model. It is loaded once; a call that takes long lets quick ones in between. */
import type { Condition } from '../../contract/condition'
import type { Call, RunSpec } from '../../contract/trainer'
import type { Engine } from '../../engines/engine'
import type { Recipe } from '../../recipes/define'
import { recipeById } from '../../recipes/index'
import { fromState, readCheckpoint } from '../checkpoint'
import { openItems, type PictureItems, type TextItems } from '../items'
import { buildModel, type Model, type PictureModel, type TextModel } from '../model'
import type { CallContext } from './latents'
import { answersOfPictures } from './pictures'
import { answersOfTexts } from './texts'

interface Answer {
  result: unknown
  body?: Uint8Array
}

/** What a model of some kind of items answers. */
export interface Answers {
  /** What the model wants to be told. */
  readonly condition: Condition | null
  /** Throws the call's named error. */
  answer(call: Call, body: Uint8Array, context: CallContext): Promise<Answer>
}

export interface Server extends Answers {
  readonly model: Model
  /** The checkpoint's step. */
  readonly step: number
}

export interface Loaded {
  spec: RunSpec
  /** The checkpoint's folder, and its step. */
  state: string
  step: number
  engine: Pick<Engine, 'compile'>
}

/**
 * Loads the model of a checkpoint's folder; the engine runs. A first item is made before this resolves, for the first is the slow
 * one. Throws as `fromState` does when state and recipe do not fit.
 */
export async function createServer(
  spec: RunSpec,
  state: string,
  engine: Pick<Engine, 'compile'>,
  recipe: Recipe = recipeById(spec.recipe),
): Promise<Server> {
  const items = openItems(spec.version)
  const { manifest, tensors } = readCheckpoint(state)
  const { step } = manifest
  const model = fromState(manifest, recipe, () =>
    buildModel(recipe, { settings: manifest.settings, seed: manifest.seed }, items.data, tensors),
  )
  const loaded: Loaded = { spec, state, step, engine }
  const answers =
    model.data.kind === 'texts'
      ? await answersOfTexts(model as TextModel, items as TextItems, loaded)
      : await answersOfPictures(model as PictureModel, items as PictureItems, loaded)
  return { model, step, ...answers }
}
