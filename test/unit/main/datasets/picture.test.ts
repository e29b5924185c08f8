import sharp, { type Sharp } from 'sharp'
import { describe, expect, it } from 'vitest'
import { StudioError } from '../../../../src/contract/errors'
import { examine, sniff } from '../../../../src/main/datasets/picture'
import { Budget } from '../../../../src/main/datasets/pool'
import { FORMATS, chance, picture } from '../../../support/broken-files'

const look = (bytes: Buffer) => examine(bytes, 'x', new Budget(1e8))
const codeOf = async (bytes: Buffer) =>
  look(bytes).then(
    () => 'good',
    (thrown: unknown) => (thrown instanceof StudioError ? thrown.code : String(thrown)),
  )

const flat = (width: number, height: number, background: string) => sharp({ create: { width, height, channels: 4, background } })

describe('looking into a picture', () => {
  it.each(FORMATS)('reads %s, small and large', async (format) => {
    const small = await look(await picture(format, 1, 24))
    expect(small).toMatchObject({ type: `image/${format}`, width: 24, height: 24, channels: 3 })
    // Small pictures are their own thumbnails, but no browser shows TIFF.
    expect(small.thumbnail === null).toBe(format !== 'tiff')
    const large = await look(await picture(format, 2, 200))
    expect(large).toMatchObject({ type: `image/${format}`, width: 200, height: 200, channels: 3 })
    expect(await sharp(large.thumbnail!).metadata()).toMatchObject({ format: 'webp', width: 128, height: 128 })
  })

  it('tells what is in it, whatever its file says', async () => {
    const channels = async (image: Sharp) => (await look(await image.png().toBuffer())).channels
    expect(await channels(flat(20, 20, '#777777'))).toBe(1)
    expect(await channels(flat(20, 20, '#ff7777'))).toBe(3)
    expect(await channels(flat(20, 20, '#77777780'))).toBe(2)
    expect(await channels(flat(20, 20, '#ff777780'))).toBe(4)
    expect(await channels(flat(200, 150, '#ff777780'))).toBe(4)
    // What cannot be seen has no colour.
    expect(await channels(flat(20, 20, '#ff777700'))).toBe(2)
    expect((await look(await flat(20, 20, '#888888').jpeg().toBuffer())).channels).toBe(1)
  })

  it('takes 16 bits, palettes, CMYK and grey', async () => {
    const noise = sharp(await picture('png', 1))
    const forms = [
      await noise.clone().png({ palette: true }).toBuffer(),
      await noise.clone().toColourspace('rgb16').png().toBuffer(),
      await noise.clone().toColourspace('cmyk').jpeg().toBuffer(),
      await noise.clone().greyscale().png().toBuffer(),
    ]
    expect(await Promise.all(forms.map(async (bytes) => (await look(bytes)).channels))).toEqual([3, 3, 3, 1])
  })

  it('turns a photo the way the camera was held', async () => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const photo = await flat(30, 20, '#ff0000').jpeg().withMetadata({ orientation }).toBuffer()
      const turned = orientation > 4
      expect(await look(photo)).toMatchObject(turned ? { width: 20, height: 30 } : { width: 30, height: 20 })
    }
  })

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(12 * 10 * 3, 255), Buffer.alloc(12 * 10 * 3, 0)])
    const gif = await sharp(frames, { raw: { width: 12, height: 20, channels: 3, pageHeight: 10 } })
      .gif()
      .toBuffer()
    expect(await look(gif)).toMatchObject({ width: 12, height: 10 })
  })

  it('refuses what is no picture by what it is', async () => {
    const png = await picture('png', 1)
    const huge = Buffer.from(png)
    huge.writeUInt32BE(30_000, 16)
    huge.writeUInt32BE(30_000, 20)
    const narrow = await sharp({ create: { width: 20_000, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const cases: [Buffer, string][] = [
      [Buffer.alloc(0), 'file-empty'],
      [Buffer.from('hello'), 'file-not-picture'],
      [Buffer.from('%PDF-1.7'), 'file-not-picture'],
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'file-svg'],
      [Buffer.from('\n<!-- hi --><?xml version="1.0"?>'), 'file-not-picture'],
      [Buffer.from('<?xml version="1.0"?><!DOCTYPE svg><svg>'), 'file-svg'],
      [huge, 'file-too-large'],
      [narrow, 'file-too-large'],
      [Buffer.concat([png.subarray(0, 8), Buffer.alloc(100, 7), Buffer.from('IEND')]), 'file-not-picture'],
    ]
    expect(await Promise.all(cases.map(([bytes]) => codeOf(bytes)))).toEqual(cases.map(([, code]) => code))
    expect(sniff(Buffer.from('GIF8'))).toBeNull()
  })

  it.each([...FORMATS, 'progressive'] as const)('refuses %s cut off anywhere, small or large', async (format) => {
    for (const size of [24, 150]) {
      const whole = await picture(format, 3, size)
      for (let n = 1; n < 16; n++) {
        const at = Math.floor((whole.length * n) / 16)
        const code = await codeOf(whole.subarray(0, at))
        expect(['file-truncated', 'file-not-picture'], `${size}: ${at} of ${whole.length}`).toContain(code)
        // The few formats that say where they end are never called something else.
        if (['png', 'jpeg', 'progressive', 'webp'].includes(format)) expect(code).toBe('file-truncated')
      }
    }
  })

  it('never crashes on flipped bits: an error that names the file, or a picture', async () => {
    const next = chance(Number(process.env.SEED ?? 1))
    for (const format of FORMATS) {
      const whole = await picture(format, 4)
      for (let n = 0; n < 12; n++) {
        const bent = Buffer.from(whole)
        for (let k = 0; k < 3; k++) bent[Math.floor(next() * bent.length)]! ^= 1 << Math.floor(next() * 8)
        expect(['good', 'file-truncated', 'file-not-picture', 'file-too-large', 'file-svg']).toContain(await codeOf(bent))
      }
    }
  })
})
