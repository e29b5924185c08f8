/** Simple faces from eight numbers, as bytes: what a test double of a model draws, in a browser and in Node alike. */
export const SIDE = 64

type Rgb = readonly [number, number, number]
const mix = (a: Rgb, b: Rgb, t: number): Rgb => [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
const squash = (x: number): number => 1 / (1 + Math.exp(-1.6 * x))

/** RGB bytes of one face; `blur` from 0 (sharp) to 1 (a smudge), as a model in its first steps would draw. */
export function drawFace(latent: readonly number[], blur = 0): Uint8Array {
  const s = latent.map(squash)
  const back = mix(mix([127, 183, 190], [242, 164, 144], s[0]!), mix([245, 212, 145], [211, 192, 249], s[0]!), s[1]!)
  const skin = mix([255, 224, 196], [124, 74, 45], s[2]!)
  const hair = mix([43, 29, 20], [220, 190, 130], s[3]!)
  const [smile, long, glasses, wide] = [s[4]! * 2 - 1, s[5]!, s[6]!, 15 + 5 * s[7]!]
  const edge = 0.03 + blur
  const inside = (distance: number): number => Math.min(1, Math.max(0, (1 - distance) / edge + 0.5))
  const pixels = new Uint8Array(SIDE * SIDE * 3)
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      let colour = back
      const paint = (paint: Rgb, cover: number): void => void (colour = mix(colour, paint, cover * (1 - 0.5 * blur)))
      paint(mix(hair, back, 0.4), inside(Math.hypot((x - 32) / 22, (y - 64) / 13)))
      paint(hair, inside(Math.hypot((x - 32) / (wide + 4), (y - 34) / 22)) * (y < 30 + 20 * long ? 1 : 0))
      paint(skin, inside(Math.hypot((x - 32) / wide, (y - 36) / 19)) * (y > 24 ? 1 : 0.0))
      for (const eye of [24, 40]) {
        paint([34, 34, 34], inside(Math.hypot(x - eye, y - 34) / 2.4))
        const ring = Math.abs(Math.hypot(x - eye, y - 34) - 6)
        paint([34, 34, 34], Math.max(0, 1 - ring / 1.2) * glasses)
      }
      const mouth = 46 + smile * 3 - smile * ((x - 32) / 7) ** 2 * 3
      if (Math.abs(x - 32) < 8) paint([122, 46, 46], Math.max(0, 1 - Math.abs(y - mouth) / 1.6))
      pixels.set(colour.map(Math.round), 3 * (y * SIDE + x))
    }
  }
  return pixels
}

/** A repeatable normal number for (seed, index): enough for pictures in tests. */
export function normal(seed: number, index: number): number {
  const uniform = (k: number): number => {
    let h = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index * 2 + k + 1, 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
    h = Math.imul(h ^ (h >>> 13), 0x297a2d39)
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
  }
  return Math.sqrt(-2 * Math.log(1 - uniform(0))) * Math.cos(2 * Math.PI * uniform(1))
}

export const LATENT = 8
export const latentOf = (seed: number): number[] => Array.from({ length: LATENT }, (_, i) => normal(seed, i))
