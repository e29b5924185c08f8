/** Small wheels, and a computer to install them on. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import type { Wheel } from '../../../../src/main/engines/package'

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()

interface Content {
  name?: string
  contents?: Record<string, Buffer>
  /** Hashes in its list that do not fit. */
  lies?: boolean
  without?: string
  /** Path in the wheel → path in the engine's folder. */
  files?: Record<string, string>
}

export const contents: Record<string, Buffer> = {
  'tensorflow/libbig.so.2': Buffer.alloc(300_000, 'big '),
  'tensorflow/libsmall.so.2': Buffer.from('small'),
  'tensorflow/other.py': Buffer.from('not wanted'),
}

/** A wheel as Python's tools write it, at `path`. */
export async function makeWheel(path: string, options: Content = {}): Promise<Wheel> {
  const { name = 'fake-engine', contents: all = contents } = options
  const files = options.files ?? { 'tensorflow/libbig.so.2': 'libbig.so.2', 'tensorflow/libsmall.so.2': 'libsmall.so.2' }
  const zip = new ZipFile()
  const names = Object.keys(all).filter((one) => one !== options.without)
  for (const one of names) zip.addBuffer(all[one]!, one, { mode: one.includes('/bin/') ? 0o100755 : 0o100644 })
  const lines = names.map((one) => {
    const hash = sha256(options.lies && one.endsWith('libsmall.so.2') ? Buffer.from('else') : all[one]!)
    return `${one},sha256=${hash.toString('base64url')},${all[one]!.length}`
  })
  const record = `${name.replaceAll('-', '_')}-1.0.dist-info/RECORD`
  zip.addBuffer(Buffer.from([...lines, `${record},,`, ''].join('\r\n')), record)
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(path))
  const bytes = await readFile(path)
  return {
    package: name,
    version: '1.0',
    platforms: ['any_x1', 'any_x2'],
    bytes: bytes.length,
    sha256: sha256(bytes).toString('hex'),
    files,
    unpackedBytes: Object.keys(files).reduce((sum, one) => sum + (all[one]?.length ?? 0), 0),
  }
}
