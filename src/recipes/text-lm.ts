/**
 * A language model: stacked LSTMs (Hochreiter & Schmidhuber 1997) that say how likely each token is after those before it, trained by
 * maximum likelihood (Graves 2013). Texts are drawn from it token by token.
 */
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { SPECIAL } from '../contract/texts'
import { createLanguageModel } from '../nn/language'
import type { Weights } from '../nn/module'
import { cast, div, lessEqual, mul, sign, sub, sum, transpose } from '../nn/ops'
import type { Built, NoiseSpec, TextFacts } from './define'
import { defineRecipe } from './define'
import * as words from './texts/text-lm'

const Settings = z.strictObject({
  /** Of a token's vector. */
  embedding: z.int().min(4).max(1024).default(64).meta(words.settings.embedding),
  hidden: z.int().min(8).max(2048).default(256).meta(words.settings.hidden),
  layers: z.int().min(1).max(4).default(1).meta(words.settings.layers),
  dropout: z.number().min(0).max(0.9).default(0).meta(words.settings.dropout),
})
type Settings = z.infer<typeof Settings>

/** Below so many tokens in all, a model of the usual size soon knows them by heart. */
const FEW_TOKENS = 200_000

function defaults({ vocabulary, items, length }: TextFacts): Partial<Settings> {
  const few = items * length < FEW_TOKENS
  return { embedding: vocabulary > 1000 ? 128 : 64, hidden: few ? 128 : 256, dropout: few ? 0.3 : 0 }
}

function build({ embedding, hidden, layers, dropout }: Settings, { vocabulary }: TextFacts): Built<Tensor2D> {
  const language = createLanguageModel({ vocabulary, embedding, hidden, layers, start: SPECIAL.start })
  const maskNames = Array.from({ length: dropout > 0 ? layers : 0 }, (_, i) => `drop${i + 1}`)
  const masks = (noise: Record<string, Tensor>) =>
    maskNames.map((name) => mul(sub(1, cast(lessEqual(noise[name]!, dropout), 'float32')), 1 / (1 - dropout)) as Tensor2D)

  /** Of each text, [n]: nats in all, and how many tokens they are of. Padding is nothing to be learned. */
  const told = (weights: Record<string, Weights>, x: Tensor2D, thinned: Tensor2D[] = []) => {
    const tokens = transpose(x, [1, 0]) as Tensor2D
    const real = sign(cast(tokens, 'float32'))
    const nats = sum(mul(language.nll(weights.language!, tokens, { thinned }), real), 0)
    return { nats, tokens: sum(real, 0) }
  }

  return {
    networks: { language },
    stages: [
      {
        ...FIT,
        phases: [
          {
            name: 'likelihood',
            trains: ['language'],
            noise: (count): Record<string, NoiseSpec> =>
              Object.fromEntries(maskNames.map((name) => [name, { shape: [count, hidden], distribution: 'uniform' }])),
            loss({ weights, x, noise, average }) {
              const { nats, tokens } = told(weights, x, masks(noise))
              const nll = div(average(nats), average(tokens)) as Scalar
              return { total: nll, parts: { nll } }
            },
          },
        ],
      },
    ],
    abilities: {
      draw: (weights, uniform, how) =>
        transpose(language.draw(weights.language!, transpose(uniform, [1, 0]), how), [1, 0]) as Tensor2D,
      score: (weights, x) => told(weights, x).nats,
      measure: (weights, x) => told(weights, x),
    },
  }
}

const FIT = { name: 'fit', title: words.fit }

export const textLm = defineRecipe<Settings, TextFacts>({
  id: 'text-lm',
  title: words.title,
  summary: words.summary,
  about: words.about,
  paper: 'Graves 2013, Generating Sequences With Recurrent Neural Networks, arXiv:1308.0850',
  data: ['texts'],
  goals: ['more-like-these'],
  likelihood: 'exact',
  prior: 'normal',
  abilities: ['generate', 'score'],
  converges: true,
  // Through many places slopes multiply: without a limit one batch can undo a thousand (Pascanu et al. 2013).
  training: { learningRate: 0.002, clipNorm: 1 },
  settings: Settings,
  defaults,
  rules: [],
  parts: words.parts,
  stages: [FIT],
  build,
})
