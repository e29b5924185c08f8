/**
 * safetensors, the file of weights: u64le header length · header (JSON) · data. No code, no holes, no overlaps, and every way
 * to be wrong has a name (the names of Hugging Face's own reader, `safetensors/src/tensor.rs`).
 */

/** Larger headers are refused before they are parsed; the reference reader allows 100 MB. */
export const MAX_SAFETENSORS_HEADER = 16 * 1024 * 1024

/** Bytes an element takes. */
const SIZES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const
type Dtype = keyof typeof SIZES

/** `bytes`: little-endian, row-major. */
export interface TensorBytes {
  dtype: Dtype
  shape: number[]
  bytes: Uint8Array
}

export interface Safetensors {
  tensors: Map<string, TensorBytes>
  metadata: Record<string, string>
}

export type SafetensorsProblem =
  | 'HeaderTooSmall'
  | 'HeaderTooLarge'
  | 'InvalidHeaderLength'
  | 'InvalidHeader'
  | 'InvalidHeaderDeserialization'
  | 'DuplicateKey'
  | 'InvalidOffset'
  | 'TensorInvalidInfo'
  | 'ValidationOverflow'
  | 'MetadataIncompleteBuffer'

export class SafetensorsError extends Error {
  constructor(
    readonly problem: SafetensorsProblem,
    about: string,
  ) {
    super(`${problem}: ${about}`)
    this.name = 'SafetensorsError'
  }
}

/** A float32 tensor as bytes, without a copy. Every platform that runs this is little-endian. */
export function floats(shape: number[], values: Float32Array): TensorBytes {
  return { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
}

/** A tensor's bytes as float32; copied only where the bytes lie askew. */
export function asFloats(tensor: TensorBytes): Float32Array {
  if (tensor.dtype !== 'F32') throw new SafetensorsError('TensorInvalidInfo', `F32 was expected, not ${tensor.dtype}`)
  const { bytes } = tensor
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  return new Float32Array(bytes.slice().buffer)
}

/**
 * The file as pieces to write one after the other, so that large weights are never held twice. Tensors lie in the order of
 * their element size (largest first) and name: all are aligned, and equal tensors give equal bytes.
 */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array[] {
  const names = [...tensors.keys()].sort((a, b) => {
    const bySize = SIZES[tensors.get(b)!.dtype] - SIZES[tensors.get(a)!.dtype]
    return bySize !== 0 ? bySize : a < b ? -1 : 1
  })
  // Names are data: written pair by pair, because an object would sort whole numbers and lose `__proto__`.
  const entries: string[] = []
  if (Object.keys(metadata).length > 0) entries.push(`"__metadata__":${JSON.stringify(metadata)}`)
  const data: Uint8Array[] = []
  let at = 0
  for (const name of names) {
    const { dtype, shape, bytes } = tensors.get(name)!
    const info = { dtype, shape, data_offsets: [at, at + bytes.length] }
    if (bytes.length !== elements(shape, name) * SIZES[dtype]) throw new SafetensorsError('TensorInvalidInfo', name)
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`)
    data.push(bytes)
    at += bytes.length
  }
  const text = Buffer.from(`{${entries.join(',')}}`)
  const header = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ')
  if (header.length - 8 > MAX_SAFETENSORS_HEADER) throw new SafetensorsError('HeaderTooLarge', `${header.length} bytes`)
  header.writeBigUInt64LE(BigInt(header.length - 8))
  text.copy(header, 8)
  return [header, ...data]
}

/** Reads a whole file's bytes; the tensors are views of them. Throws `SafetensorsError`. */
export function decodeSafetensors(file: Uint8Array): Safetensors {
  if (file.length < 8) throw new SafetensorsError('HeaderTooSmall', `${file.length} bytes`)
  const length = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(MAX_SAFETENSORS_HEADER)) throw new SafetensorsError('HeaderTooLarge', `${length} bytes`)
  const start = 8 + Number(length)
  if (start > file.length) throw new SafetensorsError('InvalidHeaderLength', `${length} of ${file.length} bytes`)
  const { infos, metadata } = parseHeader(file.subarray(8, start))

  const tensors = new Map<string, TensorBytes>()
  let at = 0
  for (const [name, info] of infos.sort((a, b) => a[1].from - b[1].from || a[1].to - b[1].to)) {
    if (info.from !== at || info.to < info.from) throw new SafetensorsError('InvalidOffset', name)
    const bytes = elements(info.shape, name) * SIZES[info.dtype]
    if (!Number.isSafeInteger(bytes)) throw new SafetensorsError('ValidationOverflow', name)
    if (bytes !== info.to - info.from) throw new SafetensorsError('TensorInvalidInfo', name)
    at = info.to
    if (start + at > file.length) throw new SafetensorsError('MetadataIncompleteBuffer', name)
    tensors.set(name, { dtype: info.dtype, shape: info.shape, bytes: file.subarray(start + info.from, start + info.to) })
  }
  if (start + at !== file.length)
    throw new SafetensorsError('MetadataIncompleteBuffer', `${file.length - start - at} bytes too many`)
  return { tensors, metadata }
}

interface Info {
  dtype: Dtype
  shape: number[]
  from: number
  to: number
}

function elements(shape: number[], name: string): number {
  let count = 1
  for (const side of shape) {
    count *= side
    if (!Number.isSafeInteger(count)) throw new SafetensorsError('ValidationOverflow', name)
  }
  return count
}

function parseHeader(bytes: Uint8Array): { infos: [string, Info][]; metadata: Record<string, string> } {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new SafetensorsError('InvalidHeader', 'not UTF-8')
  }
  let header: unknown
  try {
    header = JSON.parse(text)
  } catch {
    throw new SafetensorsError('InvalidHeaderDeserialization', 'not JSON')
  }
  if (!isObject(header)) throw new SafetensorsError('InvalidHeaderDeserialization', 'not an object')
  refuseDuplicates(text)
  const metadata: Record<string, string> = Object.create(null)
  const infos: [string, Info][] = []
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (!isObject(value)) throw new SafetensorsError('InvalidHeaderDeserialization', name)
      for (const [key, word] of Object.entries(value)) {
        if (typeof word !== 'string') throw new SafetensorsError('InvalidHeaderDeserialization', `metadata ${key}`)
        metadata[key] = word
      }
    } else infos.push([name, parseInfo(name, value)])
  }
  return { infos, metadata }
}

function parseInfo(name: string, value: unknown): Info {
  const wrong = () => new SafetensorsError('InvalidHeaderDeserialization', name)
  if (name === '__proto__' || !isObject(value) || Object.keys(value).length !== 3) throw wrong()
  const { dtype, shape, data_offsets: offsets } = value
  if (typeof dtype !== 'string' || !Object.hasOwn(SIZES, dtype)) throw wrong()
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) throw wrong()
  return { dtype: dtype as Dtype, shape, from: offsets[0]!, to: offsets[1]! }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => typeof n === 'number' && Number.isInteger(n) && n >= 0)
}

/** `JSON.parse` silently keeps the last of two equal keys; here that would hide a tensor. `text` is known to be JSON. */
function refuseDuplicates(text: string): void {
  const open: (Set<string> | null)[] = []
  for (const [token, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(null)
    else if (token === '}' || token === ']') open.pop()
    else if (colon) {
      const key = JSON.parse(string!) as string
      const keys = open.at(-1)
      if (keys?.has(key)) throw new SafetensorsError('DuplicateKey', key)
      keys?.add(key)
    }
  }
}
