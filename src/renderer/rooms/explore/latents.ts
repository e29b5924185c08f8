/** Arithmetic on latents: places on the map, strengths along directions, ways between two. */
import type { Direction, LatentMap } from '../../../contract/explore'

export type LatentVector = readonly number[]
type Plane = Pick<LatentMap, 'mean' | 'axes'>

const dot = (a: LatentVector, b: LatentVector): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0)

/** The latent at a place of the map: mean + x·axes[0] + y·axes[1]. */
export function latentAt(plane: Plane, x: number, y: number): number[] {
  return plane.mean.map((mean, i) => mean + x * plane.axes[0][i]! + y * plane.axes[1][i]!)
}

/** Where a latent lies on the map: its projection on the plane (the axes are orthogonal). */
export function placeOf(plane: Plane, latent: LatentVector): [number, number] {
  const from = latent.map((value, i) => value - plane.mean[i]!)
  const along = (axis: LatentVector): number => dot(from, axis) / (dot(axis, axis) || 1)
  return [along(plane.axes[0]), along(plane.axes[1])]
}

/** How far a latent lies along a direction, in spreads of the items: 0 is the average item. */
export function strengthOf(direction: Direction, mean: LatentVector, latent: LatentVector): number {
  const from = latent.map((value, i) => value - mean[i]!)
  return dot(from, direction.vector) / (direction.spread || 1)
}

/** The latent with its strength along one direction changed and everything across it kept. */
export function withStrength(direction: Direction, mean: LatentVector, latent: LatentVector, strength: number): number[] {
  const move = (strength - strengthOf(direction, mean, latent)) * (direction.spread || 1)
  return latent.map((value, i) => value + move * direction.vector[i]!)
}

/** A point `t` (0 to 1) of the way along `stops`, straight between neighbours. */
export function along(stops: readonly LatentVector[], t: number): number[] {
  const at = Math.min(1, Math.max(0, t)) * (stops.length - 1)
  const i = Math.floor(at)
  // Exactly the stop itself, without rounding.
  if (i === at) return [...stops[i]!]
  return stops[i]!.map((value, k) => value + (at - i) * (stops[i + 1]![k]! - value))
}
