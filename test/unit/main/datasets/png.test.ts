import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { decodePlainPng, encodePng } from '../../../../src/main/datasets/png'
import { chance, picture } from '../../../support/broken-files'

describe('our own PNG', () => {
  it.each([1, 3] as const)('with %i channels is read by any decoder and by ours', async (channels) => {
    const next = chance(1)
    for (const [width, height] of [
      [1, 1],
      [28, 28],
      [17, 5],
    ] as const) {
      const pixels = Uint8Array.from({ length: width * height * channels }, () => next() * 256)
      const png = encodePng({ width, height, channels, pixels })
      const { data, info } = await sharp(png, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true })
      expect([info.width, info.height]).toEqual([width, height])
      const grey = info.channels === 3 && channels === 1
      expect(Buffer.from(grey ? data.filter((_, n) => n % 3 === 0) : data).equals(pixels)).toBe(true)
      expect(decodePlainPng(png)).toEqual({ width, height, channels, pixels })
    }
  })

  it('leaves every other PNG, and damaged ones, to the picture library', async () => {
    const png = encodePng({ width: 4, height: 4, channels: 1, pixels: new Uint8Array(16) })
    expect(decodePlainPng(await picture('png', 1))).toBeNull()
    for (let length = 0; length < png.length; length++) expect(decodePlainPng(png.subarray(0, length))).toBeNull()
    const wide = Buffer.from(png)
    wide.writeUInt32BE(0x7fffffff, 16)
    expect(decodePlainPng(wide)).toBeNull()
    expect(() => encodePng({ width: 4, height: 4, channels: 1, pixels: new Uint8Array(15) })).toThrow('do not fill')
  })
})
