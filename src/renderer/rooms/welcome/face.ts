/** A face as a handful of numbers, so that one can become another: what the studio teaches, in miniature. */

type Colour = readonly [red: number, green: number, blue: number]

export interface Face {
  ground: Colour
  skin: Colour
  hair: Colour
  shirt: Colour
  /** −1 sad, 1 happy. */
  smile: number
  /** Half the width of the head. */
  head: number
  /** Half the distance of the eyes. */
  eyes: number
  /** 0 none, 1 all there. */
  glasses: number
  long: number
  hat: number
  /** 0 a parting, 1 a fringe. */
  fringe: number
  /** −1 to their right, 1 to their left. */
  look: number
}

export const FACES: readonly Face[] = [
  {
    ground: [127, 183, 190],
    skin: [217, 154, 108],
    hair: [43, 29, 20],
    shirt: [79, 98, 96],
    smile: 0.9,
    head: 17.5,
    eyes: 7.6,
    glasses: 1,
    long: 1,
    hat: 0,
    fringe: 0.2,
    look: 0,
  },
  {
    ground: [245, 212, 145],
    skin: [255, 224, 196],
    hair: [163, 59, 32],
    shirt: [199, 154, 82],
    smile: -0.5,
    head: 19.5,
    eyes: 8.6,
    glasses: 0,
    long: 0,
    hat: 0,
    fringe: 0.9,
    look: 0.9,
  },
  {
    ground: [211, 192, 249],
    skin: [124, 74, 45],
    hair: [54, 69, 79],
    shirt: [121, 105, 150],
    smile: 0.7,
    head: 16.5,
    eyes: 7.2,
    glasses: 0,
    long: 1,
    hat: 0,
    fringe: 1,
    look: -0.8,
  },
  {
    ground: [168, 198, 134],
    skin: [243, 201, 165],
    hair: [201, 141, 58],
    shirt: [104, 128, 78],
    smile: 0.2,
    head: 18.5,
    eyes: 8,
    glasses: 1,
    long: 0,
    hat: 1,
    fringe: 0.4,
    look: 0,
  },
  {
    ground: [242, 164, 144],
    skin: [168, 107, 67],
    hair: [220, 215, 207],
    shirt: [168, 92, 76],
    smile: 1,
    head: 18,
    eyes: 7.8,
    glasses: 0,
    long: 0,
    hat: 0,
    fringe: 0,
    look: 0.8,
  },
  {
    ground: [159, 184, 217],
    skin: [255, 224, 196],
    hair: [107, 63, 29],
    shirt: [88, 110, 142],
    smile: -0.8,
    head: 17,
    eyes: 7.4,
    glasses: 1,
    long: 1,
    hat: 0,
    fringe: 0.7,
    look: 0,
  },
]

const mix = (a: number, b: number, at: number) => a + (b - a) * at
const mixColour = (a: Colour, b: Colour, at: number): Colour => [mix(a[0], b[0], at), mix(a[1], b[1], at), mix(a[2], b[2], at)]

/** The face between two: `at` 0 is the first, 1 the second. */
export function between(a: Face, b: Face, at: number): Face {
  return {
    ground: mixColour(a.ground, b.ground, at),
    skin: mixColour(a.skin, b.skin, at),
    hair: mixColour(a.hair, b.hair, at),
    shirt: mixColour(a.shirt, b.shirt, at),
    smile: mix(a.smile, b.smile, at),
    head: mix(a.head, b.head, at),
    eyes: mix(a.eyes, b.eyes, at),
    glasses: mix(a.glasses, b.glasses, at),
    long: mix(a.long, b.long, at),
    hat: mix(a.hat, b.hat, at),
    fringe: mix(a.fringe, b.fringe, at),
    look: mix(a.look, b.look, at),
  }
}

export const css = ([red, green, blue]: Colour, dark = 1): string =>
  `rgb(${[red, green, blue].map((part) => Math.round(part * dark)).join(' ')})`
