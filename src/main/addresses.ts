/** The addresses under `/media/` that both hosts serve, resolved by id to a part of a file: no address is ever a path. */
import { lstat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import type { OpenProject } from './projects'

export interface MediaFile {
  /** Sent as Content-Type; from the bytes at import, never from a name. */
  type: string
  /** Absolute path. */
  file: string
  offset: number
  length: number
  /** The name to save it under; present only for exports. */
  download?: string
}

const ID = /^[a-z0-9]{1,40}$/
const STEP = /^\d{1,12}$/
const SHEET = /^(generated|originals|reconstructions)\.png$/
const LINES = 'lines.json'
const EXPORTED = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$/

/** Null for whatever is not there: hosts answer 404. `path` starts with `/media/`, without a query. */
export async function findMedia(project: OpenProject | null, path: string): Promise<MediaFile | null> {
  const [empty, media, area, ...rest] = path.split('/')
  if (!project || empty !== '' || media !== 'media') return null
  const { folder, store } = project

  const whole = async (type: string, parts: string[], download?: string): Promise<MediaFile | null> => {
    const file = join(folder, ...parts)
    const stat = await lstat(file).catch(() => null)
    return stat?.isFile() ? { type, file, offset: 0, length: stat.size, ...(download ? { download } : {}) } : null
  }
  const item = async (id: string, which: 'media' | 'thumbnail'): Promise<MediaFile | null> => {
    const blob = await store.itemBlob(id, which).catch(() => null)
    if (!blob) return null
    const file = join(folder, blob.file)
    // The row came from a project that someone may have sent: its file must still be inside of it.
    return file.startsWith(folder + sep) ? { type: blob.type, file, offset: blob.offset, length: blob.length } : null
  }

  const [first = '', second = '', third = ''] = rest
  if (!ID.test(first)) return null
  if (area === 'thumb' && rest.length === 1) return item(first, 'thumbnail')
  if (area === 'item' && rest.length === 1) return item(first, 'media')
  if (area === 'samples' && rest.length === 3 && STEP.test(second) && SHEET.test(third))
    return whole('image/png', ['runs', first, 'samples', second, third])
  if (area === 'samples' && rest.length === 3 && STEP.test(second) && third === LINES)
    return whole('application/json', ['runs', first, 'samples', second, third])
  if (area === 'maps' && rest.length === 2 && /^\d{1,12}\.f32$/.test(second))
    return whole('application/octet-stream', ['runs', first, 'maps', `${basename(second, '.f32')}.points.f32`])
  if (area === 'exports' && rest.length === 2 && EXPORTED.test(second))
    return whole(second.endsWith('.png') ? 'image/png' : 'application/octet-stream', ['exports', first, second], second)
  return null
}
