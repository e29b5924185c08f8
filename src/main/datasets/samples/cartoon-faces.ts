/**
 * Cartoon faces, 64 × 64 in colour: a set with independent attributes (each a tag) and continuous variation in pose, size and
 * shape, so that a model has both directions to find and ways between. Our own drawing.
 */
import type { PlainPicture } from '../png'
import { Canvas, Path } from './raster'
import type { Colour, Placing } from './raster'
import { sentenceOf } from './sentences'
import type { Language } from './sentences'

const SIZE = 64

const GROUNDS: Colour[] = [
  [244, 164, 146], // salmon
  [125, 183, 189], // teal
  [211, 192, 250], // lilac
  [246, 213, 143], // yellow
  [160, 182, 218], // blue
  [168, 200, 134], // green
]
const SKINS = {
  light: [255, 222, 196],
  tan: [232, 180, 132],
  brown: [178, 116, 72],
  dark: [118, 74, 48],
} satisfies Record<string, Colour>
const HAIRS = {
  black: [43, 30, 28],
  brown: [110, 64, 32],
  blond: [214, 156, 62],
  red: [176, 66, 34],
  grey: [206, 204, 200],
} satisfies Record<string, Colour>
const HATS: Colour[] = [
  [62, 66, 100],
  [150, 58, 66],
  [48, 96, 92],
]
const SHIRTS: Colour[] = [
  [84, 98, 140],
  [204, 92, 84],
  [72, 134, 120],
  [236, 230, 218],
  [140, 104, 150],
  [222, 164, 74],
]
const INK: Colour = [38, 32, 36]
const WHITE: Colour = [255, 255, 255]

interface Face {
  ground: Colour
  skin: Colour
  hair: Colour
  shirt: Colour
  hat: Colour | null
  longHair: boolean
  /** Which side the hair is parted on, and how far: -1 to 1. */
  parting: number
  smile: boolean
  /** How far the mouth bends. */
  mouth: number
  glasses: boolean
  beard: boolean
  freckles: boolean
  /** Where the eyes look: -1 left, 0 ahead, 1 right. */
  look: number
  width: number
  height: number
  eyes: number
  brows: number
  placing: Placing
}

/** The face with this number of the set with this seed, and its tags. */
export function drawFace(seed: number, number: number): { picture: PlainPicture; tags: string[] } {
  const { face, tags } = invent(chance(seed, number))
  const canvas = new Canvas(SIZE, face.ground)
  paint(canvas, face)
  return { picture: { width: SIZE, height: SIZE, channels: 3, pixels: canvas.pixels() }, tags }
}

/** What the face with this number and these tags shows, in a sentence. */
export function describeFace(seed: number, number: number, tags: readonly string[], language: Language): string {
  return sentenceOf(tags, language, chance(seed, number + SENTENCES))
}

/** Beyond all numbers of faces, so that what is said of one does not depend on how it is drawn. */
const SENTENCES = 2 ** 30

/** Numbers from 0 to 1, a function of (seed, number): sfc32, a small generator with whole numbers only. */
function chance(seed: number, number: number): () => number {
  let [a, b, c, count] = [seed | 0, Math.floor(seed / 2 ** 32) ^ 0x9e3779b9, number | 0, 1]
  const next = () => {
    const sum = (((a + b) | 0) + count) | 0
    count = (count + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let n = 0; n < 12; n++) next()
  return next
}

function invent(next: () => number): { face: Face; tags: string[] } {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
  const maybe = (share: number) => next() < share
  /** Mostly near the middle: the mean of two. */
  const around = (middle: number, spread: number) => middle + spread * (next() + next() - 1)

  const skin = pick(Object.keys(SKINS) as (keyof typeof SKINS)[])
  const hair = pick(Object.keys(HAIRS) as (keyof typeof HAIRS)[])
  const smile = maybe(0.55)
  const glasses = maybe(0.35)
  const wearsHat = maybe(0.22)
  const longHair = maybe(0.45)
  const beard = maybe(0.25)
  const freckles = maybe(0.3)
  const look = pick([-1, 0, 0, 1])

  const scale = around(1.17, 0.1)
  const tilt = around(0, 0.13)
  const [sin, cos] = [Math.sin(tilt) * scale, Math.cos(tilt) * scale]
  const [x, y] = [around(32, 2.8), around(36.5, 2)]
  const face: Face = {
    ground: pick(GROUNDS),
    skin: SKINS[skin],
    hair: HAIRS[hair],
    shirt: pick(SHIRTS),
    hat: wearsHat ? pick(HATS) : null,
    longHair,
    parting: around(0, 1),
    smile,
    mouth: smile ? around(3.6, 1.2) : around(-0.45, 0.9),
    glasses,
    beard,
    freckles,
    look: look + around(0, 0.25),
    width: around(14.2, 1.2),
    height: around(16.2, 1.2),
    eyes: around(6.2, 0.6),
    brows: around(0, 1),
    // Turned and scaled about the chin's middle, where a head sits.
    placing: [cos, sin, -sin, cos, x - cos * 32 + sin * 36, y - sin * 32 - cos * 36],
  }
  const words: [string, boolean][] = [
    ['smile', smile],
    ['glasses', glasses],
    ['hat', wearsHat],
    ['long-hair', longHair],
    ['beard', beard],
    ['freckles', freckles],
    [`hair-${hair}`, true],
    [`skin-${skin}`, true],
    ['look-left', look < 0],
    ['look-right', look > 0],
  ]
  return { face, tags: words.filter(([, has]) => has).map(([word]) => word) }
}

const mix = (one: Colour, other: Colour, share: number): Colour => [
  one[0] + (other[0] - one[0]) * share,
  one[1] + (other[1] - one[1]) * share,
  one[2] + (other[2] - one[2]) * share,
]
const darker = (colour: Colour, share: number) => mix(colour, [60, 24, 34], share)

/** From the back to the front, in a square of 64 units; the head's middle is (32, 33). */
function paint(canvas: Canvas, face: Face): void {
  canvas.place(face.placing)
  if (face.longHair) paintLongHair(canvas, face)
  paintBody(canvas, face)
  paintHead(canvas, face)
  if (face.beard) paintBeard(canvas, face)
  paintMouth(canvas, face)
  paintEyes(canvas, face)
  paintHair(canvas, face)
  if (face.glasses) paintGlasses(canvas, face)
  if (face.hat) paintHat(canvas, face, face.hat)
}

function paintLongHair(canvas: Canvas, { hair, width: w }: Face): void {
  const outer = w + 3.4
  const shape = Path.at(32 - outer, 30)
    .curve(32 - outer, 10, 32 + outer, 10, 32 + outer, 30)
    .curve(32 + outer + 0.4, 40, 32 + outer + 2, 48, 32 + outer + 0.6, 55)
    .bend(32, 59, 32 - outer - 0.6, 55)
    .curve(32 - outer - 2, 48, 32 - outer - 0.4, 40, 32 - outer, 30)
  canvas.fill(shape, darker(hair, 0.16))
}

function paintBody(canvas: Canvas, { skin, shirt, height: h }: Face): void {
  const chin = 33 + h
  canvas.fill(
    Path.at(26.6, chin - 7)
      .line(37.4, chin - 7)
      .line(38, chin + 8)
      .line(26, chin + 8),
    darker(skin, 0.2),
  )
  const shoulders = Path.at(6, 80)
    .curve(7, 62, 13, chin + 5.4, 26, chin + 3.6)
    .bend(32, chin + 8.6, 38, chin + 3.6)
    .curve(51, chin + 5.4, 57, 62, 58, 80)
  canvas.fill(shoulders, shirt)
  canvas.stroke(Path.at(25.6, chin + 3.9).bend(32, chin + 9.6, 38.4, chin + 3.9), 1.5, darker(shirt, 0.25))
}

/** The outline of the head; `grow` widens it. */
function headShape({ width: w, height: h }: Face, grow = 0): Path {
  const [rx, ry] = [w + grow, h + grow]
  return Path.at(32 - rx, 30)
    .curve(32 - rx, 33 - ry * 0.98, 32 - rx * 0.62, 33 - ry, 32, 33 - ry)
    .curve(32 + rx * 0.62, 33 - ry, 32 + rx, 33 - ry * 0.98, 32 + rx, 30)
    .curve(32 + rx, 33 + ry * 0.62, 32 + rx * 0.52, 33 + ry, 32, 33 + ry)
    .curve(32 - rx * 0.52, 33 + ry, 32 - rx, 33 + ry * 0.62, 32 - rx, 30)
}

function paintHead(canvas: Canvas, face: Face): void {
  const { skin, width: w, height: h, freckles } = face
  for (const side of [-1, 1]) {
    canvas.fill(Path.ellipse(32 + side * (w + 0.2), 34, 2.7, 3.6), darker(skin, 0.1))
    canvas.fill(Path.ellipse(32 + side * (w + 0.3), 34, 1.3, 2), darker(skin, 0.24))
  }
  canvas.fill(headShape(face), skin)
  const cheek = mix(skin, [232, 84, 84], 0.3)
  for (const side of [-1, 1]) canvas.fill(Path.ellipse(32 + side * w * 0.62, 39.2, 3.3, 2.1), cheek, 0.75)
  canvas.stroke(Path.at(31.6, 34).bend(33.6, 38, 31, 38.2), 1.1, darker(skin, 0.34))
  // The shade under the lip belongs to the chin, not to the mouth.
  canvas.stroke(Path.at(30, 33 + h - 3).bend(32, 33 + h - 2.4, 34, 33 + h - 3), 0.9, darker(skin, 0.2), 0.6)
  if (freckles) {
    const dot = mix(darker(skin, 0.42), [150, 62, 26], 0.45)
    for (const side of [-1, 1])
      for (const [dx, dy] of [
        [0, 0],
        [2.2, 1],
        [-2, 1.1],
        [0.3, 2.2],
        [3.2, -0.9],
      ] as const)
        canvas.fill(Path.ellipse(32 + side * (w * 0.56 + dx), 37.7 + dy, 0.62, 0.62), dot, 0.95)
  }
}

function paintBeard(canvas: Canvas, face: Face): void {
  const { hair, width: w, height: h } = face
  const bottom = 33 + h + 1.8
  const shape = Path.at(32 - w - 0.2, 33.5)
    .curve(32 - w - 0.4, 33 + h * 0.72, 32 - w * 0.56, bottom, 32, bottom)
    .curve(32 + w * 0.56, bottom, 32 + w + 0.4, 33 + h * 0.72, 32 + w + 0.2, 33.5)
    .curve(32 + w - 1.2, 40, 32 + w * 0.62, 40.2, 32 + 4.6, 39.7)
    .bend(32, 38.9, 32 - 4.6, 39.7)
    .curve(32 - w * 0.62, 40.2, 32 - w + 1.2, 40, 32 - w - 0.2, 33.5)
  canvas.fill(shape, darker(hair, 0.1))
}

function paintMouth(canvas: Canvas, { skin, mouth, smile, beard }: Face): void {
  const lip = beard ? mix(skin, [196, 72, 74], 0.6) : mix(darker(skin, 0.3), [170, 40, 52], 0.6)
  const y = 43
  if (!smile) {
    canvas.stroke(Path.at(28, y + 0.6).bend(32, y + 0.6 + mouth * 1.4, 36, y + 0.6), 1.6, lip)
    return
  }
  const open = Path.at(26.4, y - 1.2)
    .bend(32, y + 0.4, 37.6, y - 1.2)
    .curve(37, y + mouth + 1.4, 27, y + mouth + 1.4, 26.4, y - 1.2)
  canvas.fill(open, [122, 34, 44])
  canvas.fill(
    Path.at(27.3, y - 0.9)
      .bend(32, y + 0.5, 36.7, y - 0.9)
      .curve(36, y + 1.3, 28, y + 1.3, 27.3, y - 0.9),
    WHITE,
  )
  canvas.stroke(Path.at(26.2, y - 1.4).bend(32, y + 0.5, 37.8, y - 1.4), 0.9, lip, 0.8)
}

function paintEyes(canvas: Canvas, { hair, skin, eyes, look, brows }: Face): void {
  for (const side of [-1, 1]) {
    const x = 32 + side * eyes
    canvas.fill(Path.ellipse(x, 32, 3, 3.2), WHITE)
    canvas.fill(Path.ellipse(x + look * 1.25, 32.2, 1.75, 2.1), INK)
    canvas.fill(Path.ellipse(x + look * 1.25 + 0.6, 31.4, 0.6, 0.6), WHITE)
    canvas.stroke(Path.at(x - 3.1, 31.4).bend(x, 27.2, x + 3.1, 31.4), 0.9, darker(skin, 0.5), 0.8)
    const brow = 26.6 - brows * 0.7
    canvas.stroke(
      Path.at(x - 3.4, brow + 0.9 - side * brows * 0.4).bend(x, brow - 1.1, x + 3.4, brow + 0.9 + side * brows * 0.4),
      1.5,
      darker(hair, 0.3),
    )
  }
}

function paintHair(canvas: Canvas, { hair, width: w, height: h, parting, longHair }: Face): void {
  const outer = w + 1.5
  const top = 33 - h - 3
  const part = 32 + parting * 7
  const sides = longHair ? 37 : 31
  const shape = Path.at(32 - outer, sides)
    .curve(32 - outer - 1.4, top + 3, 32 - outer * 0.5, top, 32, top)
    .curve(32 + outer * 0.5, top, 32 + outer + 1.4, top + 3, 32 + outer, sides)
    .bend(32 + w - 1.3, sides - 2, 32 + w - 1.2, 27)
    .bend(part + 8, 26, part, 20.6)
    .bend(part - 8, 26, 32 - w + 1.2, 27)
    .bend(32 - w + 1.3, sides - 2, 32 - outer, sides)
  canvas.fill(shape, hair)
  const shine = mix(hair, WHITE, 0.28)
  canvas.stroke(Path.at(part - 8, top + 5.6).bend(part - 4, top + 2.6, part + 2, top + 2.4), 1.3, shine, 0.8)
}

function paintGlasses(canvas: Canvas, { eyes, width: w }: Face): void {
  const rim: Colour = [44, 40, 48]
  for (const side of [-1, 1]) {
    const x = 32 + side * (eyes + 0.2)
    const ring = Path.ellipse(x, 32.3, 4.9, 4.7)
    canvas.fill(ring, [236, 246, 255], 0.1)
    canvas.stroke(ring, 1.35, rim)
    canvas.stroke(Path.at(x + side * 4.8, 31.4).line(32 + side * (w + 0.4), 30.8), 1.3, rim)
  }
  canvas.stroke(Path.at(32 - eyes + 4.6, 31.6).bend(32, 29.8, 32 + eyes - 4.6, 31.6), 1.3, rim)
}

function paintHat(canvas: Canvas, { width: w, height: h }: Face, hat: Colour): void {
  const brim = 33 - h + 4.6
  const half = w + 0.6
  const crown = Path.at(32 - half, brim)
    .curve(32 - half, brim - 9, 32 - half * 0.75, brim - 12.4, 32, brim - 12.4)
    .curve(32 + half * 0.75, brim - 12.4, 32 + half, brim - 9, 32 + half, brim)
  canvas.fill(crown, hat)
  const band = Path.at(32 - half, brim - 3.6)
    .bend(32, brim - 2, 32 + half, brim - 3.6)
    .line(32 + half, brim)
    .line(32 - half, brim)
  canvas.fill(band, mix(hat, WHITE, 0.55))
  canvas.fill(
    Path.at(32 - half - 6, brim + 1.6)
      .curve(32 - half, brim - 2.6, 32 + half, brim - 2.6, 32 + half + 6, brim + 1.6)
      .curve(32 + half, brim + 3.4, 32 - half, brim + 3.4, 32 - half - 6, brim + 1.6),
    darker(hat, 0.3),
  )
}
