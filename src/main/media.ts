/**
 * Media: the bytes of items and their thumbnails, addressed by their content. A large file is `media/ab/<sha256>`; small ones lie
 * one after the other in `media/packs/<sha256>.pack`, so that 70,000 tiny pictures cost 70 flushes of the disk and not 70,000.
 * Written durably before the store hears of them, and never changed afterwards.
 */
import { createHash } from 'node:crypto'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError } from '../contract/errors'
import { makeFolder, sweepTemporary, writeDurably } from './durable'
import type { Blob } from './store/store'

/** Smaller media go into packs. */
export const PACKED_BELOW = 64 * 1024
const PACK_BYTES = 16 * 1024 * 1024
const PACK_ITEMS = 1000

const STORED = /^media\/(?:packs\/[0-9a-f]{64}\.pack|[0-9a-f]{2}\/[0-9a-f]{64})$/

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Where a blob's file is. Throws `project-foreign` for a path that this studio never writes: a project file is not trusted. */
export function blobPath(project: string, blob: Pick<Blob, 'file'>): string {
  if (!STORED.test(blob.file)) throw new StudioError('project-foreign', { file: blob.file })
  return join(project, ...blob.file.split('/'))
}

/** The bytes of a blob. Throws `file-unreadable` when the disk has fewer. */
export async function readBlob(project: string, blob: Blob): Promise<Buffer> {
  const handle = await open(blobPath(project, blob), 'r')
  try {
    const bytes = Buffer.alloc(blob.length)
    const { bytesRead } = await handle.read(bytes, 0, blob.length, blob.offset)
    if (bytesRead !== blob.length) throw new StudioError('file-unreadable', { file: blob.file, reason: 'its end is missing' })
    return bytes
  } finally {
    await handle.close()
  }
}

/** Writes one large file; does nothing when the same bytes are there already. */
export async function storeFile(project: string, bytes: Uint8Array, hash: string, type: string): Promise<Blob> {
  const folder = join(project, 'media', hash.slice(0, 2))
  const blob = { file: `media/${hash.slice(0, 2)}/${hash}`, offset: 0, length: bytes.length, type }
  await makeFolder(folder)
  if (!(await isStored(project, blob.file, bytes.length))) await writeDurably(join(folder, hash), bytes)
  return blob
}

async function isStored(project: string, file: string, length: number): Promise<boolean> {
  return stat(blobPath(project, { file })).then(
    (found) => found.size === length,
    () => false,
  )
}

/** Collects small media and writes them as one file. A blob's place is known at once, its file's name only when sealed. */
export class Pack {
  private parts: Uint8Array[] = []
  private blobs: Blob[] = []
  private bytes = 0
  constructor(private readonly project: string) {}

  get full(): boolean {
    return this.bytes >= PACK_BYTES || this.parts.length >= PACK_ITEMS
  }

  add(part: Uint8Array, type: string): Blob {
    const blob = { file: '', offset: this.bytes, length: part.length, type }
    this.parts.push(part)
    this.blobs.push(blob)
    this.bytes += part.length
    return blob
  }

  /** Makes everything added durable, fills in the file's name, and starts empty again. */
  async seal(): Promise<void> {
    if (this.parts.length === 0) return
    const whole = Buffer.concat(this.parts)
    const file = `media/packs/${sha256(whole)}.pack`
    await makeFolder(join(this.project, 'media', 'packs'))
    if (!(await isStored(this.project, file, whole.length))) await writeDurably(blobPath(this.project, { file }), whole)
    for (const blob of this.blobs) blob.file = file
    this.parts = []
    this.blobs = []
    this.bytes = 0
  }
}

/** Removes what a crash left half written. For the project's owner, while nothing is being imported. */
export async function sweepMedia(project: string): Promise<void> {
  const media = join(project, 'media')
  for (const name of await readdir(media).catch(() => [])) await sweepTemporary(join(media, name))
}
