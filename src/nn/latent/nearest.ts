/** Which items lie nearest to a place in the latent space. */

export interface Neighbours {
  /** Rows, nearest first. */
  indices: number[]
  /** Euclidean distances. */
  distances: number[]
}

/** The `count` rows of `latents` [n, d] nearest to `place` [d]. Equal distances keep the order of the rows. */
export function nearest(latents: Float32Array, place: Float32Array, count: number): Neighbours {
  const d = place.length
  const n = latents.length / d
  const indices: number[] = []
  const squares: number[] = []
  for (let i = 0; i < n; i++) {
    const worst = indices.length < count ? Infinity : squares[squares.length - 1]!
    let square = 0
    for (let j = 0, at = i * d; j < d && square < worst; j++) square += (latents[at++]! - place[j]!) ** 2
    if (!(square < worst)) continue
    let slot = squares.length
    while (slot > 0 && squares[slot - 1]! > square) slot--
    squares.splice(slot, 0, square)
    indices.splice(slot, 0, i)
    if (indices.length > count) {
      squares.pop()
      indices.pop()
    }
  }
  return { indices, distances: squares.map(Math.sqrt) }
}
