/** Writes zip files byte by byte, lies included: what an honest library would refuse to write. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipMember {
  name: string
  data?: Uint8Array
  deflate?: boolean
  /** Claims instead of the truth. */
  declaredSize?: number
  declaredCrc?: number
  encrypted?: boolean
  /** Unix mode: `0o120777` is a link. */
  mode?: number
  /** Use the stored bytes of the member with this number again: how overlapping archives are made. */
  overlaps?: number
}

export function zipFile(members: ZipMember[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  const places: { offset: number; stored: Buffer; crc: number; size: number }[] = []
  let at = 0
  for (const member of members) {
    const data = Buffer.from(member.data ?? [])
    const stored = member.deflate ? deflateRawSync(data) : data
    const place =
      member.overlaps === undefined ? { offset: at, stored, crc: crc32(data), size: data.length } : places[member.overlaps]!
    places.push(place)
    const name = Buffer.from(member.name)
    const header = Buffer.alloc(26)
    header.writeUInt16LE(20, 0)
    header.writeUInt16LE((member.encrypted ? 1 : 0) | 0x800, 2)
    header.writeUInt16LE(member.deflate ? 8 : 0, 4)
    header.writeUInt32LE(member.declaredCrc ?? place.crc, 10)
    header.writeUInt32LE(place.stored.length, 14)
    header.writeUInt32LE(member.declaredSize ?? place.size, 18)
    header.writeUInt16LE(name.length, 22)
    if (member.overlaps === undefined) {
      const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), header, name, stored])
      parts.push(local)
      at += local.length
    }
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE((((member.mode ?? 0o100644) << 16) >>> 0) as number, 6)
    tail.writeUInt32LE(place.offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), header, tail, name)
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, central, end])
}
