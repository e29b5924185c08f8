/** Takes the libraries out of a wheel, each checked against the wheel's own list before it counts. */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { makeFolder, syncFile } from '../durable'
import { Failure } from './failure'
import type { Wheel } from './package'

export interface Unpacked {
  bytes: number
  sha256: string
}

const MAX_RECORD = 64 * 1024 * 1024

/** Throws when the file is not, byte for byte, the one that was published. */
export async function checkWheel(path: string, wheel: Wheel, signal: AbortSignal): Promise<void> {
  const { size } = await stat(path)
  const damaged = (reason: string) => new Failure('engine-damaged', { file: basename(path), reason })
  if (size !== wheel.bytes) throw damaged(`it has ${size} bytes instead of ${wheel.bytes}`)
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 18 }), hash, { signal })
  if (hash.digest('hex') !== wheel.sha256) throw damaged('its checksum is not the published one')
}

/** Hash (hex) of each file in the wheel, by path: `RECORD` lists `path,sha256=<base64url>,bytes`. */
async function readRecord(zip: ZipFile, entries: Entry[]): Promise<Map<string, string> | null> {
  const entry = entries.find((one) => /^[^/]+\.dist-info\/RECORD$/.test(one.fileName))
  if (!entry || entry.uncompressedSize > MAX_RECORD) return null
  const chunks: Buffer[] = []
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
  const lines = Buffer.concat(chunks).toString().split(/\r?\n/)
  const found = lines.map((line) => /^(?:"(.+)"|([^,]+)),sha256=([\w-]+),\d+$/.exec(line)).filter((match) => match !== null)
  return new Map(found.map((match) => [match[1] ?? match[2]!, Buffer.from(match[3]!, 'base64url').toString('hex')]))
}

/** Writes the wheel's files into `folder`, flushed to the disk, and gives what each is. `onShare` hears 0 to 1. */
export async function unpack(
  path: string,
  wheel: Wheel,
  folder: string,
  signal: AbortSignal,
  onShare: (share: number) => void,
): Promise<Record<string, Unpacked>> {
  const damaged = (reason: string, cause?: unknown) => new Failure('engine-damaged', { file: basename(path), reason }, cause)
  const zip = await openPromise(path, { autoClose: false, lazyEntries: true }).catch((thrown: unknown) => {
    throw damaged('it is not a whole wheel', thrown)
  })
  try {
    const entries: Entry[] = []
    for await (const entry of zip.eachEntry()) entries.push(entry)
    const record = await readRecord(zip, entries)
    if (!record) throw damaged('it has no list of its contents')
    const unpacked: Record<string, Unpacked> = {}
    const total = entries.filter((one) => one.fileName in wheel.files).reduce((sum, one) => sum + one.uncompressedSize, 0)
    let written = 0
    for (const [inside, name] of Object.entries(wheel.files)) {
      signal.throwIfAborted()
      const entry = entries.find((one) => one.fileName === inside)
      const expected = record.get(inside)
      if (!entry || !expected) throw damaged(`${inside} is missing in it`)
      const hash = createHash('sha256')
      const to = join(folder, name)
      await makeFolder(dirname(to))
      // The upper half holds Unix permissions; whether it is a program is all that counts.
      const mode = (entry.externalFileAttributes >>> 16) & 0o111 ? 0o755 : 0o644
      const hashed = new Transform({
        transform(chunk: Buffer, _, done) {
          hash.update(chunk)
          written += chunk.length
          onShare(written / total)
          done(null, chunk)
        },
      })
      await pipeline(await zip.openReadStreamPromise(entry), hashed, createWriteStream(to, { flags: 'wx', mode }), { signal })
      const sha256 = hash.digest('hex')
      if (sha256 !== expected) throw damaged(`${inside} is damaged in it`)
      await syncFile(to)
      unpacked[name] = { bytes: entry.uncompressedSize, sha256 }
    }
    return unpacked
  } finally {
    zip.close()
  }
}
