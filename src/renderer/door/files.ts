/**
 * Files on their way in and out. In the desktop window a file becomes a grant by its path, which the page never sees; in a
 * browser it is streamed to the host first. The rooms need not know which.
 */
import type { ShellAnswer } from '../../contract/bridge'
import { fromWire, StudioError } from '../../contract/errors'
import { MAX_UPLOAD, MAX_UPLOAD_WORDS } from '../../contract/uploads'

/** Uploads at the same time: enough to keep a local connection busy with small files. */
const LANES = 4

/** Bytes sent so far and in all, for a progress bar; files for a sentence. Never called in the desktop window. */
export interface UploadProgress {
  sent: number
  total: number
  files: number
}
type OnUpload = (progress: UploadProgress) => void

interface Named {
  file: File
  /** Its place in the folder it came with, `cats/tom.png`; just its name when it came alone. */
  path: string
}

/** XMLHttpRequest, because `fetch` does not tell how much of a body is on its way. */
function post(
  address: string,
  body?: Blob,
  signal?: AbortSignal,
  onSent?: (bytes: number) => void,
): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const stop = () => request.abort()
    const lost = () => reject(new StudioError(signal?.aborted ? 'cancelled' : 'studio-away'))
    request.open('POST', address)
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded }) => onSent?.(loaded))
    request.addEventListener('error', lost)
    request.addEventListener('abort', lost)
    request.addEventListener('load', () => {
      const reply = (request.response ?? {}) as Record<string, string>
      if (request.status === 200) resolve(reply)
      else reject(fromWire({ code: reply.code, data: reply }))
    })
    request.addEventListener('loadend', () => signal?.removeEventListener('abort', stop))
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) return lost()
    request.send(body ?? null)
  })
}

/** What main answered, or the failure it told of. */
async function told<T>(answer: Promise<ShellAnswer>): Promise<T> {
  const said = await answer
  if ('error' in said) throw fromWire({ code: said.error.code, data: said.error })
  return said.value as T
}

const query = (fields: Record<string, string>) => `?${new URLSearchParams(fields)}`

/** Sends files in a few lanes, into one folder when they belong together. The first failure ends them all. */
async function upload(name: string | null, files: Named[], onUpload?: OnUpload, signal?: AbortSignal): Promise<string[]> {
  const large = files.find(({ file }) => file.size > MAX_UPLOAD)
  if (large) throw new StudioError('file-too-large', { file: large.path, limit: MAX_UPLOAD_WORDS })
  const failed = new AbortController()
  const either = AbortSignal.any(signal ? [signal, failed.signal] : [failed.signal])
  const folder = name === null ? null : (await post(`/upload/folder${query({ name })}`, undefined, signal)).folder!
  const total = files.reduce((sum, { file }) => sum + file.size, 0)
  const grants: string[] = []
  let sent = 0
  const left = files.entries()
  const lane = async () => {
    for (const [index, { file, path }] of left) {
      let before = 0
      const tell = (bytes: number) => {
        sent += bytes - before
        before = bytes
        onUpload?.({ sent, total, files: files.length })
      }
      const address = `/upload/file${query(folder === null ? { name: path } : { folder, path })}`
      const reply = await post(address, file, either, tell)
      tell(file.size)
      if (reply.grant) grants[index] = reply.grant
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(LANES, files.length) }, lane))
  } catch (thrown) {
    failed.abort()
    throw thrown
  }
  return folder === null ? grants : [(await post(`/upload/done${query({ folder })}`, undefined, signal)).grant!]
}

/** Grants for what was dropped; a folder is one grant. Call it inside the drop's own event: the browser empties it afterwards. */
export function grantsOfDrop(drop: DataTransfer, onUpload?: OnUpload, signal?: AbortSignal): Promise<string[]> {
  const { latent } = window
  if (latent) return Promise.all(Array.from(drop.files, (file) => told<string>(latent.grantOf(file))))
  const entries = Array.from(drop.items, (item) => item.webkitGetAsEntry())
  // A picture that is dragged from another page has a file but no entry.
  const bare = Array.from(drop.items, (item) => item.getAsFile()).filter(
    (file, index) => file !== null && entries[index] === null,
  )
  return grantsOfEntries(
    entries.filter((entry) => entry !== null),
    bare as File[],
    onUpload,
    signal,
  )
}

async function grantsOfEntries(
  entries: FileSystemEntry[],
  bare: File[],
  onUpload?: OnUpload,
  signal?: AbortSignal,
): Promise<string[]> {
  const alone: Named[] = bare.map((file) => ({ file, path: file.name }))
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
