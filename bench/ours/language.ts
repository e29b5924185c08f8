/** A language model on an LSTM, as SeqGAN's generator (Yu et al. 2017): its likelihood, and drawing from it. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core'
import { createLanguageModel, type LanguageModel } from '../../src/nn/language'
import { mean, tensor, tidy } from '../../src/nn/ops'
import { fillUniform } from '../../src/nn/random'
import { noise, trained, type Rates, type Row } from './row'

export interface GeneratorTable {
  vocabulary: number
  length: number
  embedding: number
  hidden: number
}

export const createGenerator = ({ vocabulary, embedding, hidden }: GeneratorTable): LanguageModel =>
  createLanguageModel({ vocabulary, embedding, hidden })

interface LikelihoodTable {
  batch: number
  adam: Rates
  generator: GeneratorTable
}

/** Maximum likelihood with the true tokens before each (teacher forcing), on four made-up batches in turns. */
export function likelihood({ batch, adam, generator: table }: LikelihoodTable): Row {
  const { vocabulary, length } = table
  const generator = createGenerator(table)
  const texts = [0, 1, 2, 3].map((i) =>
    Int32Array.from(fillUniform(new Float32Array(length * batch), 1, 'tokens', i, 0, vocabulary)),
  )
  return {
    networks: { generator },
    phases: (weights) => [
      {
        inputs: (step) => ({ tokens: tensor(texts[step % texts.length]!, [length, batch], 'int32') }),
        step: trained(weights, ['generator'], adam, ({ tokens }) => {
          const nll = mean(generator.nll(weights.generator!, tokens as Tensor2D)) as Scalar
          return { total: nll, parts: { nll } }
        }),
      },
    ],
  }
}

/** A batch of whole sequences. */
export function sampling({ batch, generator: table }: Omit<LikelihoodTable, 'adam'>): Row {
  const generator = createGenerator(table)
  return {
    networks: { generator },
    phases: (weights) => [
      {
        inputs: (step) => ({ uniform: noise('uniform', [table.length, batch], 'uniform', step) }),
        step: ({ uniform }) => ({ tokens: tidy(() => generator.draw(weights.generator!, uniform as Tensor2D)) }),
      },
    ],
  }
}
