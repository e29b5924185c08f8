/** Ways from one latent to another. */

/** The straight way: a at 0, b at 1. */
export function lerp(a: Float32Array, b: Float32Array, t: number): Float32Array {
  return a.map((value, i) => value + (b[i]! - value) * t)
}

/**
 * The way along a great circle (Shoemake 1985; for latents White 2016). In many dimensions nearly all of a normal prior lies at
 * one distance from its middle; the straight way cuts through the empty inside, this one does not.
 * Where a and b are parallel or opposite there is no one such way, and it is the straight one.
 */
export function slerp(a: Float32Array, b: Float32Array, t: number): Float32Array {
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)))
  const sine = Math.sin(angle)
  if (!(sine > 1e-6)) return lerp(a, b, t)
  const fromA = Math.sin((1 - t) * angle) / sine
  const fromB = Math.sin(t * angle) / sine
  return a.map((value, i) => fromA * value + fromB * b[i]!)
}

/** `steps` latents from a to b, both included, in the way that suits the prior. */
export function morph(a: Float32Array, b: Float32Array, steps: number, prior: 'normal' | 'uniform'): Float32Array[] {
  const way = prior === 'normal' ? slerp : lerp
  return Array.from({ length: steps }, (_, i) => way(a, b, steps === 1 ? 0 : i / (steps - 1)))
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
