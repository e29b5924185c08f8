/**
 * Freezing, as the worker does it: every item decoded, resized and written as bytes that a trainer reads by position. See `Pack` in
 * `contract/trainer.ts` for the files.
 *
 * What is see-through is laid on white paper (for `rgb` and `grey`), and so are the margins of `contain`; with `rgba` the colour of
 * what cannot be seen is black, so that a model is not made to learn it.
 */
import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { StudioError } from '../../contract/errors'
import type { Preparation } from '../../contract/nouns'
import type { Pack } from '../../contract/trainer'
import { makeFolder, writeDurably } from '../durable'
import { sha256 } from '../media'
import type { StoredItem } from '../store/store'
import { MediaReader } from './media-reader'
import { listPath } from './importers/folder'
import { limits } from './limits'
import { decoder, examine } from './picture'
import { decodePlainPng } from './png'
import { Budget, inOrder } from './pool'
import type { Parts } from './split'
import { tagTable, wordTable } from './tag-table'

const WHITE = { r: 255, g: 255, b: 255, alpha: 1 }
const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 }
const WIDTH = 8
/** Written at once, bytes. */
const CHUNK = 4 * 1024 * 1024

/** Channels of `auto`: see-through where most pictures are, grey where all are. */
export function channelsOf(colour: Preparation['colour'], items: Pick<StoredItem, 'channels'>[]): 1 | 3 | 4 {
  if (colour !== 'auto') return { grey: 1, rgb: 3, rgba: 4 }[colour] as 1 | 3 | 4
  if (items.filter(({ channels }) => channels === 2 || channels === 4).length * 2 > items.length) return 4
  return items.every(({ channels }) => channels <= 2) ? 1 : 3
}

/** Writes `data.bin`, `tags.bin`, `words.bin` where there are captions, and, last, `pack.json` into `folder`. Throws an `AbortError` when cancelled. */
export async function writePack(
  project: string,
  folder: string,
  { items, train }: Parts,
  preparation: Preparation,
  channels: 1 | 3 | 4,
  channel: { signal: AbortSignal; progress(done: number, total: number): void },
): Promise<Pack> {
  await makeFolder(folder)
  const media = new MediaReader(project)
  const data = createHash('sha256')
  async function* each() {
    yield* items
  }
  try {
    await writeDurably(join(folder, 'data.bin'), async (append) => {
      let [parts, held, done] = [[] as Uint8Array[], 0, 0]
      const flush = async () => {
        const chunk = Buffer.concat(parts)
        data.update(chunk)
        await append(chunk)
        parts = []
        held = 0
      }
      for await (const pixels of inOrder(each(), WIDTH, (item) => prepareItem(media, item, preparation, channels))) {
        channel.signal.throwIfAborted()
        parts.push(pixels)
        held += pixels.length
        if (held >= CHUNK) await flush()
        channel.progress(++done, items.length)
      }
      await flush()
    })
  } finally {
    media.close()
  }
  const { names, bytes } = tagTable(items)
  await writeDurably(join(folder, 'tags.bin'), bytes)
  const words = wordTable(items)
  if (words) await writeDurably(join(folder, 'words.bin'), words.bytes)
  const pack: Pack = {
    formatVersion: 1,
    kind: 'images',
    items: items.length,
    train,
    height: preparation.size,
    width: preparation.size,
    channels,
    ids: items.map((item) => item.id),
    tags: names,
    ...(words && { words: words.names }),
    sha256: { data: data.digest('hex'), tags: sha256(bytes), ...(words && { words: sha256(words.bytes) }) },
  }
  await writeDurably(join(folder, 'pack.json'), JSON.stringify(pack))
  return pack
}

/** Items and files as the pictures of a version: u8 [items + files, size, size, channels]. Throws an error that names the bad one. */
export async function preparePictures(
  project: string,
  items: StoredItem[],
  paths: string[],
  preparation: Preparation,
  channels: 1 | 3 | 4,
): Promise<Uint8Array> {
  const media = new MediaReader(project)
  const budget = new Budget(limits.pixelsAtOnce)
  async function* each() {
    yield* [...items, ...paths]
  }
  const pictures: Uint8Array[] = []
  try {
    const prepare = (one: StoredItem | string) =>
      typeof one === 'string' ? prepareFile(one, preparation, channels, budget) : prepareItem(media, one, preparation, channels)
    for await (const pixels of inOrder(each(), WIDTH, prepare)) pictures.push(pixels)
  } finally {
    media.close()
  }
  return Buffer.concat(pictures)
}

async function prepareFile(path: string, preparation: Preparation, channels: 1 | 3 | 4, budget: Budget): Promise<Uint8Array> {
  let refused: StudioError | undefined
  const { entries, isFile } = await listPath(path, false, (_, error) => (refused = error))
  if (refused) throw refused
  const [entry] = entries
  if (!entry || !isFile) throw new StudioError('file-not-picture', { file: basename(path) })
  const bytes = await entry.bytes()
  // A stranger's bytes pass the same guards as at import.
  await examine(bytes, entry.shown, budget)
  return preparePicture(bytes, preparation, channels)
}

async function prepareItem(
  media: MediaReader,
  item: StoredItem,
  preparation: Preparation,
  channels: 1 | 3 | 4,
): Promise<Uint8Array> {
  const bytes = media.read(item.media)
  // Media never change; bytes that differ from their name are damage on the disk.
  if (sha256(bytes) !== item.sha256)
    throw new StudioError('file-unreadable', { file: item.name, reason: 'its stored copy was damaged' })
  return preparePicture(bytes, preparation, channels)
}

/** One picture as u8 [size, size, channels]. */
export async function preparePicture(
  bytes: Buffer,
  { size, fit }: Pick<Preparation, 'size' | 'fit'>,
  channels: 1 | 3 | 4,
): Promise<Uint8Array> {
  const plain = decodePlainPng(bytes)
  if (plain && plain.width === size && plain.height === size && plain.channels === channels) return plain.pixels
  let picture: Sharp
  if (plain) {
    const { width, height } = plain
    picture = sharp(plain.pixels, { raw: { width, height, channels: plain.channels } })
  } else picture = decoder(bytes)
  picture.toColourspace('srgb')
  // One or the other: sharp flattens early and adds alpha late, whatever the order they are asked for in.
  if (channels === 4) picture.ensureAlpha()
  else picture.flatten({ background: WHITE })
  picture.resize(size, size, {
    fit: fit === 'stretch' ? 'fill' : fit,
    background: channels === 4 ? CLEAR : WHITE,
  })
  if (channels === 1) picture.toColourspace('b-w')
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true })
  if (info.channels !== channels || data.length !== size * size * channels)
    throw new Error(`expected ${channels} channels of ${size} pixels, got ${info.channels} in ${data.length} bytes`)
  if (channels === 4) hideColour(data)
  return data
}

function hideColour(rgba: Uint8Array): void {
  for (let at = 0; at < rgba.length; at += 4) if (rgba[at + 3] === 0) rgba.fill(0, at, at + 3)
}
