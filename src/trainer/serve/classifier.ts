/** The classifier of a version's tags: trained when it is first asked for, then kept beside the version, so that all runs share it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { balancedAccuracy, type Tagged } from '../../nn/metrics/classes'
import {
  classifierParameters,
  CLASSIFIER,
  createClassifier,
  trainClassifier,
  type Classifier,
  type ClassifierOptions,
} from '../../nn/metrics/classifier'
import { permutation } from '../../nn/random'
import { writeDurable } from '../durable'
import { range, type PictureItems } from '../items'
import { readVariables } from '../model'
import { asFloats, decodeSafetensors, encodeSafetensors } from '../safetensors'
import type { CallContext } from './latents'

export interface TagClassifier extends Classifier {
  steps: number
  exclusive: boolean
  /** On items that it was not trained on. */
  accuracy: number
}

/** Items that it is judged by. */
const MOST_JUDGED = 2000
/** Share of the training items kept from it where nothing else was held out. */
const KEPT = 0.1
/** Below, a tag's accuracy is chance. */
const LEAST = 1

const Metadata = z.object({ steps: z.coerce.number(), accuracy: z.coerce.number() })

/** Null for a version without tags that tell items apart. `folder` is the version's. */
export async function classifierOf(items: PictureItems, folder: string, context: CallContext): Promise<TagClassifier | null> {
  const { pack, data } = items
  const all = taggedOf(items, range(0, pack.train))
  if (
    !Array.from({ length: all.tags }).some((_, tag) =>
      [0, 1].every((one) => all.has.some((has, i) => i % all.tags === tag && has === one)),
    )
  )
    return null
  const options: ClassifierOptions = { shape: data, tags: all.tags, exclusive: isExclusive(all) }
  const file = join(folder, `${CLASSIFIER}.safetensors`)
  const known = existsSync(file) ? read(file, options) : null
  if (known) return known

  const order = Array.from(permutation(0, 0, pack.train))
  const kept = pack.items > pack.train ? 0 : Math.floor(pack.train * KEPT)
  const [learned, judged] = [order.slice(kept), kept > 0 ? order.slice(0, kept) : range(pack.train, pack.items)]
  const at = (positions: ArrayLike<number>) => Array.from(positions, (position) => learned[position]!)
  const classifier = createClassifier(options)
  try {
    const steps = await trainClassifier(
      classifier,
      options,
      {
        count: learned.length,
        pictures: (positions) => items.bytes(at(positions)),
        tags: (positions) => items.tags(at(positions)),
      },
      { breathe: context.breathe, onStep: context.progress },
    )
    const shown = judged.slice(0, MOST_JUDGED)
    const truth = taggedOf(items, shown)
    const has = await classifier.answers(await classifier.features(items.bytes(shown), context.breathe))
    const accuracy = accuracyOf({ ...truth, has }, truth, options.exclusive)
    const tensors = await readVariables(classifier.weights, '', steps)
    writeDurable(file, encodeSafetensors({ tensors, metadata: { steps: String(steps), accuracy: String(accuracy) } }))
    return { ...classifier, steps, accuracy, exclusive: options.exclusive }
  } catch (error) {
    classifier.dispose()
    throw error
  }
}

/** Null when the file is not what we would write: it is made anew. */
function read(file: string, options: ClassifierOptions): TagClassifier | null {
  try {
    const { tensors, metadata } = decodeSafetensors(readFileSync(file))
    const values = new Map(
      classifierParameters(options).map(({ name, shape }) => {
        const found = tensors.get(name)
        if (found?.shape.join() !== shape.join()) throw new Error(name)
        return [name, asFloats(found)]
      }),
    )
    const about = Metadata.parse(metadata)
    return { ...createClassifier(options, ({ name }) => values.get(name)!), ...about, exclusive: options.exclusive }
  } catch {
    return null
  }
}

/** The tags of these items. */
export function taggedOf(items: PictureItems, positions: ArrayLike<number>): Tagged {
  return { has: Uint8Array.from(items.tags(positions)), count: positions.length, tags: items.pack.tags.length }
}

function isExclusive({ has, count, tags }: Tagged): boolean {
  for (let i = 0; i < count; i++) {
    let own = 0
    for (let tag = 0; tag < tags; tag++) own += has[i * tags + tag]!
    if (own !== 1) return false
  }
  return true
}

/** Of one class each: the share told right. Otherwise: the mean of the tags' balanced accuracies. */
function accuracyOf(answers: Tagged, truth: Tagged, exclusive: boolean): number {
  if (exclusive) {
    let right = 0
    truth.has.forEach((one, i) => (right += one * answers.has[i]!))
    return right / truth.count
  }
  const each = balancedAccuracy(answers, truth, LEAST).filter((one) => one !== null)
  return each.reduce((sum, one) => sum + one, 0) / each.length
}
