/** Freezing texts, as the worker does it: a tokeniser is learned, and every text becomes rows of tokens. See `TextPack` for the files. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { StudioError } from '../../contract/errors'
import type { TextCoverage, TextPack, TextPreparation, TokeniserData } from '../../contract/texts'
import { createTokeniser } from '../../data/tokens/tokeniser'
import { makeFolder, writeDurably } from '../durable'
import { sha256 } from '../media'
import type { StoredItem } from '../store/store'
import { tagTable } from './tag-table'
import { learnFrom, Rows, splitTexts, TextReader } from './text-parts'
import type { TextParts } from './text-parts'

/** Fewer rows than this teach nothing. */
const LEAST_ROWS = 8
/** Written at once, bytes. */
const CHUNK = 4 * 1024 * 1024
/** Texts that a preview is counted on. */
const COUNTED = 32 * 1024 * 1024
/** Tokens of the example. */
const SHOWN = 60

interface Channel {
  signal: AbortSignal
  progress(done: number, total: number): void
}

export interface FrozenTexts {
  items: number
  train: number
  coverage: TextCoverage
}

/** What makes two frozen versions the same one: how they were prepared and every text, tag and side, in order. */
export function textFingerprint({ passages, train }: TextParts, preparation: TextPreparation): string {
  const { tokens, vocabulary, length, long, ends, lowercase } = preparation
  const hash = createHash('sha256').update(JSON.stringify(['texts', 1, tokens, vocabulary, length, long, ends, lowercase, train]))
  for (const { item, from, to } of passages) hash.update(JSON.stringify([item.sha256, item.tags, from, to]))
  return hash.digest('hex')
}

/** Writes the files of a `TextPack` into `folder`, `pack.json` last. Throws `texts-few`, and an `AbortError` when cancelled. */
export async function writeTexts(
  project: string,
  folder: string,
  parts: TextParts,
  preparation: TextPreparation,
  channel: Channel,
): Promise<FrozenTexts> {
  await makeFolder(folder)
  const { passages } = parts
  const { length, ends } = preparation
  const reader = new TextReader(project, channel.signal)
  const data = createHash('sha256')
  const lengths: number[] = []
  const owners: StoredItem[] = []
  let train = 0
  let tokeniser: TokeniserData
  let rows: Rows
  try {
    tokeniser = await learnFrom(reader, parts, preparation)
    rows = new Rows(tokeniser, preparation)
    await writeDurably(join(folder, 'data.bin'), async (append) => {
      let [held, heldBytes] = [[] as Buffer[], 0]
      const flush = async () => {
        const chunk = Buffer.concat(held)
        data.update(chunk)
        await append(chunk)
        held = []
        heldBytes = 0
      }
      for (const [at, passage] of passages.entries()) {
        for (const row of rows.of(await reader.read(passage))) {
          const bytes = Buffer.alloc(2 * length)
          row.forEach((id, place) => bytes.writeUInt16LE(id, 2 * place))
          heldBytes += held.push(bytes) && bytes.length
          lengths.push(row.length)
          owners.push(passage.item)
        }
        if (at < parts.train) train = lengths.length
        if (heldBytes >= CHUNK) await flush()
        channel.progress(at + 1, passages.length)
      }
      await flush()
    })
  } finally {
    reader.close()
  }
  if (train < LEAST_ROWS) throw new StudioError('texts-few', { least: LEAST_ROWS, rows: train })
  const tags = tagTable(owners)
  const lengthBytes = Buffer.alloc(2 * lengths.length)
  lengths.forEach((one, at) => lengthBytes.writeUInt16LE(one, 2 * at))
  const tokeniserText = JSON.stringify(tokeniser)
  await writeDurably(join(folder, 'tags.bin'), tags.bytes)
  await writeDurably(join(folder, 'lengths.bin'), lengthBytes)
  await writeDurably(join(folder, 'tokeniser.json'), tokeniserText)
  const coverage = rows.coverage(new Set(owners).size)
  const pack: TextPack = {
    formatVersion: 1,
    kind: 'texts',
    items: lengths.length,
    train,
    length,
    vocabulary: tokeniser.tokens.length,
    ends,
    coverage,
    ids: owners.map(({ id }) => id),
    tags: tags.names,
    sha256: {
      data: data.digest('hex'),
      lengths: sha256(lengthBytes),
      tags: sha256(tags.bytes),
      tokeniser: sha256(Buffer.from(tokeniserText)),
    },
  }
  await writeDurably(join(folder, 'pack.json'), JSON.stringify(pack))
  return { items: pack.items, train, coverage }
}

/** So many of the items, evenly, that their texts are at most `COUNTED` bytes, or nearly. */
export function sampleTexts(items: StoredItem[]): StoredItem[] {
  const bytes = items.reduce((sum, { media }) => sum + media.length, 0)
  const stride = Math.ceil(bytes / COUNTED)
  return stride <= 1 ? items : items.filter((_, at) => at % stride === 0)
}

/** What a preparation would keep of the texts (of a sample of very many), and how the first of them is cut. */
export async function coverTexts(
  project: string,
  items: StoredItem[],
  preparation: TextPreparation,
  signal: AbortSignal,
): Promise<{ coverage: TextCoverage; example: string[] }> {
  const sample = sampleTexts(items)
  const parts = splitTexts(sample, preparation)
  const reader = new TextReader(project, signal)
  try {
    const data = await learnFrom(reader, parts, preparation)
    const rows = new Rows(data, preparation)
    for (const passage of parts.passages) rows.of(await reader.read(passage))
    const tokeniser = createTokeniser(data)
    const first = sample[0] && (await reader.read({ item: sample[0], from: 0, to: 1 }))
    const example = tokeniser.encode((first ?? '').slice(0, 1000)).slice(0, SHOWN)
    return { coverage: rows.coverage(sample.length), example: example.map(tokeniser.text) }
  } finally {
    reader.close()
  }
}
