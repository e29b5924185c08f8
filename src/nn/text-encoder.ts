/** A short description as a vector, trained along with the network that listens to it. */
import { dense } from './dense'
import type { Network, Parameter } from './module'
import { add, concat, div, exp, matMul, mul, slice, tanh } from './ops'

const WORD_SIZE = 32
const ATTENTION_SIZE = 16

/**
 * How often each word stands in a description, [n, words], → [n, size]: the words' vectors, averaged with attention
 * (Bahdanau et al. 2015, with one question that is learned: which words matter), then one dense layer. In what order the words
 * stand is not looked at. One more vector is always there: what is meant where nothing is said.
 */
export function textEncoder(name: string, words: number, size: number): Network {
  const [table, key, question] = [`${name}/table`, `${name}/attention/table`, `${name}/attention/question`]
  const out = dense(`${name}/out`, WORD_SIZE, size)
  const normal = (name: string, shape: number[], deviation: number): Parameter => {
    return { name, shape, initial: { kind: 'normal', deviation } }
  }
  return {
    parameters: [
      normal(table, [words + 1, WORD_SIZE], 1),
      normal(key, [WORD_SIZE, ATTENTION_SIZE], 1 / Math.sqrt(WORD_SIZE)),
      normal(question, [ATTENTION_SIZE, 1], 1 / Math.sqrt(ATTENTION_SIZE)),
      ...out.parameters,
    ],
    forward(weights, counts, pass) {
      const vectors = weights[table]!
      const weight = exp(matMul(tanh(matMul(vectors, weights[key]!)), weights[question]!))
      const weighed = concat([mul(vectors, weight), weight], 1)
      // Row 0 stands for the silence, which every description has.
      const all = add(matMul(counts, slice(weighed, [1, 0], [words, -1])), slice(weighed, [0, 0], [1, -1]))
      const mean = div(slice(all, [0, 0], [-1, WORD_SIZE]), slice(all, [0, WORD_SIZE], [-1, 1]))
      return out.forward(weights, mean, pass)
    },
  }
}
