/** What a recipe with certain settings would be: its networks, their parameters, and the memory that training it takes. */
import type { TrainingSettings } from '../contract/nouns'
import type { Command, EngineChoice } from '../contract/trainer'
import { parameterCount } from '../nn/module'
import { BATCH, type Graph } from '../nn/record'
import type { Built, DataFacts, Recipe } from '../recipes/define'
import { recipeById } from '../recipes/index'
import { resolveSettings } from '../recipes/settings'
import { modelGraphs } from './exports/graphs'
import { disposeModel, buildModel } from './model'

export interface Description {
  parameters: number
  networks: { name: string; parameters: number }[]
  memoryBytes: number
  /** Every setting as it would be used. */
  settings: Record<string, unknown>
}

/** The program with a small model loaded, measured. */
const PROGRAM_BYTES: Record<EngineChoice['id'], number> = { wasm: 180e6, tensorflow: 420e6, webgpu: 300e6 }
/**
 * A batch's activations are kept for the way back, where each has a gradient, and ops have copies that pass. Measured peaks of
 * `vae` at 64 × 64 × 3, batch 64: 379 MB (wasm) and 646 MB (TensorFlow) where this rule says 375 and 615.
 */
const ACTIVATION_COPIES = 3
/** Beyond this the model is not made to look at it; its weights then outweigh the rest. */
const MOST_MADE = 64e6
const FLOAT = 4

/** Slots an optimiser keeps for each weight. */
const SLOTS: Record<TrainingSettings['optimizer'], number> = { sgd: 0, momentum: 1, rmsprop: 1, adam: 2, adamw: 2 }

type Question = Extract<Command, { type: 'describe' }>

/**
 * Memory is the program + weights × (1 + gradient + one passing copy + slots) + 3 × the activations of a batch. Activations are
 * counted in a recorded pass, for which `start` starts an engine.
 * Throws `recipe-unknown`, `settings-wrong`.
 */
export async function describe(question: Question, start: () => Promise<unknown>, recipe?: Recipe): Promise<Description> {
  const { data, training, settings: chosen } = question
  const found = recipe ?? recipeById(question.recipe)
  const settings = resolveSettings(found, chosen, data)
  const built = found.build(settings, data)
  const networks = Object.entries(built.networks).map(([name, network]) => ({ name, parameters: parameterCount(network) }))
  const parameters = networks.reduce((sum, network) => sum + network.parameters, 0)
  const weights = parameters * FLOAT * (3 + SLOTS[training.optimizer])
  const made = parameters <= MOST_MADE
  if (made) await start()
  const each = made ? activations(found, settings, data) : data.height * data.width * data.channels * FLOAT * layers(built)
  const memoryBytes = Math.round(
    PROGRAM_BYTES[question.engine.id] + weights + ACTIVATION_COPIES * each * Math.min(training.batchSize, data.items),
  )
  return { parameters, networks, memoryBytes, settings }
}

/** Bytes that one item's way through the model leaves behind. */
function activations(recipe: Recipe, settings: Record<string, unknown>, data: DataFacts): number {
  const model = buildModel(recipe, { settings, seed: 0 }, data, null)
  try {
    const graphs = Object.values(modelGraphs(model.built, model.weights, data))
    return graphs.reduce((sum, graph) => sum + bytesPerItem(graph), 0)
  } finally {
    disposeModel(model)
  }
}

function bytesPerItem({ tensors, nodes }: Graph): number {
  let bytes = 0
  for (const node of nodes)
    for (const output of node.outputs) {
      const { shape } = tensors[output]!
      if (shape.includes(BATCH)) bytes += FLOAT * shape.reduce((size, side) => (side === BATCH ? size : size * side), 1)
    }
  return bytes
}

const layers = (built: Built): number =>
  Object.values(built.networks).reduce(
    (sum, { parameters }) => sum + parameters.filter(({ shape }) => shape.length > 1).length,
    0,
  )
