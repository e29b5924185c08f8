/** Where a TIFF ends by its own directory (TIFF 6.0, sections 2 and 3): the decoder only says in changing words that some is missing. */

/** Bytes of a value, by its type's number. */
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]
const STRIP_OFFSETS = 273
const STRIP_COUNTS = 279
const TILE_OFFSETS = 324
const TILE_COUNTS = 325

/** Whether the first directory, or anything that it names, lies beyond the end. False for what is no classic TIFF. */
export function isCutOffTiff(bytes: Buffer): boolean {
  const little = bytes.toString('latin1', 0, 2) === 'II'
  const u16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const u32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  try {
    if (u16(2) !== 42) return false
    const directory = u32(4)
    const lists = new Map<number, number[]>()
    for (let entry = 0, entries = u16(directory); entry < entries; entry++) {
      const at = directory + 2 + 12 * entry
      const [tag, type, count] = [u16(at), u16(at + 2), u32(at + 4)]
      const size = SIZES[type] ?? 0
      // What fits in four bytes stands in the entry itself.
      const from = count * size <= 4 ? at + 8 : u32(at + 8)
      if (from + count * size > bytes.length) return true
      if (![STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS].includes(tag)) continue
      const values: number[] = []
      for (let i = 0; i < count; i++)
        values.push(size === 4 ? u32(from + 4 * i) : size === 2 ? u16(from + 2 * i) : bytes[from + i]!)
      lists.set(tag, values)
    }
    const reaches = (offsets: number, counts: number) =>
      (lists.get(offsets) ?? []).some((offset, i) => offset + (lists.get(counts)?.[i] ?? 0) > bytes.length)
    return reaches(STRIP_OFFSETS, STRIP_COUNTS) || reaches(TILE_OFFSETS, TILE_COUNTS)
  } catch (thrown) {
    if (thrown instanceof RangeError) return true
    throw thrown
  }
}
