/** Principal components: the directions along which a cloud of points is widest. */
import { fillNormal } from '../random'
import { symmetricEigen } from './eigen'

export interface Principal {
  /** Middle of the cloud: [d]. */
  mean: Float64Array
  /** Row i is the i-th direction, of length 1: [count, d]. Its largest entry is positive, so that signs repeat. */
  components: Float64Array
  /** Variance along each direction (divided by n), largest first: [count]. */
  variances: Float64Array
  /** Variance in all d directions together; `variances[i] / total` is the share explained. */
  total: number
}

/** Above this many dimensions the covariance is not formed; see `subspace`. */
const MOST_EXACT = 512

/**
 * The `count` widest directions of `n` points in `d` dimensions, row by row in `data`.
 * Exact up to 512 dimensions; beyond (pictures) by subspace iteration, which is repeatable and close enough to compare with:
 * the variances come out at most a little too small.
 */
export function principalComponents(data: ArrayLike<number>, n: number, d: number, count: number): Principal {
  if (n < 1 || count < 1 || count > d || data.length < n * d)
    throw new RangeError(`no ${count} components of ${n} × ${d} numbers`)
  const mean = new Float64Array(d)
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j]! += data[at++]!
  for (let j = 0; j < d; j++) mean[j]! /= n
  const { components, variances, total } = d <= MOST_EXACT ? exact(data, mean, n, d, count) : subspace(data, mean, n, d, count)
  for (let row = 0; row < count; row++) orient(components.subarray(row * d, (row + 1) * d))
  return { mean, components, variances, total }
}

/** Places of the points along the components: [n, count]. */
export function project({ mean, components, variances }: Principal, data: ArrayLike<number>, n: number): Float32Array {
  const d = mean.length
  const count = variances.length
  const out = new Float32Array(n * count)
  for (let i = 0; i < n; i++)
    for (let c = 0; c < count; c++) {
      let sum = 0
      for (let j = 0; j < d; j++) sum += (data[i * d + j]! - mean[j]!) * components[c * d + j]!
      out[i * count + c] = sum
    }
  return out
}

/** Mean squared error per number when the points are rebuilt from their places along the components alone. */
export function reconstructionError(principal: Principal, data: ArrayLike<number>, n: number): number {
  const { mean } = principal
  const d = mean.length
  const count = principal.variances.length
  const places = project(principal, data, n)
  // The components are at right angles, so by Pythagoras what is lost is the length less the part that is kept.
  let lost = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) lost += (data[i * d + j]! - mean[j]!) ** 2
    for (let c = 0; c < count; c++) lost -= places[i * count + c]! ** 2
  }
  return Math.max(0, lost) / (n * d)
}

type Found = Pick<Principal, 'components' | 'variances' | 'total'>

/** Points taken at once: each number of the large matrix that is read serves all of them, and memory is what limits here. */
const BLOCK = 4

/** Calls `use` with the points less the mean, four rows at a time; rows beyond the last are zero and change no sum. */
function centred(data: ArrayLike<number>, mean: Float64Array, n: number, use: (rows: Float64Array[]) => void): void {
  const d = mean.length
  const rows = Array.from({ length: BLOCK }, () => new Float64Array(d))
  for (let i = 0; i < n; i += BLOCK) {
    rows.forEach((row, r) => {
      if (i + r >= n) row.fill(0)
      else for (let j = 0, at = (i + r) * d; j < d; j++) row[j] = data[at++]! - mean[j]!
    })
    use(rows)
  }
}

function exact(data: ArrayLike<number>, mean: Float64Array, n: number, d: number, count: number): Found {
  const covariance = new Float64Array(d * d)
  centred(data, mean, n, (rows) => {
    const [a, b, c, e] = rows as [Float64Array, Float64Array, Float64Array, Float64Array]
    for (let j = 0; j < d; j++) {
      const [aj, bj, cj, ej] = [a[j]!, b[j]!, c[j]!, e[j]!]
      for (let k = j, at = j * d + j; k < d; k++) covariance[at++]! += aj * a[k]! + bj * b[k]! + cj * c[k]! + ej * e[k]!
    }
  })
  let total = 0
  for (let j = 0; j < d; j++) {
    for (let k = j; k < d; k++) covariance[k * d + j] = covariance[j * d + k]! /= n
    total += covariance[j * d + j]!
  }
  const { values, vectors } = symmetricEigen(covariance, d)
  return { components: vectors.slice(0, count * d), variances: values.slice(0, count).map((v) => Math.max(0, v)), total }
}

/** Directions beyond those asked for, and rounds: enough for three digits on pictures (Halko, Martinsson & Tropp 2011, §4). */
const EXTRA = 10
const ROUNDS = 6

/** Subspace iteration from a seeded start: Q ← orthonormal(C·Q), with C·Q computed point by point. */
function subspace(data: ArrayLike<number>, mean: Float64Array, n: number, d: number, count: number): Found {
  const k = Math.min(d, count + EXTRA)
  let q = Float64Array.from(fillNormal(new Float32Array(k * d), 0, 'principal', 0))
  orthonormalise(q, k, d)
  let total = 0
  let small = new Float64Array(k * k)
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(k * d)
    small = new Float64Array(k * k)
    total = 0
    centred(data, mean, n, (rows) => {
      for (const row of rows) total += dot(row, row)
      const places = Array.from({ length: k }, (_, c) => along(rows, q, c * d))
      places.forEach((place, c) => {
        if (round < ROUNDS - 1) addTo(next, c * d, rows, place)
        places.forEach((other, e) => (small[c * k + e]! += dot(place, other)))
      })
    })
    // The last round only measures the cloud within the subspace.
    if (round === ROUNDS - 1) break
    orthonormalise(next, k, d)
    q = next
  }
  const { values, vectors } = symmetricEigen(small, k)
  const components = new Float64Array(count * d)
  for (let c = 0; c < count; c++)
    for (let e = 0; e < k; e++) {
      const share = vectors[c * k + e]!
      for (let j = 0; j < d; j++) components[c * d + j]! += share * q[e * d + j]!
    }
  return { components, variances: values.slice(0, count).map((v) => Math.max(0, v) / n), total: total / n }
}

/** The products of the four rows with the part of `q` at `at`. */
function along(rows: Float64Array[], q: Float64Array, at: number): Float64Array {
  const [a, b, c, e] = rows as [Float64Array, Float64Array, Float64Array, Float64Array]
  let [sumA, sumB, sumC, sumE] = [0, 0, 0, 0]
  for (let j = 0; j < a.length; j++) {
    const value = q[at++]!
    sumA += a[j]! * value
    sumB += b[j]! * value
    sumC += c[j]! * value
    sumE += e[j]! * value
  }
  return Float64Array.of(sumA, sumB, sumC, sumE)
}

/** Adds the four rows, each times its place, to the part of `sum` at `at`. */
function addTo(sum: Float64Array, at: number, rows: Float64Array[], places: Float64Array): void {
  const [a, b, c, e] = rows as [Float64Array, Float64Array, Float64Array, Float64Array]
  const [pa, pb, pc, pe] = places as unknown as [number, number, number, number]
  for (let j = 0; j < a.length; j++) sum[at++]! += pa * a[j]! + pb * b[j]! + pc * c[j]! + pe * e[j]!
}

/** Modified Gram–Schmidt on the rows, twice, for one pass loses digits. */
function orthonormalise(rows: Float64Array, k: number, d: number): void {
  for (let pass = 0; pass < 2; pass++)
    for (let c = 0; c < k; c++) {
      const row = rows.subarray(c * d, (c + 1) * d)
      for (let e = 0; e < c; e++) {
        const other = rows.subarray(e * d, (e + 1) * d)
        const along = dot(row, other)
        for (let j = 0; j < d; j++) row[j]! -= along * other[j]!
      }
      const length = Math.sqrt(dot(row, row))
      // A cloud flatter than k: what is left is noise, and a zero row stays harmless.
      for (let j = 0; j < d; j++) row[j] = length > 1e-30 ? row[j]! / length : 0
    }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!
  return sum
}

function orient(row: Float64Array): void {
  let largest = 0
  for (const value of row) if (Math.abs(value) > Math.abs(largest)) largest = value
  if (largest < 0) for (let j = 0; j < row.length; j++) row[j] = -row[j]!
}
