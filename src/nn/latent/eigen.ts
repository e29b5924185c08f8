/**
 * Eigenvalues and eigenvectors of a symmetric matrix: Householder reduction to tridiagonal form, then QL with implicit shifts
 * (Martin, Reinsch & Wilkinson 1968; Bowdler et al. 1968; as in EISPACK's tred2 and tql2). O(d³): d = 512 takes under a second.
 */

export interface Eigen {
  /** Largest first. */
  values: Float64Array
  /** Row i belongs to value i: [d, d], orthonormal. */
  vectors: Float64Array
}

/** Of the symmetric matrix `a` [d, d], which is not changed. Throws when it holds anything but finite numbers. */
export function symmetricEigen(a: Float64Array, d: number): Eigen {
  const { v, diagonal, off } = tridiagonal(a, d)
  gather(v, d, diagonal)
  // Rotations combine two columns of Q; in its transpose these are rows, side by side in memory.
  const rows = transpose(v, d)
  iterate(diagonal, off, (i, c, s) => rotate(rows, i * d, d, c, s))

  const order = Array.from({ length: d }, (_, i) => i).sort((i, j) => diagonal[j]! - diagonal[i]!)
  const vectors = new Float64Array(d * d)
  order.forEach((from, to) => vectors.set(rows.subarray(from * d, (from + 1) * d), to * d))
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors }
}

/** Only the values, largest first: a fraction of the work. */
export function symmetricEigenvalues(a: Float64Array, d: number): Float64Array {
  const { v, diagonal, off } = tridiagonal(a, d)
  for (let i = 0; i < d; i++) diagonal[i] = v[i * d + i]!
  iterate(diagonal, off)
  return diagonal.sort().reverse()
}

/**
 * QᵀAQ = tridiagonal: `off` is below its diagonal (from index 1), which stays in that of `v`. The rest of `v` holds the reflections,
 * and `diagonal` their sizes.
 */
function tridiagonal(a: Float64Array, d: number): { v: Float64Array; diagonal: Float64Array; off: Float64Array } {
  if (!a.every(Number.isFinite)) throw new RangeError('the matrix holds something that is not a number')
  const v = Float64Array.from(a)
  const diagonal = new Float64Array(d)
  const off = new Float64Array(d)
  for (let i = d - 1; i > 0; i--) {
    // Reflect row i so that only its last entry left of the diagonal stays.
    let scale = 0
    for (let k = 0; k < i; k++) scale += Math.abs(v[i * d + k]!)
    if (i === 1 || scale === 0) {
      off[i] = v[i * d + i - 1]!
      diagonal[i] = 0
      continue
    }
    let h = 0
    for (let k = 0; k < i; k++) {
      v[i * d + k]! /= scale
      h += v[i * d + k]! ** 2
    }
    const f = v[i * d + i - 1]!
    const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h)
    off[i] = scale * g
    h -= f * g
    v[i * d + i - 1] = f - g
    off.fill(0, 0, i)
    // Row by row: what lies in a column is far apart in memory.
    for (let j = 0; j < i; j++) {
      const u = v[i * d + j]!
      v[j * d + i] = u / h
      let p = v[j * d + j]! * u
      for (let k = 0; k < j; k++) {
        p += v[j * d + k]! * v[i * d + k]!
        off[k]! += v[j * d + k]! * u
      }
      off[j]! += p
    }
    let sum = 0
    for (let j = 0; j < i; j++) {
      off[j]! /= h
      sum += off[j]! * v[i * d + j]!
    }
    const half = sum / (h + h)
    for (let j = 0; j < i; j++) {
      const u = v[i * d + j]!
      const w = (off[j]! -= half * u)
      for (let k = 0; k <= j; k++) v[j * d + k]! -= u * off[k]! + w * v[i * d + k]!
    }
    diagonal[i] = h
  }
  diagonal[0] = 0
  off[0] = 0
  return { v, diagonal, off }
}

/** Turns the reflections in `v` into Q, and takes the diagonal out of it. */
function gather(v: Float64Array, d: number, diagonal: Float64Array): void {
  for (let i = 0; i < d; i++) {
    if (diagonal[i] !== 0) {
      const row = new Float64Array(i)
      for (let k = 0; k < i; k++) for (let j = 0; j < i; j++) row[j]! += v[i * d + k]! * v[k * d + j]!
      for (let k = 0; k < i; k++) {
        const u = v[k * d + i]!
        for (let j = 0; j < i; j++) v[k * d + j]! -= row[j]! * u
      }
    }
    diagonal[i] = v[i * d + i]!
    v[i * d + i] = 1
    for (let j = 0; j < i; j++) v[j * d + i] = v[i * d + j] = 0
  }
}

/** Turns `diagonal` into eigenvalues; `turn` is told each rotation of the columns i and i + 1 of Q. */
function iterate(diagonal: Float64Array, off: Float64Array, turn?: (i: number, c: number, s: number) => void): void {
  const d = diagonal.length
  off.copyWithin(0, 1)
  off[d - 1] = 0
  for (let l = 0; l < d; l++) {
    for (;;) {
      let m = l
      while (m < d - 1 && Math.abs(off[m]!) > Number.EPSILON * (Math.abs(diagonal[m]!) + Math.abs(diagonal[m + 1]!))) m++
      if (m === l) break
      let g = (diagonal[l + 1]! - diagonal[l]!) / (2 * off[l]!)
      let r = Math.hypot(g, 1)
      g = diagonal[m]! - diagonal[l]! + off[l]! / (g + (g >= 0 ? r : -r))
      let s = 1
      let c = 1
      let p = 0
      let i = m - 1
      for (; i >= l; i--) {
        const f = s * off[i]!
        const b = c * off[i]!
        r = Math.hypot(f, g)
        off[i + 1] = r
        if (r === 0) {
          diagonal[i + 1]! -= p
          off[m] = 0
          break
        }
        s = f / r
        c = g / r
        g = diagonal[i + 1]! - p
        r = (diagonal[i]! - g) * s + 2 * c * b
        p = s * r
        diagonal[i + 1] = g + p
        g = c * r - b
        turn?.(i, c, s)
      }
      if (r === 0 && i >= l) continue
      diagonal[l]! -= p
      off[l] = g
      off[m] = 0
    }
  }
}

function rotate(rows: Float64Array, at: number, d: number, c: number, s: number): void {
  for (let k = at; k < at + d; k++) {
    const f = rows[k + d]!
    rows[k + d] = s * rows[k]! + c * f
    rows[k] = c * rows[k]! - s * f
  }
}

function transpose(a: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d)
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) out[j * d + i] = a[i * d + j]!
  return out
}
