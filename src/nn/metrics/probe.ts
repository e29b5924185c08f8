/**
 * What latents know about tags: how well a linear classifier (Alain & Bengio 2016), and a picture's nearest neighbours, tell them
 * from latents alone.
 */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { TrainingSettings } from '../../contract/nouns'
import { add, dispose, div, gradients, makeVariable, matMul, mean, mul, softplus, sub, tensor, tidy } from '../ops'
import { createOptimizer } from '../optimizers'
import { balancedAccuracy, type Tagged } from './classes'
import { meanOf, overPairs, smallest, type Breathe, type Rows } from './rows'

export interface Labelled {
  rows: Rows
  tags: Tagged
}

/** Fewer pictures with or without a tag tell nothing about it. */
const LEAST = 5
const ROUNDS = 300
/** The loss is convex, so that only how fast depends on it; the penalty keeps what separates perfectly from growing for ever. */
const TRAINING = TrainingSettings.parse({ optimizer: 'adam', learningRate: 0.05, l2: 1e-4 })

/**
 * Balanced accuracy on `test` of a logistic regression per tag, fitted on `train` with both answers weighing the same; null where
 * too few items have or lack the tag.
 */
export async function linearProbe(train: Labelled, test: Labelled, breathe: Breathe): Promise<(number | null)[]> {
  const { count, size } = train.rows
  const { tags } = train.tags
  const centre = Float32Array.from(meanOf(train.rows))
  const spread = new Float32Array(size)
  for (let i = 0; i < train.rows.values.length; i++) spread[i % size]! += (train.rows.values[i]! - centre[i % size]!) ** 2 / count
  for (let j = 0; j < size; j++) spread[j] = Math.sqrt(spread[j]!) || 1
  const standard = ({ values, count }: Rows) =>
    div(sub(tensor(values, [count, size]), tensor(centre, [1, size])), tensor(spread, [1, size])) as Tensor2D

  const weights = {
    kernel: makeVariable(new Float32Array(size * tags), [size, tags]),
    bias: makeVariable(new Float32Array(tags), [tags]),
  }
  const optimizer = createOptimizer(TRAINING, weights)
  const logits = (x: Tensor) => add(matMul(x as Tensor2D, weights.kernel as never), weights.bias)
  const [x, y, weigh] = tidy(() => {
    const weigh = tensor(weightsOf(train.tags), [count, tags])
    return [standard(train.rows), tensor(Float32Array.from(train.tags.has), [count, tags]), weigh] as const
  })
  try {
    for (let round = 0; round < ROUNDS; round++) {
      tidy(() => {
        const loss = () => {
          const scores = logits(x)
          return mean(mul(weigh, sub(softplus(scores), mul(y, scores)))) as Scalar
        }
        optimizer.apply(gradients(loss, weights).grads)
      })
      await breathe()
    }
    const scores = tidy(() => logits(standard(test.rows)))
    const has = Uint8Array.from(await scores.data(), (score) => Number(score > 0))
    scores.dispose()
    return known(train.tags, balancedAccuracy({ ...test.tags, has }, test.tags, LEAST))
  } finally {
    dispose([x, y, weigh, ...Object.values(weights), ...Object.values(optimizer.slots)])
  }
}

/** The same by the `k` nearest in `train`, each of which votes with the weight of its answer's rarity. */
export async function neighbourProbe(train: Labelled, test: Labelled, k: number, breathe: Breathe): Promise<(number | null)[]> {
  const { tags } = train.tags
  const weights = weightsOf(train.tags)
  const has = new Uint8Array(test.tags.has.length)
  await overPairs(test.rows, train.rows, breathe, (squares, from, rows) => {
    for (let i = 0; i < rows; i++) {
      const { places } = smallest(squares, i * train.rows.count, train.rows.count, k)
      for (let tag = 0; tag < tags; tag++) {
        let vote = 0
        for (const place of places) vote += weights[place * tags + tag]! * (train.tags.has[place * tags + tag] === 1 ? 1 : -1)
        has[(from + i) * tags + tag] = Number(vote > 0)
      }
    }
  })
  return known(train.tags, balancedAccuracy({ ...test.tags, has }, test.tags, LEAST))
}

/** Of each answer in the training set, so that yes and no weigh the same in all: [count, tags]. */
function weightsOf({ has, count, tags }: Tagged): Float32Array {
  const yes = Array<number>(tags).fill(0)
  has.forEach((one, i) => (yes[i % tags]! += one))
  return Float32Array.from(has, (one, i) => count / (2 * Math.max(1, one === 1 ? yes[i % tags]! : count - yes[i % tags]!)))
}

/** Without the tags of which there was too little to learn from. */
function known(train: Tagged, accuracies: (number | null)[]): (number | null)[] {
  const learned = balancedAccuracy(train, train, LEAST)
  return accuracies.map((accuracy, tag) => (learned[tag] === null ? null : accuracy))
}
