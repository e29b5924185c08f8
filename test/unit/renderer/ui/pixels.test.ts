// @vitest-environment happy-dom
import { beforeAll, describe, expect, it } from 'vitest'
import { bytesOf, pictureOf } from '../../../../src/renderer/ui/pixels'

beforeAll(() => {
  // happy-dom draws nothing; its canvases need no more than this.
  globalThis.ImageData ??= class {
    constructor(
      readonly data: Uint8ClampedArray,
      readonly width: number,
      readonly height: number,
    ) {}
  } as unknown as typeof ImageData
})

const set = (channels: number, bytes: number[]) => ({
  count: bytes.length / channels / 2,
  height: 1,
  width: 2,
  channels,
  pixels: btoa(String.fromCharCode(...bytes)),
})

describe('pictureOf', () => {
  it('shows grey as grey', () => {
    const pictures = set(1, [10, 20, 30, 40])
    expect([...pictureOf(pictures, bytesOf(pictures), 1).data]).toEqual([30, 30, 30, 255, 40, 40, 40, 255])
  })

  it('shows colours in their order', () => {
    const pictures = set(3, [1, 2, 3, 4, 5, 6])
    expect([...pictureOf(pictures, bytesOf(pictures), 0).data]).toEqual([1, 2, 3, 255, 4, 5, 6, 255])
  })

  it('keeps transparency', () => {
    const pictures = set(4, [1, 2, 3, 128, 4, 5, 6, 0])
    expect([...pictureOf(pictures, bytesOf(pictures), 0).data]).toEqual([1, 2, 3, 128, 4, 5, 6, 0])
  })

  it('decodes a set once', () => {
    const pictures = set(1, [0, 255])
    expect(bytesOf(pictures)).toBe(bytesOf(pictures))
    expect([...bytesOf(pictures)]).toEqual([0, 255])
  })
})
