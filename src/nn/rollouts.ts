/** What each token of a made sequence is worth, by trying out how it could go on. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { categorical } from './categorical'
import type { LanguageModel, Memory } from './language'
import type { Weights } from './module'
import { concat, mean, reshape, slice, split, stack, tile } from './ops'

/** Numbers on [0, 1) that `rollouts` wants for sequences of this length. */
export const rolloutNoise = (length: number, n: number, count: number): number => ((length * (length - 1)) / 2) * n * count

/**
 * The action value of every token of int32 [length, n], [length, n] (Yu et al. 2017, eq. 4): the mean score of `count` sequences that
 * begin like this one up to and with the token and go on as the model draws; of the last token, the score of the sequence itself.
 * With no roll-outs every token has the whole sequence's score. `score`: int32 [length, m] → [m]. Of `uniform`, see `rolloutNoise`.
 */
export function rollouts(
  model: LanguageModel,
  weights: Weights,
  tokens: Tensor2D,
  score: (tokens: Tensor2D) => Tensor,
  { count, uniform, latents }: { count: number; uniform?: Tensor; latents?: Tensor2D },
): Tensor2D {
  const [length, n] = tokens.shape
  const whole = reshape(score(tokens), [1, n])
  if (count === 0) return tile(whole, [length, 1]) as Tensor2D
  const rows = split(tokens, length).map((row) => reshape(row, [n]) as Tensor1D)
  const many = <T extends Tensor>(x: T): T => tile(x, [count, ...Array<number>(x.rank - 1).fill(1)])
  const beside = latents && many(latents)
  const worth: Tensor[] = []
  let memory = model.begin(weights, n, latents)
  let used = 0
  for (let known = 1; known < length; known++) {
    memory = model.step(weights, rows[known - 2] ?? null, memory, latents).memory
    const left = length - known
    const numbers = slice(reshape(uniform!, [-1]), [used], [left * n * count])
    used += left * n * count
    const drawn = goOn(rows[known - 1]!, memory, split(numbers, left) as Tensor1D[])
    const begun = rows.slice(0, known).map(many)
    worth.push(mean(reshape(score(stack([...begun, ...drawn]) as Tensor2D), [count, n]), 0))
  }
  return concat([stack(worth), whole]) as Tensor2D

  function goOn(last: Tensor1D, from: Memory, noise: Tensor1D[]): Tensor1D[] {
    let token = many(last)
    let now: Memory = from.map(({ h, c }) => ({ h: many(h), c: many(c) }))
    return noise.map((u) => {
      const next = model.step(weights, token, now, beside)
      now = next.memory
      token = categorical(next.logits, u)
      return token
    })
  }
}
