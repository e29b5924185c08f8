/** Paths between two latents. Under a normal prior in many dimensions nearly all mass lies on a shell: straight lines leave it. */

/** On the great circle, with the length changing evenly (Shoemake 1985). Nearly parallel points fall back to the straight line. */
export function spherical(from: number[], to: number[], t: number): number[] {
  const [a, b] = [Math.hypot(...from), Math.hypot(...to)]
  if (a === 0 || b === 0) return straight(from, to, t)
  const cosine = from.reduce((sum, value, i) => sum + value * to[i]!, 0) / (a * b)
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)))
  const sine = Math.sin(angle)
  if (sine < 1e-6) return straight(from, to, t)
  const length = a + (b - a) * t
  const [p, q] = [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine]
  return from.map((value, i) => length * ((p * value) / a + (q * to[i]!) / b))
}

function straight(from: number[], to: number[], t: number): number[] {
  return from.map((value, i) => value + (to[i]! - value) * t)
}

/** `steps` points, the two ends among them. */
export function path(from: number[], to: number[], steps: number, onSphere: boolean): number[][] {
  const between = onSphere ? spherical : straight
  return Array.from({ length: steps }, (_, step) => {
    // The ends are given back to the bit: rounding must not move what the person chose.
    if (step === 0) return [...from]
    if (step === steps - 1) return [...to]
    return between(from, to, step / (steps - 1))
  })
}
