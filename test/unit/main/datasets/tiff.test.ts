import sharp, { type TiffOptions } from 'sharp'
import { describe, expect, it } from 'vitest'
import { isCutOffTiff } from '../../../../src/main/datasets/tiff'

const noise = Buffer.from(Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 7919) % 251))
const tiff = (options: TiffOptions) =>
  sharp(noise, { raw: { width: 40, height: 30, channels: 3 } })
    .tiff(options)
    .toBuffer()

describe('a TIFF’s end', () => {
  it.each([
    ['strips', { compression: 'lzw' }],
    ['tiles', { compression: 'none', tile: true, tileWidth: 16, tileHeight: 16 }],
    ['deflated strips', { compression: 'deflate' }],
  ] as const)('is known to the byte: %s', async (_, options) => {
    const whole = await tiff(options)
    expect(isCutOffTiff(whole)).toBe(false)
    for (const share of [0.02, 0.3, 0.7, 0.95]) expect(isCutOffTiff(whole.subarray(0, whole.length * share))).toBe(true)
  })

  it('is not asked of other bytes, and no count keeps it long', () => {
    expect(isCutOffTiff(Buffer.from('II+\0 a big one, which has another directory'))).toBe(false)
    const lies = Buffer.from('49492a0008000000010011010100ffffffff08000000', 'hex')
    expect(isCutOffTiff(lies)).toBe(true)
  })
})
