/** Reads many blobs of one project from a worker: files stay open, because a pack is read a thousand times. */
import { closeSync, openSync, readSync } from 'node:fs'
import { StudioError } from '../../contract/errors'
import { blobPath } from '../media'
import type { Blob } from '../store/store'

const OPEN = 64

export class MediaReader {
  /** In the order of last use. */
  private readonly open = new Map<string, number>()
  constructor(private readonly project: string) {}

  /** Throws `file-unreadable` when the bytes are not there. */
  read(blob: Blob): Buffer {
    const bytes = Buffer.alloc(blob.length)
    let length: number
    try {
      length = readSync(this.handle(blob), bytes, 0, blob.length, blob.offset)
    } catch (thrown) {
      if (thrown instanceof StudioError) throw thrown
      throw new StudioError('file-unreadable', { file: blob.file, reason: 'it is gone' }, { cause: thrown })
    }
    if (length !== blob.length) throw new StudioError('file-unreadable', { file: blob.file, reason: 'its end is missing' })
    return bytes
  }

  private handle(blob: Blob): number {
    const path = blobPath(this.project, blob)
    const known = this.open.get(path)
    if (known !== undefined) {
      this.open.delete(path)
      this.open.set(path, known)
      return known
    }
    if (this.open.size >= OPEN) {
      const [oldest, handle] = this.open.entries().next().value!
      closeSync(handle)
      this.open.delete(oldest)
    }
    const handle = openSync(path, 'r')
    this.open.set(path, handle)
    return handle
  }

  close(): void {
    for (const handle of this.open.values()) closeSync(handle)
    this.open.clear()
  }
}
