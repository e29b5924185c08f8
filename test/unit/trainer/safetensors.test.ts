import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asFloats,
  decodeSafetensors,
  encodeSafetensors,
  floats,
  MAX_SAFETENSORS_HEADER,
  SafetensorsError,
  type TensorBytes,
} from '../../../src/trainer/safetensors'

/** A file from a header and so many bytes of data. */
function file(header: string | Uint8Array, data = 0, length?: bigint): Uint8Array {
  const head = Buffer.from(header)
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(length ?? BigInt(head.length))
  return Buffer.concat([size, head, Buffer.alloc(data)])
}

function problem(bytes: Uint8Array): string {
  try {
    decodeSafetensors(bytes)
    return 'none'
  } catch (error) {
    if (error instanceof SafetensorsError) return error.problem
    throw error
  }
}

const info = (shape: number[], offsets: number[], dtype = 'F32') => JSON.stringify({ dtype, shape, data_offsets: offsets })

describe('safetensors', () => {
  it('gives back what it wrote', () => {
    const tensors = new Map<string, TensorBytes>([
      ['b/kernel', floats([2, 2], Float32Array.of(1, -2, NaN, 4e-40))],
      ['a/bias', floats([3], Float32Array.of(0, -0, 7))],
      ['10', floats([], Float32Array.of(5))],
      ['empty', floats([0, 4], new Float32Array(0))],
      ['bytes', { dtype: 'U8', shape: [3], bytes: Uint8Array.of(1, 2, 3) }],
    ])
    const bytes = Buffer.concat(encodeSafetensors({ tensors, metadata: { step: '12' } }))
    expect(bytes[8]).toBe('{'.charCodeAt(0))
    const read = decodeSafetensors(bytes)
    expect(read.metadata.step).toBe('12')
    expect([...read.tensors.keys()].sort()).toEqual([...tensors.keys()].sort())
    for (const [name, { dtype, shape, bytes: data }] of tensors) {
      expect(read.tensors.get(name)).toMatchObject({ dtype, shape })
      expect(Buffer.compare(read.tensors.get(name)!.bytes, data)).toBe(0)
    }
    expect(asFloats(read.tensors.get('a/bias')!)).toEqual(Float32Array.of(0, -0, 7))
  })

  it('writes equal tensors as equal bytes, whatever their order was', () => {
    const [a, b] = [floats([1], Float32Array.of(1)), floats([1], Float32Array.of(2))]
    const one = encodeSafetensors({ tensors: new Map([['a', a], ['b', b]]), metadata: {} }) // prettier-ignore
    const other = encodeSafetensors({ tensors: new Map([['b', b], ['a', a]]), metadata: {} }) // prettier-ignore
    expect(Buffer.concat(one)).toEqual(Buffer.concat(other))
  })

  it.each([
    ['HeaderTooSmall', Buffer.alloc(7)],
    ['HeaderTooLarge', file('{}', 0, BigInt(MAX_SAFETENSORS_HEADER) + 1n)],
    ['HeaderTooLarge', file('{}', 0, 2n ** 64n - 1n)],
    ['InvalidHeaderLength', file('{}', 0, 1000n)],
    ['InvalidHeader', file(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d))],
    ['InvalidHeaderDeserialization', file('{"a":')],
    ['InvalidHeaderDeserialization', file('')],
    ['InvalidHeaderDeserialization', file('[]')],
    ['InvalidHeaderDeserialization', file('{"__metadata__":{"a":1}}')],
    ['InvalidHeaderDeserialization', file('{"__metadata__":"a"}')],
    ['InvalidHeaderDeserialization', file(`{"a":${info([1], [0, 4], 'F3')}}`, 4)],
    ['InvalidHeaderDeserialization', file(`{"a":${info([1], [0, 4], 'toString')}}`, 4)],
    ['InvalidHeaderDeserialization', file(`{"a":${info([-1], [0, 4])}}`, 4)],
    ['InvalidHeaderDeserialization', file(`{"a":${info([1.5], [0, 4])}}`, 4)],
    ['InvalidHeaderDeserialization', file(`{"a":${info([1], [0, 4, 8])}}`, 4)],
    ['InvalidHeaderDeserialization', file(`{"__proto__":${info([1], [0, 4])}}`, 4)],
    ['DuplicateKey', file(`{"a":${info([1], [0, 4])},"a":${info([1], [4, 8])}}`, 8)],
    ['DuplicateKey', file(`{"a":${info([1], [0, 4])},"\\u0061":${info([1], [4, 8])}}`, 8)],
    ['InvalidOffset', file(`{"a":${info([1], [0, 4])},"b":${info([1], [0, 4])}}`, 4)],
    ['InvalidOffset', file(`{"a":${info([1], [4, 8])}}`, 8)],
    ['InvalidOffset', file(`{"a":${info([1], [0, 4])},"b":${info([1], [8, 12])}}`, 12)],
    ['InvalidOffset', file(`{"a":${info([1], [0, 4])},"b":${info([0], [4, 2])}}`, 4)],
    ['TensorInvalidInfo', file(`{"a":${info([2], [0, 4])}}`, 4)],
    ['ValidationOverflow', file(`{"a":${info([2 ** 40, 2 ** 40], [0, 4])}}`, 4)],
    ['ValidationOverflow', file(`{"a":${info([2 ** 52], [0, 4])}}`, 4)],
    ['MetadataIncompleteBuffer', file(`{"a":${info([2], [0, 8])}}`, 4)],
    ['MetadataIncompleteBuffer', file(`{"a":${info([1], [0, 4])}}`, 5)],
  ])('names what is wrong: %s', (name, bytes) => {
    expect(problem(bytes)).toBe(name)
  })

  it('reads a header that begins with a space, as the reference reader does', () => {
    expect(decodeSafetensors(file(`  {"a":${info([1], [0, 4])}}`, 4)).tensors.size).toBe(1)
  })

  it('refuses every truncation', () => {
    const whole = Buffer.concat(encodeSafetensors({ tensors: new Map([['a', floats([4], new Float32Array(4))]]), metadata: {} }))
    for (let length = 0; length < whole.length; length++)
      expect(problem(whole.subarray(0, length)), `${length} bytes`).not.toBe('none')
  })

  it('survives any change to a file with a named error or a sound reading', () => {
    const whole = Buffer.concat(
      encodeSafetensors({ tensors: new Map([['net/a', floats([2, 3], new Float32Array(6))]]), metadata: { format: 'x' } }),
    )
    const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        problem(bytes)
      }),
      { numRuns: 500 },
    )
  })
})
