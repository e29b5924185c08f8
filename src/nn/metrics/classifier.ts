/**
 * A small convolutional classifier of tags, trained on the spot: its last hidden layer is a feature space that knows what these
 * pictures are about, and its answers count which kinds a model makes.
 */
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { TrainingSettings } from '../../contract/nouns'
import { fanInLimit } from '../dense'
import type { Parameter, Weights } from '../module'
import {
  add,
  conv2d,
  dispose,
  gradients,
  logSoftmax,
  makeVariable,
  matMul,
  mean,
  mul,
  neg,
  relu,
  reshape,
  softplus,
  sub,
  sum,
  tensor,
  tidy,
} from '../ops'
import { createOptimizer } from '../optimizers'
import { initialValues, permutation } from '../random'
import { resized, type PictureShape } from './pictures'
import { inBatches } from './random-features'
import type { Breathe, Rows } from './rows'

/** Whatever changes its numbers changes the name. */
export const CLASSIFIER = 'classifier-1'

const SEED = 1
const SIDE = 32
const WIDTHS = [32, 64]
const HIDDEN = 128
const BATCH = 64
/** At most so many steps, and rounds over small sets. */
const STEPS = 800
const ROUNDS = 40
const MOST_MS = 120_000
const TRAINING = TrainingSettings.parse({ optimizer: 'adam', learningRate: 0.001, batchSize: BATCH })

export interface ClassifierOptions {
  shape: PictureShape
  tags: number
  /** Whether each picture has exactly one of the tags; otherwise each tag is a question of its own. */
  exclusive: boolean
}

export interface LabelledPictures {
  count: number
  /** u8 pictures of these positions below `count`. */
  pictures(positions: ArrayLike<number>): Uint8Array
  /** 1 where a picture has the tag: [positions, tags]. */
  tags(positions: ArrayLike<number>): Float32Array
}

export interface Classifier {
  weights: Weights
  /** Hidden layer of u8 pictures: [n, 128]. */
  features(pictures: Uint8Array, breathe: Breathe): Promise<Rows>
  /** Of features: 1 for the likeliest tag where there is one each, else for every tag that is likelier than not: u8 [n, tags]. */
  answers(features: Rows): Promise<Uint8Array>
  dispose(): void
}

export function classifierParameters({ shape, tags }: ClassifierOptions): Parameter[] {
  const side = SIDE / 2 ** WIDTHS.length
  const kernel = (name: string, shape: number[]): Parameter => {
    const inputs = shape.slice(0, -1).reduce((size, side) => size * side, 1)
    return { name, shape, initial: { kind: 'uniform', limit: fanInLimit(inputs, Math.SQRT2) } }
  }
  return [
    ...WIDTHS.flatMap((outputs, i) => [
      kernel(`conv${i}/kernel`, [4, 4, WIDTHS[i - 1] ?? shape.channels, outputs]),
      { name: `conv${i}/bias`, shape: [outputs], initial: { kind: 'zeros' as const } },
    ]),
    kernel('hidden/kernel', [side * side * WIDTHS.at(-1)!, HIDDEN]),
    { name: 'hidden/bias', shape: [HIDDEN], initial: { kind: 'zeros' } },
    kernel('tags/kernel', [HIDDEN, tags]),
    { name: 'tags/bias', shape: [tags], initial: { kind: 'zeros' } },
  ]
}

/** With these values, or those of the seed. */
export function createClassifier(options: ClassifierOptions, values?: (parameter: Parameter) => Float32Array): Classifier {
  const parameters = classifierParameters(options)
  const weights: Weights = Object.fromEntries(
    parameters.map((parameter) => [
      parameter.name,
      makeVariable(values?.(parameter) ?? initialValues(parameter, SEED, CLASSIFIER), parameter.shape),
    ]),
  )
  return {
    weights,
    features: (pictures, breathe) => inBatches(pictures, options.shape, SIDE, breathe, (x) => hidden(weights, x)),
    async answers({ values, count, size }) {
      const made = tidy(() => logits(weights, tensor(values, [count, size])))
      const out = new Uint8Array(count * options.tags)
      const numbers = await made.data()
      made.dispose()
      for (let i = 0; i < count; i++) {
        const row = numbers.subarray(i * options.tags, (i + 1) * options.tags)
        if (options.exclusive) out[i * options.tags + row.indexOf(Math.max(...row))] = 1
        else row.forEach((value, tag) => (out[i * options.tags + tag] = Number(value > 0)))
      }
      return out
    },
    dispose: () => dispose(weights),
  }
}

function hidden(weights: Weights, pictures: Tensor): Tensor2D {
  const x = WIDTHS.reduce<Tensor>(
    (x, _, i) => relu(add(conv2d(x as Tensor4D, weights[`conv${i}/kernel`] as never, 2, 'same'), weights[`conv${i}/bias`]!)),
    mul(sub(pictures, 0.5), 2),
  )
  const flat = reshape(x, [x.shape[0]!, x.size / x.shape[0]!])
  return relu(add(matMul(flat, weights['hidden/kernel']!), weights['hidden/bias']!)) as Tensor2D
}

const logits = (weights: Weights, features: Tensor): Tensor2D =>
  add(matMul(features, weights['tags/kernel']!), weights['tags/bias']!) as Tensor2D

/** Trains it on these; stops after 800 steps, 40 rounds or two minutes. Gives the steps done. */
export async function trainClassifier(
  { weights }: Classifier,
  { shape, exclusive, tags }: ClassifierOptions,
  data: LabelledPictures,
  { breathe, onStep }: { breathe: Breathe; onStep?: (done: number, of: number) => void },
): Promise<number> {
  const optimizer = createOptimizer(TRAINING, weights)
  const size = Math.min(BATCH, data.count)
  const perEpoch = Math.max(1, Math.floor(data.count / size))
  const steps = Math.min(STEPS, ROUNDS * perEpoch)
  const began = performance.now()
  let order = new Uint32Array(0)
  let step = 0
  try {
    for (; step < steps && performance.now() - began < MOST_MS; step++) {
      if (step % perEpoch === 0) order = permutation(SEED, step / perEpoch, data.count) as Uint32Array<ArrayBuffer>
      const at = (step % perEpoch) * size
      const positions = order.subarray(at, at + size)
      const values = resized(data.pictures(positions), shape, SIDE)
      tidy(() => {
        const x = tensor(values, [size, SIDE, SIDE, shape.channels])
        const y = tensor(data.tags(positions), [size, tags])
        const loss = () => {
          const scores = logits(weights, hidden(weights, x))
          // −log p(y), of one category or of each yes and no: log(1 + e^s) − y·s.
          const each = exclusive ? neg(mul(y, logSoftmax(scores))) : sub(softplus(scores), mul(y, scores))
          return mean(sum(each, 1)) as Scalar
        }
        optimizer.apply(gradients(loss, weights).grads)
      })
      onStep?.(step + 1, steps)
      await breathe()
    }
  } finally {
    dispose(optimizer.slots)
  }
  return step
}
