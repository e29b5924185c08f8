import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toBytes, toFloats } from '../../../src/trainer/pixels'
import { readPng, sheetPng, tiled } from '../../../src/trainer/sheet'
import { room } from './support'

describe('a sheet', () => {
  it('has its tiles row by row', () => {
    // Three grey pictures of 1 × 2 pixels in two columns.
    expect([...tiled(Uint8Array.of(1, 2, 3, 4, 5, 6), 2, { height: 1, width: 2, channels: 1 })]).toEqual([1, 2, 3, 4, 5, 6, 0, 0])
    expect([...tiled(Uint8Array.of(1, 2, 3, 4), 2, { height: 2, width: 1, channels: 1 })]).toEqual([1, 3, 2, 4])
  })

  it.each([1, 3, 4])('of %i channels is read as it was written', async (channels) => {
    const folder = room()
    const size = { height: 3, width: 2, channels }
    const pixels = Uint8Array.from({ length: 4 * 6 * channels }, (_, i) => (i * 37) % 256)
    writeFileSync(join(folder, 'sheet.png'), await sheetPng(pixels, 2, size))
    expect(Buffer.compare(await readPng(join(folder, 'sheet.png'), channels), tiled(pixels, 2, size))).toBe(0)
    rmSync(folder, { recursive: true })
  })
})

describe('bytes and numbers', () => {
  it('turn into each other without loss', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    const floats = toFloats(bytes)
    expect([floats[0], floats[51], floats[255]]).toEqual([0, Math.fround(0.2), 1])
    expect(toBytes(floats)).toEqual(bytes)
    expect([...toBytes([-3, 0.499 / 255, 0.51 / 255, 7])]).toEqual([0, 0, 1, 255])
  })
})
