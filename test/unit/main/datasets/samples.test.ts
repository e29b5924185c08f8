import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Canvas, Path } from '../../../../src/main/datasets/samples/raster'
import { drawFace } from '../../../../src/main/datasets/samples/cartoon-faces'
import { drawSample, writeSample } from '../../../../src/main/datasets/samples'
import { suggestPreparation } from '../../../../src/main/datasets/suggest'
import { sha256 } from '../../../../src/main/media'
import { importPaths, temporaryFolder } from '../../../support/import-run'

let folder: string
let remove: () => void
beforeEach(() => ({ folder, remove } = temporaryFolder()))
afterEach(() => remove())

describe('cartoon faces', () => {
  const faces = Array.from({ length: 600 }, (_, n) => drawFace(1, n))
  const share = (tag: string, among = faces) => among.filter(({ tags }) => tags.includes(tag)).length / among.length

  it('are 64 by 64 in colour, the same for the same seed, all different', () => {
    expect(faces[7]!.picture).toMatchObject({ width: 64, height: 64, channels: 3 })
    expect(drawFace(1, 7)).toEqual(faces[7])
    expect(drawFace(2, 7).picture.pixels).not.toEqual(faces[7]!.picture.pixels)
    expect(new Set(faces.map(({ picture }) => sha256(picture.pixels))).size).toBe(600)
  })

  it('have every attribute, neither always nor never, one hair and one skin each', () => {
    for (const tag of ['smile', 'glasses', 'hat', 'long-hair', 'beard', 'freckles', 'look-left', 'look-right']) {
      expect(share(tag), tag).toBeGreaterThan(0.12)
      expect(share(tag), tag).toBeLessThan(0.7)
    }
    for (const [kind, count] of [
      ['hair-', 5],
      ['skin-', 4],
    ] as const) {
      expect(new Set(faces.flatMap(({ tags }) => tags.filter((tag) => tag.startsWith(kind)))).size).toBe(count)
      for (const { tags } of faces) expect(tags.filter((tag) => tag.startsWith(kind))).toHaveLength(1)
    }
  })

  it('have independent attributes', () => {
    for (const [one, other] of [
      ['smile', 'glasses'],
      ['hat', 'long-hair'],
      ['beard', 'long-hair'],
      ['freckles', 'skin-light'],
    ] as const) {
      const having = faces.filter(({ tags }) => tags.includes(one))
      expect(Math.abs(share(other, having) - share(other)), `${other} given ${one}`).toBeLessThan(0.12)
    }
  })

  it('show what their tags say', () => {
    // Glasses are nearly black; between faces that differ in nothing else they darken the band of the eyes.
    const darkness = (face: (typeof faces)[number]) => {
      let dark = 0
      for (let y = 30; y < 40; y++) for (let x = 16; x < 48; x++) if (face.picture.pixels[(y * 64 + x) * 3]! < 70) dark++
      return dark
    }
    const light = faces.filter(({ tags }) => tags.includes('skin-light') && tags.includes('hair-blond') && !tags.includes('hat'))
    const mean = (list: typeof faces) => list.reduce((sum, face) => sum + darkness(face), 0) / list.length
    const [wearing, not] = [
      light.filter(({ tags }) => tags.includes('glasses')),
      light.filter(({ tags }) => !tags.includes('glasses')),
    ]
    expect(mean(wearing)).toBeGreaterThan(mean(not) + 15)
  })

  it('are written as files with a tag list that an import understands', async () => {
    expect(await writeSample('cartoon-faces', folder, { count: 20, seed: 5 })).toBe(20)
    expect(readdirSync(folder)).toHaveLength(21)
    const before = readFileSync(join(folder, 'face-0003.png'))
    await writeSample('cartoon-faces', folder, { count: 20, seed: 5 })
    expect(readFileSync(join(folder, 'face-0003.png')).equals(before)).toBe(true)
    const { items, ignored } = await importPaths(join(folder, 'p.latent'), [folder])
    expect(ignored).toBe(1)
    const drawn = []
    for await (const offer of drawSample('cartoon-faces', { count: 20, seed: 5 }).offers()) drawn.push([offer.name, offer.tags])
    expect(items.map(({ name, tags }) => [name, tags])).toEqual(drawn)
  })
})

describe('the painter', () => {
  const covered = (canvas: Canvas) => canvas.pixels().reduce((sum, value, at) => sum + (at % 3 === 0 ? value / 255 : 0), 0)

  it('covers exactly the area of a shape, wherever it lies', () => {
    for (const [x, y] of [
      [10, 10],
      [10.3, 11.7],
      [0, 4],
    ] as const) {
      const canvas = new Canvas(32, [0, 0, 0])
      canvas.fill(
        Path.at(x, y)
          .line(x + 7.5, y)
          .line(x + 7.5, y + 4.25)
          .line(x, y + 4.25),
        [255, 255, 255],
      )
      expect(covered(canvas)).toBeCloseTo(7.5 * 4.25, 0)
    }
    const round = new Canvas(64, [0, 0, 0])
    round.fill(Path.ellipse(30.2, 31.6, 12, 9), [255, 255, 255])
    expect(Math.abs(covered(round) - Math.PI * 12 * 9)).toBeLessThan(1.5)
  })

  it('cuts shapes off at the border, on every side', () => {
    const canvas = new Canvas(16, [0, 0, 0])
    canvas.fill(Path.at(-50, -50).line(50, -50).line(50, 50).line(-50, 50), [255, 255, 255])
    expect(covered(canvas)).toBeCloseTo(256, 3)
    canvas.fill(Path.ellipse(-30, 8, 10, 10), [0, 0, 0])
    canvas.fill(Path.ellipse(60, 8, 10, 10), [0, 0, 0])
    canvas.stroke(Path.at(-20, -20).line(-20, 40), 3, [0, 0, 0])
    expect(covered(canvas)).toBeCloseTo(256, 3)
  })

  it('draws lines of the width asked for', () => {
    const canvas = new Canvas(64, [0, 0, 0])
    canvas.stroke(Path.at(12, 20.3).line(52, 20.3), 3, [255, 255, 255])
    expect(covered(canvas)).toBeGreaterThan(40 * 3)
    expect(covered(canvas)).toBeLessThan(40 * 3 + Math.PI * 2.25 + 4)
  })
})

describe('suggesting a preparation', () => {
  it.each([
    [8, 16],
    [16, 16],
    [27, 16],
    [28, 28],
    [32, 32],
    [50, 48],
    [64, 64],
    [4000, 64],
  ])('for a median side of %i is %i', (medianSide, size) => {
    expect(suggestPreparation({ medianSide })).toEqual({ size, colour: 'auto', fit: 'cover', testShare: 0.1, seed: 0 })
  })
})
