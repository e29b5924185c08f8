/** What is known of a frozen version before any network is built for it. */
import { z } from 'zod'
import type { AnyPack } from './trainer'

export const PictureFacts = z.strictObject({
  kind: z.literal('images'),
  height: z.int(),
  width: z.int(),
  channels: z.int(),
  /** Items for training. */
  items: z.int(),
  /** Names of the tags: columns of the rows that a phase sees. */
  tags: z.array(z.string()),
  /** Words of the items' captions, likewise; absent where no item has one. */
  words: z.array(z.string()).optional(),
})
export type PictureFacts = z.infer<typeof PictureFacts>

export const TextFacts = z.strictObject({
  kind: z.literal('texts'),
  /** Tokens in a row, padding at the end among them. */
  length: z.int(),
  /** Different tokens, the special ones among them; see `SPECIAL`. */
  vocabulary: z.int(),
  /** Whether a text's end is a token of its row. */
  ends: z.boolean(),
  /** Rows for training. */
  items: z.int(),
  tags: z.array(z.string()),
})
export type TextFacts = z.infer<typeof TextFacts>

export const DataFacts = z.discriminatedUnion('kind', [PictureFacts, TextFacts])
export type DataFacts = z.infer<typeof DataFacts>

export function factsOf<P extends AnyPack>(pack: P): Extract<DataFacts, Pick<P, 'kind'>>
export function factsOf(pack: AnyPack): DataFacts {
  const { train: items, tags } = pack
  if (pack.kind === 'texts')
    return { kind: 'texts', length: pack.length, vocabulary: pack.vocabulary, ends: pack.ends, items, tags }
  const { height, width, channels, words } = pack
  return { kind: 'images', height, width, channels, items, tags, words }
}

/** Of an item in `data.bin`. */
export function bytesOf(data: DataFacts): number {
  return data.kind === 'texts' ? 2 * data.length : data.height * data.width * data.channels
}
