/** What both players are told of a picture: its tags, or a description of it. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { vocabularyOf } from '../contract/words'
import type { Network, Parameter } from '../nn/module'
import { add, concat, matMul, mul, sign, sub, sum, tensor, zeros } from '../nn/ops'
import { textEncoder } from '../nn/text-encoder'
import type { NoiseSpec, PictureFacts } from './define'

export interface GanCondition {
  /** A player's own way from what it is told, [n, columns], to a vector [n, size]. */
  vector: (name: string, size: number, initial: Parameter['initial']) => Network
  /** What of the items it looks at in training. */
  reads: { tags: boolean; words: boolean }
  /** What is told in training of items with these tags, [n, tags], and these words in their captions, [n, words]. */
  of: (items: { tags?: Tensor2D; words?: Tensor2D }, noise: Record<string, Tensor>) => Tensor2D
  noise: (count: number) => Record<string, NoiseSpec>
}

/** Several tags at once are several vectors, added up. */
export function byTags({ tags }: PictureFacts): GanCondition {
  return {
    vector: (name, size, initial) => {
      const kernel = `${name}/kernel`
      const parameters = [{ name: kernel, shape: [tags.length, size], initial }]
      return { parameters, forward: (weights, rows) => matMul(rows, weights[kernel]!) }
    },
    reads: { tags: tags.length > 0, words: false },
    of: (items) => items.tags!,
    noise: () => ({}),
  }
}

/** How often a tag is mentioned in a description: people do not say everything either. */
const MENTIONED = 0.7

/** A picture is described by its caption or, where it has none, by the words of its tags, not always of all. */
export function byText(data: PictureFacts): GanCondition {
  const { words, tagRows } = vocabularyOf(data)
  const [tags, captions] = [data.tags.length, data.words?.length ?? 0]
  const byTags = (own: Tensor2D, mention: Tensor): Tensor2D => {
    const mentioned = mul(add(sign(sub(MENTIONED, mention)), 1), 0.5)
    return matMul(mul(own, mentioned), tensor(tagRows, [tags, words.length])) as Tensor2D
  }
  const byCaption = (own: Tensor2D): Tensor2D => {
    return captions < words.length ? concat([own, zeros([own.shape[0], words.length - captions])], 1) : own
  }
  return {
    vector: (name, size) => textEncoder(name, words.length, size),
    reads: { tags: tags > 0, words: captions > 0 },
    of(items, { mention }) {
      if (captions === 0) return byTags(items.tags!, mention!)
      const caption = byCaption(items.words!)
      if (tags === 0) return caption
      const silent = sub(1, sign(sum(items.words!, 1, true)))
      return add(caption, mul(byTags(items.tags!, mention!), silent))
    },
    noise: (count): Record<string, NoiseSpec> => {
      return tags > 0 ? { mention: { shape: [count, tags], distribution: 'uniform' } } : {}
    },
  }
}
