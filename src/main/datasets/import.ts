/**
 * An import, as the worker does it: look through what was chosen, decode side by side, make a segment of media durable, hand its
 * items over to be recorded, go on. What is recorded stays, whatever happens later.
 */
import type { ListReport } from '../../contract/datasets'
import { StudioError, asStudioError } from '../../contract/errors'
import type { Kind, Quarantined } from '../../contract/nouns'
import type { TextRead } from '../../contract/texts'
import { PACKED_BELOW, Pack, sha256, storeFile } from '../media'
import type { Blob, NewItem } from '../store/store'
import { cleanName } from './importers/entry'
import type { Entry } from './importers/entry'
import type { Offer, Survey } from './importers/survey'
import { limits } from './limits'
import { examine } from './picture'
import { encodePng } from './png'
import { Budget, inOrder } from './pool'

/** How a task speaks with main. */
export interface Channel {
  readonly signal: AbortSignal
  progress(done: number, total: number): void
  /** Resolves when the worker may go on: the segment before this one is recorded. */
  record(segment: { kind: Kind; items: NewItem[]; quarantined: Quarantined[] }): Promise<void>
}

export interface ImportOutcome {
  ignored: number
  /** Offers that were looked at, good or bad. */
  offered: number
  read: TextRead[]
  lists: ListReport[]
}

/** Pictures decoded side by side: enough to keep every core and the disk busy. */
const WIDTH = 8
/** Items of one record; a slow import records more often, so that they appear (and are safe) as they come. */
const SEGMENT_ITEMS = 1000
const SEGMENT_MS = 2000

interface Prepared {
  item: Omit<NewItem, 'media' | 'thumbnail'>
  /** Bytes for a pack, or the place of a file that is written already. */
  media: Uint8Array | Blob
  type: string
  thumbnail: Buffer | null
}
interface Refused {
  file: string
  error: StudioError
}

/** A refusal as it is stored and shown. */
function quarantine(file: string, error: StudioError): Quarantined {
  return { file, code: error.code, reason: error.message }
}

/**
 * Imports into the project folder. `look` surveys the source and reports what it refuses. On abort it records what is decoded and
 * returns. Throws when the disk is full or nothing was found.
 */
export async function importInto(
  project: string,
  look: (refuse: (file: string, error: StudioError) => void) => Promise<Survey>,
  channel: Channel,
): Promise<ImportOutcome> {
  const { signal } = channel
  let quarantined: Quarantined[] = []
  let [refusedEarly, done] = [0, 0]
  const found = await look((file, error) => {
    quarantined.push(quarantine(file, error))
    refusedEarly++
  })
  const [media, thumbnails] = [new Pack(project), new Pack(project)]
  const places = new Map<string, Pick<NewItem, 'media' | 'thumbnail'>>()
  let items: NewItem[] = []
  let since = performance.now()

  async function flush(): Promise<void> {
    await media.seal()
    await thumbnails.seal()
    // An archive of nothing but bad entries must not become one huge message.
    while (quarantined.length > SEGMENT_ITEMS)
      await channel.record({ kind: found.kind, items: [], quarantined: quarantined.splice(0, SEGMENT_ITEMS) })
    if (items.length > 0 || quarantined.length > 0) await channel.record({ kind: found.kind, items, quarantined })
    items = []
    quarantined = []
    since = performance.now()
  }

  function add({ item, media: content, type, thumbnail }: Prepared): void {
    let place = places.get(item.sha256)
    if (!place) {
      place = {
        media: content instanceof Uint8Array ? media.add(content, type) : content,
        thumbnail: thumbnail && thumbnails.add(thumbnail, 'image/webp'),
      }
      places.set(item.sha256, place)
    }
    items.push({ ...item, ...place })
  }

  const budget = new Budget(limits.pixelsAtOnce)
  try {
    channel.progress(0, found.total)
    for await (const one of inOrder(found.offers(), WIDTH, (offer) => prepare(project, offer, budget, signal))) {
      if (signal.aborted || one === null) break
      if ('error' in one) quarantined.push(quarantine(one.file, one.error))
      else add(one)
      channel.progress(++done, found.total)
      const slow = performance.now() - since > SEGMENT_MS
      if (items.length >= SEGMENT_ITEMS || media.full || thumbnails.full || (slow && items.length > 0)) await flush()
    }
    await flush()
  } finally {
    found.close()
  }
  return { ignored: found.ignored, offered: done + refusedEarly, read: found.read, lists: found.lists ?? [] }
}

/** One offer, ready to be recorded or refused; null once the import was cancelled. */
async function prepare(project: string, offer: Offer, budget: Budget, signal: AbortSignal): Promise<Prepared | Refused | null> {
  if (signal.aborted) return null
  const about = { name: cleanName(offer.name), tags: offer.tags, caption: offer.caption ?? null, split: offer.split }
  if ('pixels' in offer.content) {
    const { width, height, channels } = offer.content
    const png = encodePng(offer.content)
    return { item: { ...about, sha256: sha256(png), width, height, channels }, media: png, type: 'image/png', thumbnail: null }
  }
  if ('text' in offer.content) return prepareText(project, offer.content.text, about)
  return prepareFile(project, offer.content, about, budget)
}

/** A text is stored in UTF-8, whatever its file was in: the same text is the same item. */
async function prepareText(
  project: string,
  text: string,
  about: Pick<NewItem, 'name' | 'tags' | 'caption' | 'split'>,
): Promise<Prepared> {
  const bytes = Buffer.from(text.toWellFormed())
  const hash = sha256(bytes)
  const type = 'text/plain'
  const media = bytes.length < PACKED_BELOW ? bytes : await storeFile(project, bytes, hash, type)
  const [characters, lines] = [Array.from(text).length, text.split('\n').length]
  const shown = text.slice(0, limits.textShown).toWellFormed()
  return {
    item: { ...about, sha256: hash, width: characters, height: lines, channels: 0, text: shown },
    media,
    type,
    thumbnail: null,
  }
}

async function prepareFile(
  project: string,
  entry: Entry,
  about: Pick<NewItem, 'name' | 'tags' | 'caption' | 'split'>,
  budget: Budget,
): Promise<Prepared | Refused> {
  let bytes: Buffer
  let picture: Awaited<ReturnType<typeof examine>>
  try {
    bytes = await entry.bytes()
    picture = await examine(bytes, entry.shown, budget)
  } catch (thrown) {
    const error = asStudioError(thrown)
    return { file: entry.shown, error: error.code === 'unexpected' ? unreadable(entry.shown, thrown) : error }
  }
  const { type, thumbnail, width, height, channels } = picture
  const hash = sha256(bytes)
  const media = bytes.length < PACKED_BELOW ? bytes : await storeFile(project, bytes, hash, type)
  return { item: { ...about, sha256: hash, width, height, channels }, media, type, thumbnail }
}

function unreadable(file: string, thrown: unknown): StudioError {
  return new StudioError(
    'file-unreadable',
    { file, reason: String((thrown as { code?: unknown }).code ?? 'unknown') },
    { cause: thrown },
  )
}
