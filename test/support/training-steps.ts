/** One training step of every recipe, and of small versions of other networks: what engines must agree on. */
import * as tf from '@tensorflow/tfjs-core'
import type { Scalar, Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core'
import { augment, CHANGES } from '../../src/nn/augment'
import { conv2d, transposedConv2d } from '../../src/nn/conv'
import { dense, flatten, unflatten } from '../../src/nn/dense'
import { dropout } from '../../src/nn/dropout'
import { chain, type Network, type Weights } from '../../src/nn/module'
import { batchDeviation, batchNorm, instanceNorm, layerNorm, spectral } from '../../src/nn/norm'
import { adversarial, gradientPenalty, interpolate } from '../../src/nn/objectives/adversarial'
import * as ops from '../../src/nn/ops'
import { fillNormal, fillUniform, initialValues } from '../../src/nn/random'
import { embedding, lstm } from '../../src/nn/recurrent'
import type { DataFacts } from '../../src/recipes/define'
import { recipes } from '../../src/recipes/index'
import { resolveSettings } from '../../src/recipes/settings'
import { variablesOf } from '../../src/trainer/model'
import { buildRecipe, examples, stepInput } from './recipes'

interface Loss {
  total: Scalar
  parts: Record<string, Scalar>
}

export interface TrainingStep {
  name: string
  /** On the current backend. */
  prepare(): { variables: Record<string, Variable>; loss: () => Loss; dispose(): void }
}

const normal = (shape: number[], name: string): Tensor =>
  ops.tensor(fillNormal(new Float32Array(tf.util.sizeFromShape(shape)), 5, name, 0), shape)
const uniform = (shape: number[], name: string): Tensor =>
  ops.tensor(fillUniform(new Float32Array(tf.util.sizeFromShape(shape)), 5, name, 0), shape)

/** A step that trains the first of these networks. */
function step(name: string, networks: Record<string, Network>, loss: (weights: Record<string, Weights>) => Scalar): TrainingStep {
  return {
    name,
    prepare() {
      const weights = Object.fromEntries(
        Object.entries(networks).map(([network, { parameters }]) => [
          network,
          Object.fromEntries(
            parameters.map((one) => [one.name, ops.makeVariable(initialValues(one, 1, network), one.shape, !one.kept)]),
          ),
        ]),
      )
      return {
        variables: variablesOf(weights, [Object.keys(networks)[0]!], true),
        loss: () => {
          const total = loss(weights)
          return { total, parts: { loss: total } }
        },
        dispose: () => ops.dispose(Object.values(weights).flatMap((own) => Object.values(own))),
      }
    },
  }
}

const FACTS = {
  images: { kind: 'images', height: 8, width: 8, channels: 3, items: 20, tags: ['round', 'red'] },
  texts: { kind: 'texts', length: 9, vocabulary: 17, ends: true, items: 20, tags: [] },
} satisfies Record<string, DataFacts>

/** Every phase of every recipe, at its default settings. */
const ofRecipes: TrainingStep[] = recipes.flatMap((recipe) => {
  const data = FACTS[recipe.data[0] as 'images' | 'texts']
  const { stages } = recipe.build(resolveSettings(recipe, {}, data), data)
  return stages.flatMap(({ phases }) =>
    phases.map(({ name }) => ({
      name: `${recipe.id}, ${name}`,
      prepare() {
        const run = buildRecipe(recipe, {}, data)
        const { phase } = run.phases.find((one) => one.phase.name === name)!
        const x = examples(4, data)
        const input = stepInput(run, phase, x, 0)
        return {
          variables: variablesOf(run.weights, phase.trains, true),
          loss: () => phase.loss(input as never),
          dispose() {
            run.dispose()
            const { tags = [], words = [], noise, schedule } = input
            ops.dispose([x, tags, words, noise, schedule] as never)
          },
        }
      },
    })),
  )
})

const leaky = (x: Tensor): Tensor => ops.leakyRelu(x, 0.2)
const critic = chain(
  conv2d('conv1', { inputs: 3, outputs: 4 }),
  leaky,
  conv2d('conv2', { inputs: 4, outputs: 8 }),
  leaky,
  flatten,
  dense('score', 2 * 2 * 8, 1),
)
const normalised = spectral(
  chain(
    conv2d('conv1', { inputs: 3, outputs: 4 }),
    instanceNorm('norm1', 4),
    leaky,
    conv2d('conv2', { inputs: 4, outputs: 8, bias: false }),
    layerNorm('norm2', 8, 1),
    leaky,
    dropout('drop', 0.3),
    batchDeviation,
    flatten,
    dense('score', 2 * 2 * 9, 1),
  ),
)
const { wasserstein } = adversarial
const generator = chain(
  dense('latent', 6, 2 * 2 * 8),
  unflatten([2, 2, 8]),
  batchNorm('norm', 8),
  (x) => ops.relu(x),
  transposedConv2d('conv1', { inputs: 8, outputs: 4, height: 4, width: 4 }),
  (x) => ops.relu(x),
  transposedConv2d('conv2', { inputs: 4, outputs: 3, height: 8, width: 8 }),
  ops.tanh,
)
const mean = (x: Tensor): Scalar => ops.mean(x) as Scalar
const made = (weights: Record<string, Weights>): Tensor =>
  generator.forward(weights.generator!, normal([4, 6], 'z'), { training: true })
const real = (): Tensor => ops.sub(ops.mul(uniform([4, 8, 8, 3], 'x'), 2), 1)

const gan: TrainingStep[] = [
  step('DCGAN, discriminator', { critic, generator }, (weights) => {
    const score = (x: Tensor) => critic.forward(weights.critic!, x)
    return ops.add(mean(ops.softplus(ops.neg(score(real())))), mean(ops.softplus(score(made(weights)))))
  }),
  step('DCGAN, generator', { generator, critic }, (weights) =>
    mean(ops.softplus(ops.neg(critic.forward(weights.critic!, made(weights))))),
  ),
  // A gradient within the loss, through a network that divides its kernels.
  step('normalised critic with gradient penalty', { critic: normalised, generator }, (weights) => {
    const score = (x: Tensor) =>
      normalised.forward(weights.critic!, x, { training: true, noise: { drop: uniform([4, 8], 'drop') } })
    const change = (x: Tensor) => augment(x as Tensor4D, [...CHANGES], uniform([4, 7], 'change') as Tensor2D)
    const [x, fake] = [change(real()), change(made(weights))]
    const penalty = ops.mul(mean(gradientPenalty(score, interpolate(x, fake, uniform([4], 'share')))), 10)
    return ops.add(ops.add(mean(wasserstein.critic.real(score(x))), mean(wasserstein.critic.made(score(fake)))), penalty)
  }),
]

const [TOKENS, LENGTH, BATCH, WIDTH] = [11, 8, 3, 6]
const tokens = (name: string): Tensor => {
  const drawn = fillUniform(new Float32Array(LENGTH * BATCH), 5, name, 0, 0, TOKENS)
  return ops.tensor(Int32Array.from(drawn), [LENGTH, BATCH], 'int32')
}
/** Mean −log p of the tokens: logits [n, tokens], targets of n numbers. */
const crossEntropy = (logits: Tensor, targets: Tensor): Scalar => {
  const chosen = tf.oneHot(ops.reshape(targets, [targets.size]), TOKENS, 1, 0, 'float32')
  return ops.neg(mean(ops.sum(ops.mul(ops.logSoftmax(logits), chosen), 1)))
}
const recurrent = chain(embedding('token', TOKENS, WIDTH), lstm('lstm', WIDTH, 5), (x) => ops.reshape(x, [LENGTH * BATCH, 5]))
const words = chain(recurrent, dense('word', 5, TOKENS))

/** One head of self-attention over [n, time, width], with what a transformer has around it (Vaswani et al. 2017, eq. 1). */
const attention: Network = {
  parameters: [
    ...layerNorm('norm', WIDTH).parameters,
    ...['query', 'key', 'value', 'result'].flatMap((name) => dense(name, WIDTH, WIDTH).parameters),
  ],
  forward(weights, x) {
    const [n, time] = x.shape as [number, number]
    const inner = layerNorm('norm', WIDTH).forward(weights, x) as Tensor
    const projected = (name: string, from: Tensor): Tensor => {
      const rows = dense(name, WIDTH, WIDTH).forward(weights, ops.reshape(from, [n * time, WIDTH]))
      return ops.reshape(rows, [n, time, WIDTH])
    }
    const heads = (name: string) => ops.transpose(ops.reshape(projected(name, inner), [n, time, 2, WIDTH / 2]), [0, 2, 1, 3])
    const scores = ops.mul(ops.matMul(heads('query'), heads('key'), false, true), 1 / Math.sqrt(WIDTH / 2))
    const mixed = ops.matMul(ops.softmax(scores), heads('value'))
    return ops.add(x, projected('result', ops.reshape(ops.transpose(mixed, [0, 2, 1, 3]), [n, time, WIDTH])))
  },
}

const sequences: TrainingStep[] = [
  step('LSTM over 8 tokens', { words }, (weights) =>
    crossEntropy(words.forward(weights.words!, tokens('given')), tokens('next')),
  ),
  step('attention block', { attention }, (weights) => {
    const x = normal([BATCH, LENGTH, WIDTH], 'x')
    return mean(ops.square(ops.sub(ops.silu(attention.forward(weights.attention!, x)), normal([BATCH, LENGTH, WIDTH], 'y'))))
  }),
]

export const trainingSteps: TrainingStep[] = [...ofRecipes, ...gan, ...sequences]
