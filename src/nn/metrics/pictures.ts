/** Pictures brought to one size, so that the same features fit whatever a model draws. */

export interface PictureShape {
  height: number
  width: number
  channels: number
}

interface Taps {
  /** Where the pixels that count begin, and how much of each goes into the new one. */
  first: number
  weights: number[]
}

/**
 * u8 pictures [n, height, width, channels] as numbers in [0, 1], side × side: by a triangle as wide as a new pixel, or as an old one
 * where that is wider, so that enlarging is bilinear and shrinking blurs away what the new size cannot show.
 */
export function resized(pictures: Uint8Array, { height, width, channels }: PictureShape, side: number): Float32Array {
  const n = pictures.length / (height * width * channels)
  const out = new Float32Array(n * side * side * channels)
  if (height === side && width === side) {
    for (let i = 0; i < out.length; i++) out[i] = pictures[i]! / 255
    return out
  }
  const [down, across] = [tapsOf(height, side), tapsOf(width, side)]
  const line = width * channels
  const lines = new Float32Array(side * line)
  for (let picture = 0; picture < n; picture++) {
    lines.fill(0)
    down.forEach(({ first, weights }, y) =>
      weights.forEach((weight, k) => {
        const from = (picture * height + first + k) * line
        for (let x = 0; x < line; x++) lines[y * line + x]! += (weight / 255) * pictures[from + x]!
      }),
    )
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const { first, weights } = across[x]!
        const at = ((picture * side + y) * side + x) * channels
        for (let k = 0; k < weights.length; k++)
          for (let c = 0; c < channels; c++) out[at + c]! += weights[k]! * lines[y * line + (first + k) * channels + c]!
      }
  }
  return out
}

function tapsOf(from: number, to: number): Taps[] {
  const scale = from / to
  const reach = Math.max(1, scale)
  return Array.from({ length: to }, (_, i) => {
    const middle = (i + 0.5) * scale
    const first = Math.max(0, Math.floor(middle - reach + 0.5))
    const last = Math.min(from - 1, Math.ceil(middle + reach - 0.5) - 1)
    const weights = Array.from({ length: last - first + 1 }, (_, k) => Math.max(0, reach - Math.abs(first + k + 0.5 - middle)))
    const whole = weights.reduce((sum, weight) => sum + weight, 0)
    return { first, weights: weights.map((weight) => weight / whole) }
  })
}
