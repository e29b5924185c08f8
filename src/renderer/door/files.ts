/**
 * Files on their way in and out. In the desktop window a file becomes a grant by its path, which the page never sees; in a
 * browser it is streamed to the host first. The rooms need not know which.
 */
import type { ShellAnswer } from '../../contract/bridge'
import { StudioError } from '../../contract/errors'
import type { ErrorCode } from '../../contract/errors'
import { fromWire } from './errors'

/** Uploads at the same time: enough to keep a local connection busy with small files. */
const LANES = 4

/** Bytes sent so far and in all, for a progress bar; files for a sentence. Never called in the desktop window. */
export interface UploadProgress {
  sent: number
  total: number
  files: number
}
export type OnUpload = (progress: UploadProgress) => void

interface Named {
  file: File
  /** Its place in the folder it came with, `cats/tom.png`; just its name when it came alone. */
  path: string
}

async function post(address: string, body?: Blob, signal?: AbortSignal): Promise<Record<string, string>> {
  const answer = await fetch(address, { method: 'POST', body: body ?? null, signal: signal ?? null }).catch((thrown) => {
    throw new StudioError(signal?.aborted ? 'cancelled' : 'studio-away', {}, { cause: thrown })
  })
  const reply = (await answer.json().catch(() => ({}))) as Record<string, string>
  if (!answer.ok) throw fromWire(reply as { code?: ErrorCode })
  return reply
}

/** What main answered, or the failure it told of. */
async function told<T>(answer: Promise<ShellAnswer>): Promise<T> {
  const said = await answer
  if ('error' in said) throw fromWire(said.error)
  return said.value as T
}

const query = (fields: Record<string, string>) => `?${new URLSearchParams(fields)}`

/** Sends files in a few lanes, into one folder when they belong together. */
async function upload(name: string | null, files: Named[], onUpload?: OnUpload, signal?: AbortSignal): Promise<string[]> {
  const progress = { sent: 0, total: files.reduce((sum, { file }) => sum + file.size, 0), files: files.length }
  const folder = name === null ? null : (await post(`/upload/folder${query({ name })}`, undefined, signal)).folder!
  const grants: string[] = []
  const left = files.entries()
  const lane = async () => {
    for (const [index, { file, path }] of left) {
      const reply = await post(
        folder === null ? `/upload/file${query({ name: path })}` : `/upload/file${query({ folder, path })}`,
        file,
        signal,
      )
      if (reply.grant) grants[index] = reply.grant
      progress.sent += file.size
      onUpload?.({ ...progress })
    }
  }
  await Promise.all(Array.from({ length: Math.min(LANES, files.length) }, lane))
  return folder === null ? grants : [(await post(`/upload/done${query({ folder })}`, undefined, signal)).grant!]
}

/** An opaque grant for one file (or, in the desktop window, folder) that the person gave to the page. */
export async function grantOf(file: File, onUpload?: OnUpload, signal?: AbortSignal): Promise<string> {
  if (window.latent) return told(window.latent.grantOf(file))
  return (await upload(null, [{ file, path: file.name }], onUpload, signal))[0]!
}

/** Grants for what was dropped; a folder is one grant. Call it inside the drop's own event: the browser empties it afterwards. */
export function grantsOfDrop(drop: DataTransfer, onUpload?: OnUpload, signal?: AbortSignal): Promise<string[]> {
  const { latent } = window
  if (latent) return Promise.all(Array.from(drop.files, (file) => told<string>(latent.grantOf(file))))
  const entries = Array.from(drop.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  return grantsOfEntries(entries, onUpload, signal)
}

async function grantsOfEntries(entries: FileSystemEntry[], onUpload?: OnUpload, signal?: AbortSignal): Promise<string[]> {
  const alone: Named[] = []
  const grants: string[] = []
  for (const entry of entries) {
    const files = await filesOf(entry, '')
    if (entry.isDirectory) grants.push(...(await upload(entry.name, files, onUpload, signal)))
    else alone.push(...files)
  }
  return [...(await upload(null, alone, onUpload, signal)), ...grants]
}

/** All files below an entry, with their places relative to it. */
async function filesOf(entry: FileSystemEntry, place: string): Promise<Named[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)).catch(
      (cause) => {
        throw new StudioError('file-unreadable', { file: entry.name, reason: String((cause as Error).message) }, { cause })
      },
    )
    return [{ file, path: place ? `${place}/${entry.name}` : entry.name }]
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const found: Named[] = []
  // `readEntries` gives at most a hundred at a time and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject)).catch((cause) => {
      throw new StudioError('folder-unreadable', { file: entry.name }, { cause })
    })
    if (some.length === 0) return found
    for (const child of some) found.push(...(await filesOf(child, child.isDirectory ? join(place, child.name) : place)))
  }
}

const join = (place: string, name: string) => (place ? `${place}/${name}` : name)

/** Lets the person choose files, or a folder. Resolves to no grants when they change their mind. */
export async function chooseFiles({ folders = false } = {}, onUpload?: OnUpload, signal?: AbortSignal): Promise<string[]> {
  if (window.latent) return told(window.latent.ask({ ask: 'choose', folders }))
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.webkitdirectory = folders
  const files = await new Promise<File[]>((resolve) => {
    input.addEventListener('change', () => resolve([...(input.files ?? [])]))
    input.addEventListener('cancel', () => resolve([]))
    input.click()
  })
  if (files.length === 0) return []
  if (!folders)
    return upload(
      null,
      files.map((file) => ({ file, path: file.name })),
      onUpload,
      signal,
    )
  const [name] = files[0]!.webkitRelativePath.split('/')
  return upload(
    name!,
    files.map((file) => ({ file, path: file.webkitRelativePath.slice(name!.length + 1) })),
    onUpload,
    signal,
  )
}

/** Keeps a copy of a file the studio serves where the person wants it. False when they change their mind. */
export async function saveAs({ url, name }: { url: string; name: string }): Promise<boolean> {
  if (window.latent) return told(window.latent.ask({ ask: 'save', url, name }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  return true
}
