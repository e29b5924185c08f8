/**
 * Zip archives. Nothing is ever unpacked to disk: entries are read one by one into memory, within limits, and their names are
 * labels, never paths. A bad entry is named and left out; an archive that lies about itself as a whole is refused whole.
 */
import { closeSync, fstatSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { fromBufferPromise, fromFdPromise, getFileNameLowLevel } from 'yauzl'
import type { Entry as ZipEntry, ZipFile } from 'yauzl'
import { StudioError } from '../../../contract/errors'
import { limits, sizeText } from '../limits'
import { cleanName, sortOf } from './entry'
import type { Entry } from './entry'
import type { Refuse } from './folder'

export interface Zip {
  entries: Entry[]
  close(): void
}

interface Source {
  /** How the archive is called in front of an entry's name. */
  shown: string
  place: string
  folders: string[]
  /** In memory, or a file that was opened (and checked) before, so that it cannot be swapped under its name; closed with the zip. */
  content: Buffer | number
}

/** Lists the files in an archive. Throws `zip-damaged`, `zip-bomb` or `file-too-large` when none of it can be used. */
export async function listZip(source: Source, refuse: Refuse): Promise<Zip> {
  const file = source.shown
  const damaged = (cause: unknown) => new StudioError('zip-damaged', { file }, { cause })
  // Names are decoded and judged here: the library would stop at the first bad one and the good rest would be lost.
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: false }
  let zip: ZipFile
  try {
    if (typeof source.content !== 'number') zip = await fromBufferPromise(source.content, options)
    else {
      if (fstatSync(source.content).size > limits.archive)
        throw new StudioError('file-too-large', { file, limit: sizeText(limits.archive) })
      zip = await fromFdPromise(source.content, options)
    }
  } catch (thrown) {
    if (typeof source.content === 'number') closeSync(source.content)
    throw thrown instanceof StudioError ? thrown : damaged(thrown)
  }
  // The library tells late errors as events; each read has its own answer.
  zip.on('error', () => {})
  try {
    const listed = await readDirectory(zip, file).catch((thrown: unknown) => {
      throw thrown instanceof StudioError ? thrown : damaged(thrown)
    })
    return { entries: listed.flatMap((one) => usable(zip, one, source, refuse) ?? []), close: () => zip.close() }
  } catch (thrown) {
    zip.close()
    throw thrown
  }
}

async function readDirectory(zip: ZipFile, file: string): Promise<ZipEntry[]> {
  if (zip.entryCount > limits.zipEntries) throw new StudioError('zip-bomb', { file })
  const listed: ZipEntry[] = []
  for await (const one of zip.eachEntry()) listed.push(one)
  // Entries that share stored bytes are how a small archive unpacks to terabytes.
  let [end, total] = [0, 0]
  for (const one of listed.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader)) {
    if (one.relativeOffsetOfLocalHeader < end) throw new StudioError('zip-bomb', { file })
    end = one.relativeOffsetOfLocalHeader + 30 + one.compressedSize
    total += one.uncompressedSize
  }
  if (end > zip.fileSize) throw new StudioError('zip-damaged', { file })
  if (total > limits.zipTotal) throw new StudioError('zip-bomb', { file })
  return listed
}

function usable(zip: ZipFile, one: ZipEntry, source: Source, refuse: Refuse): Entry | null {
  const name = getFileNameLowLevel(one.generalPurposeBitFlag, one.fileNameRaw, one.extraFields, false)
  if (name.endsWith('/')) return null
  const path = cleanName(name)
  const shown = `${source.shown} › ${path}`
  const refused = whyNot(one, name, shown)
  if (refused) {
    // A readme needs no reason: only what could have been a picture, or means harm, is worth a line.
    if (refused.code === 'zip-slip' || refused.code === 'file-link' || sortOf(path) !== 'other') refuse(shown, refused)
    return null
  }
  return {
    path,
    shown,
    place: `${source.place}/${path}`,
    folders: [...source.folders, ...path.split('/').slice(0, -1)],
    size: async () => one.compressedSize,
    bytes: () => readEntry(zip, one, shown),
    stream: () => openEntry(zip, one, shown),
  }
}

function whyNot(one: ZipEntry, name: string, file: string): StudioError | null {
  const levels = name.split('/')
  if (/^(\/|[a-z]:)/i.test(name) || levels.includes('..') || name.includes('\0')) return new StudioError('zip-slip', { file })
  // The upper half holds the Unix mode, where the archive has one.
  const kind = (one.externalFileAttributes >>> 16) & 0o170000
  if (kind === 0o120000) return new StudioError('file-link', { file })
  if (kind !== 0 && kind !== 0o100000) return new StudioError('file-unreadable', { file, reason: 'it is not an ordinary file' })
  if (levels.length > limits.folderDepth || levels.some((level) => Buffer.byteLength(level) > limits.nameLength))
    return new StudioError('file-unreadable', { file, reason: 'its name is too long' })
  if (one.isEncrypted()) return new StudioError('zip-encrypted', { file })
  if (one.uncompressedSize > limits.zipEntry && one.uncompressedSize > limits.zipRatio * one.compressedSize)
    return new StudioError('zip-bomb', { file })
  if (!one.canDecodeFileData()) return new StudioError('file-unreadable', { file, reason: 'its compression is not known' })
  return null
}

async function openEntry(zip: ZipFile, one: ZipEntry, file: string): Promise<Readable> {
  return zip.openReadStreamPromise(one).catch((thrown: unknown) => {
    throw new StudioError('zip-damaged', { file }, { cause: thrown })
  })
}

async function readEntry(zip: ZipFile, one: ZipEntry, file: string): Promise<Buffer> {
  if (one.uncompressedSize > limits.picture) throw new StudioError('file-too-large', { file, limit: sizeText(limits.picture) })
  const stream = await openEntry(zip, one, file)
  const parts: Buffer[] = []
  let length = 0
  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      length += part.length
      // It unpacks to more than it said: stop before it costs memory.
      if (length > one.uncompressedSize) throw new StudioError('zip-bomb', { file })
      parts.push(part)
    }
  } catch (thrown) {
    throw thrown instanceof StudioError ? thrown : new StudioError('zip-damaged', { file }, { cause: thrown })
  } finally {
    stream.destroy()
  }
  const bytes = Buffer.concat(parts)
  if (length < one.uncompressedSize || crc32(bytes) !== one.crc32) throw new StudioError('zip-damaged', { file })
  return bytes
}
